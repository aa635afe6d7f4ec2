"""What only a sponsor can write of a device and its study: the tables ``[submission]`` and ``[[risk]]``.

Owns these keys. Every one may be left out: what is missing is a gap line of the report, which stays a DRAFT as long
as one is left. Nothing here enters a number.
"""

from typing import Annotated

from pydantic import Strict

from protocols.schema.document import Table, Text


class Predicate(Table):
    """The device that is compared with, and why the studies may be compared."""

    name: Text
    number: Text
    comparison: Text


class Signatory(Table):
    """Who signs the document and what the signature means."""

    name: Text
    role: Text
    meaning: Text


class Submission(Table):
    """The sponsor's words, each for one place of the report."""

    sponsor: Text | None = None
    contact: Text | None = None
    document_number: Text | None = None
    device_name: Text | None = None
    device_version: Text | None = None
    classification_name: Text | None = None
    product_code: Text | None = None
    predicate: Predicate | None = None
    intended_use: Text | None = None
    indications: Text | None = None
    contraindications: Text | None = None
    intended_population: Text | None = None
    intended_users: Text | None = None
    use_environment: Text | None = None
    clinical_impact: Text | None = None
    algorithm: Text | None = None
    training_data: Text | None = None
    threshold_rationale: Text | None = None
    goal_justification: Text | None = None
    sample_size: Text | None = None
    data_sources: Text | None = None
    sites: Text | None = None
    dates: Text | None = None
    selection: Text | None = None
    race_and_ethnicity: Text | None = None
    manufacturers: Text | None = None
    comorbidities: Text | None = None
    independence: Text | None = None
    ethics: Text | None = None
    reader_qualifications: Text | None = None
    reader_blinding: Text | None = None
    reader_instructions: Text | None = None
    reader_software: Text | None = None
    adverse_effects: Text | None = None
    limitations: Text | None = None
    human_ai_team: Text | None = None
    monitoring: Text | None = None
    change_plan: Text | None = None
    funding: Text | None = None
    availability: Text | None = None
    registration: Text | None = None
    signatories: Annotated[tuple[Signatory, ...], Strict(False)] = ()


class Risk(Table):
    """A hazard of use, what is done about it, and the criterion that shows that it is enough."""

    id: Text
    hazard: Text
    situation: Text
    measure: Text
    criterion: Text
