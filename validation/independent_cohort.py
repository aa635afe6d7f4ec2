"""Tables -> images -> units and their outcomes, a second time, in plain Python.

Owns the reference standard's rules, the join, who is analysed and what counts as what. Written from the contract and
docs/statistics.md without a line of the first implementation; reading files and refusing bad rows is `protocols`,
levels of subgroups are `independent_levels`. What is computed from the units is `independent`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocols.admission import predictions_from, reads_from, studies_from
from protocols.canonical import rounded
from protocols.mapping import predictions_table, reads_table, studies_table
from protocols.schema import Protocol
from validation.inputs import InputFiles

POSITIVE, NEGATIVE, INDETERMINATE = "positive", "negative", "indeterminate"


@dataclass(frozen=True, slots=True)
class Image:
    """A row of studies with its verdict and score; None where nobody read it and where it was not processed."""

    image_id: str
    patient: str
    split: str
    reference: str | None
    score: float | None
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """What counts once, an image or a patient; ``called`` and ``score`` are None where it was not processed."""

    patient: str
    reference: str
    called: bool | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Recounted:
    """Every image of the studies, and how many rows of the other tables are of none of them."""

    images: tuple[Image, ...]
    unused_predictions: int
    unused_reads: int
    statuses: Mapping[str, str]


def recount(files: InputFiles, protocol: Protocol) -> Recounted:
    """Read and join the three tables.

    Raises:
        BadInputError: what `validate` refuses about tables, or an axis is no column of the studies.
    """
    studies = studies_table(files.studies, protocol).table
    reads = reads_table(files.reads, protocol).table
    predictions = predictions_table(files.predictions, protocol).table
    studies.require([part for axis in protocol.subgroups for part in axis.parts])
    # Admission refuses what `validate` refuses; what it makes of the cells is not used here.
    studies_from(studies)
    reads_from(reads)
    predictions_from(predictions)
    verdicts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows(reads.columns):
        verdicts[row["image_id"]][row["reader_id"]] = row["verdict"]
    scores = {
        row["image_id"]: float(row["score"]) if row.get("status", "ok") == "ok" else None
        for row in _rows(predictions.columns)
    }
    rule = protocol.reference_standard.rule
    images = tuple(
        Image(
            row["image_id"],
            row["patient_id"],
            row.get("split", "test"),
            consensus(rule, verdicts[row["image_id"]]) if row["image_id"] in verdicts else None,
            scores.get(row["image_id"]),
            row,
        )
        for row in _rows(studies.columns)
    )
    known = {image.image_id for image in images}
    return Recounted(
        images,
        unused_predictions=sum(name not in known for name in scores),
        unused_reads=sum(len(of_image) for name, of_image in verdicts.items() if name not in known),
        statuses={row["image_id"]: row.get("status", "ok") for row in _rows(predictions.columns)},
    )


def _rows(columns: Mapping[str, Sequence[str]]) -> Iterable[dict[str, str]]:
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def consensus(rule: str, verdicts: Mapping[str, str]) -> str:
    """The reference standard's verdict of one image; ``verdicts`` is reader -> verdict, one or more."""
    name, _, argument = rule.partition(":")
    reads = list(verdicts.values())
    positive, negative = reads.count(POSITIVE), reads.count(NEGATIVE)
    if name == "majority":
        more_than_half = {POSITIVE: 2 * positive > len(reads), NEGATIVE: 2 * negative > len(reads)}
        return next((verdict for verdict, reached in more_than_half.items() if reached), INDETERMINATE)
    if name == "any":
        return POSITIVE if positive else NEGATIVE if negative == len(reads) else INDETERMINATE
    if name == "at_least":
        if positive >= int(argument):
            return POSITIVE
        possible = len(reads) - negative  # if every indeterminate read were positive
        return INDETERMINATE if len(reads) < int(argument) or possible >= int(argument) else NEGATIVE
    if name == "adjudicated":
        others = {verdict for reader, verdict in verdicts.items() if reader != argument}
        return others.pop() if others in ({POSITIVE}, {NEGATIVE}) else verdicts.get(argument, INDETERMINATE)
    return reads[0] if len(set(reads)) == 1 else INDETERMINATE  # unanimous


def leaves_at(image: Image, protocol: Protocol) -> str | None:
    """The first step of the flow at which an image leaves; None for one that is analysed."""
    if image.split != "test":
        return "not_test_split"
    if image.reference is None:
        return "no_reference"
    if image.reference == INDETERMINATE and protocol.missing.indeterminate == "exclude":
        return "indeterminate_excluded"
    if image.score is None and protocol.missing.not_processed == "exclude":
        return "not_processed_excluded"
    return None


