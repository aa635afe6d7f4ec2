"""Missing statements: what a submission needs and the evidence of a run lacks, each printed in the report as a gap.

Owns when a place of `submission` is missing, and the missing lock, which no statement can replace. A report is a DRAFT
as long as one is missing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from protocols.schema.protocol import Protocol
from reports.content.sponsor.submission import PLACES, Place
from reports.run_files.device import Device
from validation.results.results import Results


@dataclass(frozen=True, slots=True)
class MissingStatement:
    """A statement that only a sponsor can supply, its section, and what is asked for.

    ``key`` is the key of ``[submission]`` that supplies it (``risk``: the tables ``[[risk]]``), None for the lock.
    """

    section: str
    subject: str
    asked: str
    key: str | None


RISK = Place("risk", "risk", "Risks", "hazards of use, each with its measure and the criterion that tests it")
# A column of this name, used as an axis of subgroups, answers with numbers.
COLUMNS_THAT_ANSWER: Mapping[str, Collection[str]] = {
    "manufacturers": ("manufacturer",),
    "sites": ("site",),
    "race_and_ethnicity": ("race", "ethnicity", "race_and_ethnicity"),
}
OF_READERS = ("reader_qualifications", "reader_blinding", "reader_instructions", "reader_software")


def missing_statements(
    results: Results, protocol: Protocol, device: Device | None, *, locked: bool = False
) -> tuple[MissingStatement, ...]:
    """Return the missing statements of a run, in the order of their places.

    Args:
        results: of the run.
        protocol: of the run.
        device: of the run, None where the scores were brought.
        locked: whether a ledger records that the protocol was registered before the scores were read.
    """
    found = [
        MissingStatement(
            place.section, place.subject, _asked(place, results, device, locked=locked), place.key
        )
        for place in (*PLACES, RISK)
        if not _stated(place.key, protocol) and not _answered(place.key, results, protocol, device)
    ]
    if results.protocol.stage == "confirmatory" and not locked:
        lock = "proof that protocol and threshold were locked before the scores were read"
        found.append(MissingStatement("protocol", "Lock", lock, None))
    return tuple(found)


def _stated(key: str, protocol: Protocol) -> bool:
    return bool(protocol.risk if key == RISK.key else getattr(protocol.submission, key))


def _answered(key: str, results: Results, protocol: Protocol, device: Device | None) -> bool:
    """Return whether the evidence itself answers what a key asks, or the question does not arise."""
    if key in COLUMNS_THAT_ANSWER:
        axes = {part for group in protocol.subgroups for part in group.parts}
        return bool(axes & set(COLUMNS_THAT_ANSWER[key]))
    if key in OF_READERS:
        return results.reference_standard.kind == "text_mined"
    if device is None:
        return False
    made_here = not _pretrained(device)
    by_the_training = {
        "algorithm": True,
        "training_data": made_here and device.plan.training.label_source == "known_truth",
        "independence": made_here,
    }
    return by_the_training.get(key, False)


def _pretrained(device: Device) -> bool:
    """Return whether training began with weights of which the run has only the hash."""
    return device.plan.training.initial_weights_sha256 is not None


def _asked(place: Place, results: Results, device: Device | None, *, locked: bool) -> str:
    """Return what is asked for, made specific by what the evidence lacks."""
    if place.key == "threshold_rationale" and results.operating_point.sha256 is None and not locked:
        return (
            f"{place.asked}, and how it was fixed before the scores of this cohort were seen; the protocol states "
            "it and no file backs it"
        )
    if place.key == "training_data" and device is not None:
        labels = f"how reliable the labels of column {device.plan.training.label} are"
        return f"{labels}, and what the initial weights were trained on" if _pretrained(device) else labels
    if place.key == "training_data":
        return f"{place.asked}; the scores were brought, and nothing about its making is in the evidence"
    if place.key == "independence" and device is not None:
        return f"{place.asked} of the initial weights"
    return place.asked
