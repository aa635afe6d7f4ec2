"""Tables -> images -> units and their outcomes, independently of the first implementation, in plain Python.

Owns the reference standard's rules, the join, eligibility and the classification of units. Written from the contract
and docs/methods without a line of the first implementation; rows come from `tables`, levels of subgroups are
`subgroup_levels`. The metrics of the units are `formulas`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocols.schema.protocol import Protocol
from protocols.storage.canonical import rounded
from validation.cohort.inputs import InputFiles, read_records
from validation.independent.tables import TABLES, Rows, number, rows_of, years

POSITIVE, NEGATIVE, INDETERMINATE = "positive", "negative", "indeterminate"


@dataclass(frozen=True, slots=True)
class Image:
    """A row of studies with its verdict and score; None where it was not read, or not processed.

    ``group`` is the site or other group of patients that the protocol names; None where patients are the clusters.
    """

    image_id: str
    patient: str
    split: str
    reference: str | None
    score: float | None
    cells: Mapping[str, str]
    group: str | None = None

    @property
    def cluster(self) -> str:
        """What is resampled: the patient, or the group of patients."""
        return self.group or self.patient


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of analysis, an image or a patient; ``called`` is test positive, None, as ``score``, if not processed.

    ``whole`` is true where every image of it has a score.
    """

    patient: str
    reference: str
    called: bool | None
    score: float | None
    whole: bool
    group: str | None = None

    @property
    def cluster(self) -> str:
        """What is resampled: the patient, or the group of patients."""
        return self.group or self.patient


@dataclass(frozen=True, slots=True)
class Recounted:
    """Every image of the studies, the rows of all tables, and the device's status of each image."""

    images: tuple[Image, ...]
    tables: Mapping[str, Rows]
    statuses: Mapping[str, str]


def recount(files: InputFiles, protocol: Protocol) -> Recounted:
    """Read and join all tables.

    Raises:
        BadInputError: a table that `validate` refuses, or an axis that is not a column of the studies.
    """
    read_records(files, protocol)  # refuses what `validate` refuses; its records are not used
    tables = {
        table: rows_of(table, path, protocol, one_table=files.one_table)
        for table in TABLES
        if (path := getattr(files, table)) is not None
    }
    verdicts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables["reads"].joined:
        verdicts[row["image_id"]][row.get("reader_id", "consensus")] = row["verdict"]
    statuses = {row["image_id"]: row.get("status", "ok") for row in tables["predictions"].joined}
    scores = {
        row["image_id"]: number(row["score"])
        for row in tables["predictions"].joined
        if statuses[row["image_id"]] == "ok"
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
            row[by] if (by := protocol.bootstrap.cluster) != "patient_id" else None,
        )
        for row in tables["studies"].joined
    )
    return Recounted(images, tables, statuses)


def consensus(rule: str, verdicts: Mapping[str, str]) -> str:
    """Return the reference standard's verdict on one image; ``verdicts`` is reader -> verdict, one or more."""
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
    """Return the first step of the flow at which an image leaves; None for one that is analysed."""
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
    """Return images as units, or patients: positive by any image, else unknown by any; with the largest score."""
    singles = [
        Unit(
            image.patient,
            image.reference or INDETERMINATE,
            None if image.score is None else image.score >= threshold,
            image.score,
            image.score is not None,
            image.group,
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
    references, results = {unit.reference for unit in own}, {unit.called for unit in own}
    called = next(result for result in (True, None, False) if result in results)
    return Unit(
        patient,
        next(verdict for verdict in (POSITIVE, INDETERMINATE, NEGATIVE) if verdict in references),
        called,
        None if called is None else max(unit.score for unit in own if unit.score is not None),
        None not in results,
        own[0].group,
    )


def outcome(unit: Unit) -> str:
    """Classify a unit as tp, fp, fn or tn by the worst case: missing results count against the device."""
    if unit.reference == POSITIVE:
        return "tp" if unit.called else "fn"
    if unit.reference == NEGATIVE:
        return "tn" if unit.called is False else "fp"
    return "fp" if unit.called else "fn"


def flow(
    counted: Recounted, analysed: Sequence[Image], protocol: Protocol
) -> tuple[dict[str, str | int], ...]:
    """Count images and patients of each step: all, leaving, analysed, and of these indeterminate or not processed."""
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


def account(counted: Recounted, protocol: Protocol) -> tuple[dict[str, object], ...]:
    """Account for every row of every table: used, or excluded for one reason."""
    step = {image.image_id: leaves_at(image, protocol) for image in counted.images}
    accounts = []
    for table, rows in counted.tables.items():
        found = [step.get(row["image_id"], "not_in_studies") for row in rows.joined]
        accounts.append(
            {
                "table": table,
                "rows_read": rows.rows_read,
                "rows_used": found.count(None),
                "rows_excluded": dict(rows.excluded + Counter(filter(None, found))),
                "cells_trimmed": rows.cells_trimmed,
                "ages_converted": rows.ages_converted,
                "rows_dropped_empty": rows.rows_dropped_empty,
                "columns_dropped_empty": rows.columns_dropped_empty,
            }
        )
    return tuple(accounts)


def summary(counted: Recounted, analysed: Sequence[Image]) -> dict[str, object]:
    """Count the numbers of `cohort` in results.json."""
    known = {image.image_id for image in counted.images}
    unused = {
        table: sum(row["image_id"] not in known for row in counted.tables[table].joined)
        for table in ("predictions", "reads")
    }
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
            "age_years_unknown": sum(years(image.cells["age_years"]) is None for image in analysed),
            "sex_unknown": sum(image.cells["sex"] not in ("F", "M", "O") for image in analysed),
            "view_unknown": sum(image.cells["view"] not in ("PA", "AP", "LATERAL") for image in analysed),
            "unused_predictions": unused["predictions"],
            "unused_reads": unused["reads"],
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
    """Return their patients without duplicates, by code point."""
    return sorted({image.patient for image in images})


def clusters(images: Iterable[Image]) -> list[str]:
    """Return their clusters without duplicates, by code point."""
    return sorted({image.cluster for image in images})


def strata(analysed: Sequence[Image], protocol: Protocol) -> list[list[int]]:
    """Return the cluster numbers of each stratum: all clusters, or the patients by the classes of their images."""
    everyone = clusters(analysed)
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
