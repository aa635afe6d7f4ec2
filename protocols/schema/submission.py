"""What only a sponsor can write of a device and its study: the tables ``[submission]`` and ``[[risk]]``.

Owns these keys, what each asks and where the report prints it. Every one may be left out: what is missing is a gap line
of the report, which stays a DRAFT as long as one is left. Nothing here enters a number.
"""

from typing import Annotated, Any

from pydantic import Field, Strict

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


def _asked(section: str, title: str, description: str, *, default: object = None) -> Any:
    """Declare a statement: the section of the report it belongs to, its subject there, and what is asked."""
    return Field(
        default=default, title=title, description=description, json_schema_extra={"section": section}
    )


class Submission(Table):
    """The sponsor's statements, in the order of the report; one without a title has no place of its own there."""

    document_number: Text | None = None
    sponsor: Text | None = _asked("scope", "Sponsor", "who submits")
    contact: Text | None = _asked("scope", "Contact", "whom to ask about this document")
    device_name: Text | None = _asked("scope", "Device", "the name under which it will be marketed")
    device_version: Text | None = _asked(
        "scope", "Version tested", "the version of the software whose scores these are"
    )
    classification_name: Text | None = _asked(
        "scope", "Classification name", "the name and regulation of its type"
    )
    product_code: Text | None = _asked("scope", "Product code", "the code of its type")
    intended_use: Text | None = _asked("scope", "Intended use", "the statement of the submission")
    indications: Text | None = _asked(
        "scope", "Indications for use", "for whom and when, and how this claim follows from it"
    )
    contraindications: Text | None = _asked(
        "scope", "Contraindications", "what they are, or that there are none"
    )
    intended_population: Text | None = _asked(
        "scope", "Intended population", "whose images the device is for"
    )
    intended_users: Text | None = _asked("scope", "Intended users", "who acts on its output")
    use_environment: Text | None = _asked(
        "scope", "Environment of use", "where, and with which other systems"
    )
    human_ai_team: Text | None = _asked(
        "scope", "Users and device together", "how they work together, and who decides"
    )
    predicate: Predicate | None = _asked(
        "scope", "Predicate", "its name and number, and why the studies may be compared"
    )
    algorithm: Text | None = _asked("device", "Algorithm", "how the device works")
    training_data: Text | None = _asked("device", "Training data", "on which images and labels it was made")
    threshold_rationale: Text | None = _asked(
        "device", "Why this threshold", "why this operating point suits the intended use"
    )
    goal_justification: Text | None = _asked(
        "protocol", "Why these goals", "why each is enough in practice, with its source"
    )
    registration: Text | None = _asked(
        "protocol", "Registration", "where the protocol is registered, or that it is not"
    )
    clinical_impact: Text | None = _asked(
        "risk", "Clinical impact", "what a wrong call of either kind means for a patient"
    )
    data_sources: Text | None = _asked("data", "Data sources", "where the images come from")
    sites: Text | None = _asked("data", "Sites", "how many, where, and of what kind")
    dates: Text | None = _asked("data", "Dates", "when the images were taken")
    selection: Text | None = _asked(
        "data", "Selection", "how images were chosen, and whether the set was enriched"
    )
    race_and_ethnicity: Text | None = _asked("data", "Race and ethnicity", "the composition of the cohort")
    manufacturers: Text | None = _asked("data", "Equipment", "manufacturers and models of the X-ray systems")
    comorbidities: Text | None = _asked(
        "data", "Other findings", "what else the images show, and in how many"
    )
    independence: Text | None = _asked(
        "data", "Independence of the test", "how it was kept apart from development"
    )
    ethics: Text | None = _asked("data", "Ethics", "approval and consent, or why none was needed")
    reader_qualifications: Text | None = _asked(
        "reference", "Readers", "their qualifications and years of experience"
    )
    reader_blinding: Text | None = _asked(
        "reference", "Blinding", "that they saw neither device nor one another, or what they saw"
    )
    reader_instructions: Text | None = _asked(
        "reference", "Instructions", "what they were told to call positive"
    )
    reader_software: Text | None = _asked("reference", "Reading software", "on what the images were read")
    sample_size: Text | None = _asked("size", "Planned size", "how the size of the test set was planned")
    limitations: Text | None = _asked(
        "limitations", "Further limitations", "what else limits this study, or that nothing does"
    )
    adverse_effects: Text | None = _asked(
        "limitations", "Adverse effects", "which were seen, or that there were none"
    )
    monitoring: Text | None = _asked("limitations", "Monitoring", "how performance is watched after release")
    change_plan: Text | None = _asked("limitations", "Changes", "how changes of the device are controlled")
    funding: Text | None = _asked(
        "limitations", "Funding and interests", "who paid, and whose interests are touched"
    )
    availability: Text | None = _asked("limitations", "Availability", "of data and code")
    signatories: Annotated[tuple[Signatory, ...], Strict(False)] = _asked(
        "signatures", "Signatures", "names and roles of those who sign, and what it means", default=()
    )


class Risk(Table):
    """A hazard of use, what is done about it, and the criterion that shows that it is enough."""

    id: Text
    hazard: Text
    situation: Text
    measure: Text
    criterion: Text