def units(images: Iterable[Image], unit: str, threshold: float) -> list[Unit]:
    """Images as units, or patients: by any positive image, else by any that is not known; with the largest score."""
    singles = [
        Unit(
            image.patient,
            image.reference or INDETERMINATE,
            None if image.score is None else image.score >= threshold,
            image.score,
        )
        for image in images
    ]
    if unit == "image":
        return singles
    of_patient: dict[str, list[Unit]] = defaultdict(list)
    for single in singles:
        of_patient[single.patient].append(single)
    return [_as_one(patient, own) for patient, own in of_patient.items()]


def _as_one(patient: str, own: Sequence[Unit]) -> Unit:
    references, calls = {unit.reference for unit in own}, {unit.called for unit in own}
    called = next(call for call in (True, None, False) if call in calls)
    return Unit(
        patient,
        next(verdict for verdict in (POSITIVE, INDETERMINATE, NEGATIVE) if verdict in references),
        called,
        None if called is None else max(unit.score for unit in own if unit.score is not None),
    )


def outcome(unit: Unit) -> str:
    """tp, fp, fn or tn by the worst case: what is not known counts against the device."""
    if unit.reference == POSITIVE:
        return "tp" if unit.called else "fn"
    if unit.reference == NEGATIVE:
        return "tn" if unit.called is False else "fp"
    return "fp" if unit.called else "fn"


def age(cell: str) -> float | None:
    """Years from 0 to 120; None where unknown."""
    value = number(cell)
    return value if value is not None and 0 <= value <= 120 else None


def number(cell: str) -> float | None:
    """A finite number; None for any other cell."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def flow(
    counted: Recounted, analysed: Sequence[Image], protocol: Protocol
) -> tuple[dict[str, str | int], ...]:
    """Images and patients of each step: all, those that leave, those that stay, and what is not known of these."""
    leaving = ("not_test_split", "no_reference", "indeterminate_excluded", "not_processed_excluded")
    steps = {
        "all": counted.images,
        **{
            step: [image for image in counted.images if leaves_at(image, protocol) == step]
            for step in leaving
        },
        "analysed": analysed,
        "indeterminate": [image for image in analysed if image.reference == INDETERMINATE],
        "not_processed": [image for image in analysed if image.score is None],
    }
    return tuple(
        {"step": step, "images": len(images), "patients": len(patients(images))}
        for step, images in steps.items()
    )


def summary(counted: Recounted, analysed: Sequence[Image]) -> dict[str, object]:
    """The numbers of `cohort` in results.json."""
    positives = [image for image in analysed if image.reference == POSITIVE]
    negatives = [image for image in analysed if image.reference == NEGATIVE]
    determinate = len(positives) + len(negatives)
    return {
        "images": len(analysed),
        "patients": len(patients(analysed)),
        "positives": len(positives),
        "negatives": len(negatives),
        "positive_patients": len(patients(positives)),
        "negative_patients": len(patients(negatives)),
        "prevalence": rounded(len(positives) / determinate) if determinate else None,
        "images_per_patient": rounded(len(analysed) / len(patients(analysed))),
        "data_quality": {
            "age_years_unknown": sum(age(image.cells["age_years"]) is None for image in analysed),
            "sex_unknown": sum(image.cells["sex"] not in ("F", "M", "O") for image in analysed),
            "view_unknown": sum(image.cells["view"] not in ("PA", "AP", "LATERAL") for image in analysed),
            "unused_predictions": counted.unused_predictions,
            "unused_reads": counted.unused_reads,
            "failed": _with_status(counted, "failed"),
            "out_of_scope": _with_status(counted, "out_of_scope"),
        },
    }


def _with_status(counted: Recounted, status: str) -> int:
    return sum(
        image.split == "test"
        and image.reference is not None
        and counted.statuses.get(image.image_id) == status
        for image in counted.images
    )


def patients(images: Iterable[Image]) -> list[str]:
    """Their patients, each once, by code point."""
    return sorted({image.patient for image in images})


def strata(analysed: Sequence[Image], protocol: Protocol) -> list[list[int]]:
    """Numbers of the patients that are drawn from one another: all, or by the classes of their images."""
    everyone = patients(analysed)
    if protocol.bootstrap.strata == "none":
        return [list(range(len(everyone)))]
    positive, negative = (
        set(patients(image for image in analysed if image.reference == verdict))
        for verdict in (POSITIVE, NEGATIVE)
    )
    kinds = ((True, False), (False, True), (True, True), (False, False))
    found = [
        [k for k, name in enumerate(everyone) if (name in positive, name in negative) == kind]
        for kind in kinds
    ]
    return [stratum for stratum in found if stratum]
