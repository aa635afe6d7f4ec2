"""The sponsor's words, each in its place: which key of ``[submission]`` belongs to which section, and what it answers.

Owns the list of places. What is missing is `missing_statements`; the keys are `protocols.schema.submission`. Nothing
here was measured, and the report says so wherever it prints one of these.
"""

from dataclasses import dataclass

from pydantic.fields import FieldInfo

from protocols.schema.submission import Submission


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sponsor's answer to one question stands: the key, the section, the subject, and what is asked."""

    key: str
    section: str
    subject: str
    asked: str

    @classmethod
    def of(cls, key: str, field: FieldInfo) -> "Place":
        """Read the place that a field of `Submission` declares."""
        assert isinstance(field.json_schema_extra, dict)
        return cls(key, str(field.json_schema_extra["section"]), str(field.title), str(field.description))


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
PLACES = tuple(Place.of(key, field) for key, field in Submission.model_fields.items() if field.title)
IDENTITY = ("sponsor", "contact", "device_name", "device_version", "classification_name", "product_code")
# Keys that are tables, with a layout of their own.
TABLES = ("predicate", "signatories")


def statements(submission: Submission) -> tuple[Statement, ...]:
    """Return the sponsor's statements in the order of places, without tables and the identity of the device."""
    return _given(submission, [place for place in PLACES if place.key not in (*IDENTITY, *TABLES)])


def identity(submission: Submission) -> tuple[Statement, ...]:
    """Return who submits which device, as far as it is stated."""
    return _given(submission, [place for place in PLACES if place.key in IDENTITY])


def _given(submission: Submission, places: list[Place]) -> tuple[Statement, ...]:
    texts = [(place, getattr(submission, place.key)) for place in places]
    return tuple(Statement(place.key, place.section, place.subject, text) for place, text in texts if text)
