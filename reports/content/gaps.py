"""What a submission needs and the evidence of a run does not hold: each a line that stays visible in the report.

Owns when a place of `submission` is a gap, and the gaps that no words can close. A report is DRAFT as long as one
is left.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from protocols.schema.protocol import Protocol
from reports.content.submission import PLACES, Place
from reports.run_files.device import Device
from validation.results.results import Results


@dataclass(frozen=True, slots=True)
class MissingStatement:
    """Something that only a sponsor can supply, the section it belongs to, and what is asked for.

    ``key`` is the key of ``[submission]`` that closes it (``risk``: the tables ``[[risk]]``), None where no words do.
    """

    section: str
    subject: str
    asked: str
    key: str | None


RISK = Place("risk", "risk", "Risks", "hazards of use, each with its measure and the criterion that tests it")
# A column of this name, used as an axis of subgroups, answers the question with numbers.
COLUMNS_THAT_ANSWER: Mapping[str, Collection[str]] = {
    "manufacturers": ("manufacturer",),
    "sites": ("site",),
    "race_and_ethnicity": ("race", "ethnicity", "race_and_ethnicity"),
}
OF_READERS = ("reader_qualifications", "reader_blinding", "reader_instructions", "reader_software")


def gaps_of(
    results: Results, protocol: Protocol, device: Device | None, *, locked: bool = False
) -> tuple[MissingStatement, ...]:
    """The gaps of a run, in the order of the places that are to be filled.

    Args:
        results, protocol, device: of the run.
        locked: whether a ledger tells that the protocol was registered before the scores were read.
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
    """Whether the evidence itself answers what a key asks, or the question does not arise."""
    if key in COLUMNS_THAT_ANSWER:
        axes = {part for group in protocol.subgroups for part in group.parts}
        return bool(axes & set(COLUMNS_THAT_ANSWER[key]))
    if key in OF_READERS:
        return results.reference_standard.kind == "text_mined"
    if device is None:
        return False
    made_here = not _begun_elsewhere(device)
    by_the_making = {
        "algorithm": True,
        "training_data": made_here and device.plan.training.label_source == "known_truth",
        "independence": made_here,
    }
    return by_the_making.get(key, False)


def _begun_elsewhere(device: Device) -> bool:
    """Whether training began with weights of which the run knows nothing but their hash."""
    return device.plan.training.initial_weights_sha256 is not None


def _asked(place: Place, results: Results, device: Device | None, *, locked: bool) -> str:
    """What is asked for, sharpened by what the evidence shows to be open."""
    if place.key == "threshold_rationale" and results.operating_point.sha256 is None and not locked:
        return (
            f"{place.asked}, and how it was fixed before the scores of this cohort were seen; the protocol states "
            "it and no file backs it"
        )
    if place.key == "training_data" and device is not None:
        told = f"how reliable the labels of column {device.plan.training.label} are"
        return f"{told}, and what the initial weights were trained on" if _begun_elsewhere(device) else told
    if place.key == "training_data":
        return f"{place.asked}; the scores were brought, and nothing about its making is in the evidence"
    if place.key == "independence" and device is not None:
        return f"{place.asked} of the initial weights"
    return place.asked
