"""The sponsor's words, each in its place: which key of ``[submission]`` belongs to which section, and what it answers.

Owns the list of places. What is missing is `missing_statements`; the keys are `protocols.schema.submission`. Nothing
here was measured, and the report says so wherever it prints one of these.
"""

from dataclasses import dataclass

from protocols.schema.submission import Submission


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sponsor's answer to one question stands: the key, the section, the subject, and what is asked."""

    key: str
    section: str
    subject: str
    asked: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer of the sponsor's, as given."""

    key: str
    section: str
    subject: str
    text: str

    @property
    def available(self) -> bool:
        """Whether it is more than the statement that nothing is known."""
        return self.text.strip().rstrip(".").casefold() not in NOT_AVAILABLE


NOT_AVAILABLE = frozenset(
    ("not available", "not known", "not recorded", "not stated", "none recorded", "unknown", "n/a", "no data")
)
PLACES = (
    Place("sponsor", "scope", "Sponsor", "who submits"),
    Place("contact", "scope", "Contact", "whom to ask about this document"),
    Place("device_name", "scope", "Device", "the name under which it will be marketed"),
    Place("device_version", "scope", "Version tested", "the version of the software whose scores these are"),
    Place("classification_name", "scope", "Classification name", "the name and regulation of its type"),
    Place("product_code", "scope", "Product code", "the code of its type"),
    Place("intended_use", "scope", "Intended use", "the statement of the submission"),
    Place(
        "indications", "scope", "Indications for use", "for whom and when, and how this claim follows from it"
    ),
    Place("contraindications", "scope", "Contraindications", "what they are, or that there are none"),
    Place("intended_population", "scope", "Intended population", "whose images the device is for"),
    Place("intended_users", "scope", "Intended users", "who acts on its output"),
    Place("use_environment", "scope", "Environment of use", "where, and with which other systems"),
    Place("human_ai_team", "scope", "Users and device together", "how they work together, and who decides"),
    Place("predicate", "scope", "Predicate", "its name and number, and why the studies may be compared"),
    Place("algorithm", "device", "Algorithm", "how the device works"),
    Place("training_data", "device", "Training data", "on which images and labels it was made"),
    Place(
        "threshold_rationale",
        "device",
        "Why this threshold",
        "why this operating point suits the intended use",
    ),
    Place(
        "goal_justification", "protocol", "Why these goals", "why each is enough in practice, with its source"
    ),
    Place("registration", "protocol", "Registration", "where the protocol is registered, or that it is not"),
    Place(
        "clinical_impact", "risk", "Clinical impact", "what a wrong call of either kind means for a patient"
    ),
    Place("data_sources", "data", "Data sources", "where the images come from"),
    Place("sites", "data", "Sites", "how many, where, and of what kind"),
    Place("dates", "data", "Dates", "when the images were taken"),
    Place("selection", "data", "Selection", "how images were chosen, and whether the set was enriched"),
    Place("race_and_ethnicity", "data", "Race and ethnicity", "the composition of the cohort"),
    Place("manufacturers", "data", "Equipment", "manufacturers and models of the X-ray systems"),
    Place("comorbidities", "data", "Other findings", "what else the images show, and in how many"),
    Place("independence", "data", "Independence of the test", "how it was kept apart from development"),
    Place("ethics", "data", "Ethics", "approval and consent, or why none was needed"),
    Place("reader_qualifications", "reference", "Readers", "their qualifications and years of experience"),
    Place(
        "reader_blinding",
        "reference",
        "Blinding",
        "that they saw neither device nor one another, or what they saw",
    ),
    Place("reader_instructions", "reference", "Instructions", "what they were told to call positive"),
    Place("reader_software", "reference", "Reading software", "on what the images were read"),
    Place("sample_size", "size", "Planned size", "how the size of the test set was planned"),
    Place(
        "limitations",
        "limitations",
        "Further limitations",
        "what else limits this study, or that nothing does",
    ),
    Place("adverse_effects", "limitations", "Adverse effects", "which were seen, or that there were none"),
    Place("monitoring", "limitations", "Monitoring", "how performance is watched after release"),
    Place("change_plan", "limitations", "Changes", "how changes of the device are controlled"),
    Place("funding", "limitations", "Funding and interests", "who paid, and whose interests are touched"),
    Place("availability", "limitations", "Availability", "of data and code"),
    Place("signatories", "signatures", "Signatures", "names and roles of those who sign, and what it means"),
)
IDENTITY = ("sponsor", "contact", "device_name", "device_version", "classification_name", "product_code")
# Keys that are tables, with a layout of their own.
TABLES = ("predicate", "signatories")


def statements(submission: Submission) -> tuple[Statement, ...]:
    """What the sponsor states, in the order of places; without what identifies the device and without tables."""
    return _given(submission, [place for place in PLACES if place.key not in (*IDENTITY, *TABLES)])


def identity(submission: Submission) -> tuple[Statement, ...]:
    """Who submits which device, as far as it is stated."""
    return _given(submission, [place for place in PLACES if place.key in IDENTITY])


def _given(submission: Submission, places: list[Place]) -> tuple[Statement, ...]:
    texts = [(place, getattr(submission, place.key)) for place in places]
    return tuple(Statement(place.key, place.section, place.subject, text) for place, text in texts if text)
