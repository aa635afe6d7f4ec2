"""The sponsor's statements on a device and its study: the tables ``[submission]`` and ``[[risk]]``.

Owns these keys, the question of each and its place in the report. All are optional: the report lists each missing
statement, and stays a DRAFT while there is one. No statement enters a computation.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field, Strict

from protocols.schema.document import Table, Text


class Predicate(Table):
    """The predicate device, and why the studies may be compared."""

    name: Text
    number: Text
    comparison: Text


class Signatory(Table):
    """A signatory of the document, and the meaning of the signature."""

    name: Text
    role: Text
    meaning: Text


def _asked(section: str, title: str, description: str, *, default: object = None) -> Any:
    """Declare a statement: its section of the report, its title there, and the question."""
    return Field(
        default=default, title=title, description=description, json_schema_extra={"section": section}
    )


# one for each section of the report
_scope = partial(_asked, "scope")
_device = partial(_asked, "device")
_protocol = partial(_asked, "protocol")
_risk = partial(_asked, "risk")
_data = partial(_asked, "data")
_reference = partial(_asked, "reference")
_size = partial(_asked, "size")
_limitations = partial(_asked, "limitations")
_signatures = partial(_asked, "signatures")
Answer = Text | None


class Submission(Table):
    """The sponsor's statements, in the order of the report; one without a title has no entry of its own."""

    document_number: Answer = None
    sponsor: Answer = _scope("Sponsor", "who submits")
    contact: Answer = _scope("Contact", "whom to ask about this document")
    device_name: Answer = _scope("Device", "the name under which it will be marketed")
    device_version: Answer = _scope("Version tested", "the version of the software whose scores these are")
    classification_name: Answer = _scope("Classification name", "the name and regulation of its type")
    product_code: Answer = _scope("Product code", "the code of its type")
    intended_use: Answer = _scope("Intended use", "the statement of the submission")
    indications: Answer = _scope(
        "Indications for use", "for whom and when, and how this claim follows from it"
    )
    contraindications: Answer = _scope("Contraindications", "what they are, or that there are none")
    intended_population: Answer = _scope("Intended population", "whose images the device is for")
    intended_users: Answer = _scope("Intended users", "who acts on its output")
    use_environment: Answer = _scope("Environment of use", "where, and with which other systems")
    human_ai_team: Answer = _scope("Users and device together", "how they work together, and who decides")
    predicate: Predicate | None = _scope(
        "Predicate", "its name and number, and why the studies may be compared"
    )
    algorithm: Answer = _device("Algorithm", "how the device works")
    training_data: Answer = _device("Training data", "on which images and labels it was made")
    threshold_rationale: Answer = _device(
        "Why this threshold", "why this operating point suits the intended use"
    )
    goal_justification: Answer = _protocol(
        "Why these goals", "why each is enough in practice, with its source"
    )
    registration: Answer = _protocol("Registration", "where the protocol is registered, or that it is not")
    clinical_impact: Answer = _risk("Clinical impact", "what a wrong call of either kind means for a patient")
    data_sources: Answer = _data("Data sources", "where the images come from")
    sites: Answer = _data("Sites", "how many, where, and of what kind")
    dates: Answer = _data("Dates", "when the images were taken")
    selection: Answer = _data("Selection", "how images were chosen, and whether the set was enriched")
    race_and_ethnicity: Answer = _data("Race and ethnicity", "the composition of the cohort")
    manufacturers: Answer = _data("Equipment", "manufacturers and models of the X-ray systems")
    comorbidities: Answer = _data("Other findings", "what else the images show, and in how many")
    independence: Answer = _data("Independence of the test", "how it was kept apart from development")
    ethics: Answer = _data("Ethics", "approval and consent, or why none was needed")
    reader_qualifications: Answer = _reference("Readers", "their qualifications and years of experience")
    reader_blinding: Answer = _reference(
        "Blinding", "that they saw neither device nor one another, or what they saw"
    )
    reader_instructions: Answer = _reference("Instructions", "what they were told to call positive")
    reader_software: Answer = _reference("Reading software", "on what the images were read")
    sample_size: Answer = _size("Planned size", "how the size of the test set was planned")
    limitations: Answer = _limitations(
        "Further limitations", "what else limits this study, or that nothing does"
    )
    adverse_effects: Answer = _limitations("Adverse effects", "which were seen, or that there were none")
    monitoring: Answer = _limitations("Monitoring", "how performance is watched after release")
    change_plan: Answer = _limitations("Changes", "how changes of the device are controlled")
    funding: Answer = _limitations("Funding and interests", "who paid, and whose interests are touched")
    availability: Answer = _limitations("Availability", "of data and code")
    signatories: Annotated[tuple[Signatory, ...], Strict(False)] = _signatures(
        "Signatures", "names and roles of those who sign, and what it means", default=()
    )


class Risk(Table):
    """A hazard of use, its control measure, and the criterion that shows the measure's effectiveness."""

    id: Text
    hazard: Text
    situation: Text
    measure: Text
    criterion: Text
