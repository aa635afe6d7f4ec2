"""Notices of what the input tables lacked or had too much: each count of the account has one but the test split's.

Owns the sentences about rows and images. What was changed on reading is in `protocols.tables.notices`, unknown
values in `protocols.tables.unknown_values`; notices about results are in `result_notices`.
Source: the contract ("Accepted and counted").
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import SubgroupLevel
from protocols.tables.column_mapping import NO_READ, NO_SCORE, OTHER_FINDING
from protocols.tables.column_rules import STUDIES
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from protocols.tables.notices import counted, examples_of, quoted
from protocols.tables.reading import among
from protocols.tables.records import Studies
from protocols.tables.unknown_values import unknown_values
from validation.cohort.inputs import Records
from validation.cohort.join import INDETERMINATE, NOT_IN_STUDIES, JoinedCohort
from validation.cohort.subgroups import UNKNOWN_LEVEL, Axis
from validation.cohort.table_match import cause_of_mismatch
from validation.readers.consensus import adjudicator_of

ANALYSED_IMAGE = "analysed image"
MANY_NOT_PROCESSED = 0.02
OF_ROWS = {
    OTHER_FINDING: "are of another finding than the protocol's",
    NO_READ: "have no verdict and count as no read",
    NO_SCORE: "have no score and count as no row in predictions",
}
OF_STUDIES = {
    "no_reference": "have no read, so that their truth is not known, and are left out",
    "indeterminate_excluded": "have an indeterminate reference and are left out, as the protocol says",
    "not_processed_excluded": "have no score and are left out, as the protocol says",
}


def input_notices(
    records: Records, cohort: JoinedCohort, axes: Sequence[Axis], protocol: Protocol
) -> tuple[Notice, ...]:
    """Return the notices of all tables: what was changed on reading, unknown values, and rows that were not used."""
    every = tuple(criterion.id for criterion in protocol.criteria)
    return (
        *(notice for table in records.tables for notice in table.notices),
        *unknown_values(
            records.studies,
            cohort.analysed,
            what=ANALYSED_IMAGE,
            axes={axis.name: axis.members(UNKNOWN_LEVEL) for axis in axes if _may_be_unknown(axis)},
            criteria={axis.name: criteria_on(axis.name, protocol) for axis in axes},
        ),
        *_patients_of_two_sexes(records.studies, cohort.analysed),
        *_rows_left_out(records, cohort, every),
        *_fewer_reads(records, cohort, protocol.reference_standard.rule, every),
        *_indeterminate(records, cohort, every),
        *_without_score(records, cohort, protocol.missing.not_processed, every),
    )


def many_not_processed(cohort: JoinedCohort, ids: tuple[str, ...]) -> Iterator[Notice]:
    """Yield a notice where more than 2 % of the images with a reference have no score."""
    missing = cohort.eligible & np.isnan(cohort.score)
    count, images = int(missing.sum()), int(cohort.eligible.sum())
    if count > MANY_NOT_PROCESSED * images:
        yield Notice(
            kind="many_not_processed",
            text=f"{count} of {images} images with a reference ({100 * count / images:.1f} %) have no score; read the "
            "analyses all_worst, all_best and processed_only beside the primary one.",
            table="predictions",
            count=count,
            examples=tuple(cohort.image_id[row] for row in np.flatnonzero(missing)[:MOST_EXAMPLES]),
            criteria=ids,
        )


def criteria_on(column: str, protocol: Protocol) -> tuple[str, ...]:
    """Return the criteria on an axis that has a column as a part."""
    return tuple(
        criterion.id
        for criterion in protocol.criteria
        if isinstance(criterion.subgroup, SubgroupLevel) and column in criterion.subgroup.axis.split(",")
    )


def _may_be_unknown(axis: Axis) -> bool:
    return "," not in axis.name and axis.name not in STUDIES.required and UNKNOWN_LEVEL in axis.levels


def _patients_of_two_sexes(studies: Studies, analysed: NDArray[np.bool_]) -> Iterator[Notice]:
    known = studies.frame[analysed & (studies.frame["sex"] != "").to_numpy(dtype=np.bool_)]
    sexes = known.groupby("patient_id", sort=True)["sex"].nunique()
    patients = sexes.index[sexes > 1]
    if len(patients):
        examples = tuple(patients[:MOST_EXAMPLES])
        yield Notice(
            kind="patient_of_two_sexes",
            text=f"studies: {counted(len(patients), 'patient')} with images of both sexes ({quoted(examples)}); are "
            "these identifiers of one person?",
            table="studies",
            column="patient_id",
            count=len(patients),
            examples=examples,
        )


def _rows_left_out(records: Records, cohort: JoinedCohort, every: tuple[str, ...]) -> Iterator[Notice]:
    known = records.studies.frame["image_id"]
    step = pd.Series(cohort.step)
    for mapped, account in zip(records.tables, cohort.account, strict=True):
        table, frame = account.table, mapped.table.frame
        for reason, count in account.rows_excluded.items():
            if reason in OF_ROWS:
                text, kind = f"{table}: {counted(count, 'row')} {OF_ROWS[reason]}.", reason
                yield Notice(kind=kind, text=text, table=table, count=count, criteria=every)
            elif reason == NOT_IN_STUDIES:
                strange = frame["image_id"][~among(frame["image_id"], known)]
                without = known[~among(known, frame["image_id"])]
                cause = cause_of_mismatch(list(strange.unique()), list(without))
                yield Notice(
                    kind=f"unused_{table}",
                    text=f"{table}: {counted(count, 'row')} of images that are not in studies "
                    f"({quoted(examples_of(strange))}), not used"
                    + (f"; likely cause: {cause}." if cause else "."),
                    table=table,
                    column="image_id",
                    count=count,
                    examples=examples_of(strange),
                    cause=cause or None,
                    criteria=every if len(without) else (),
                )
            elif table == "studies" and reason in OF_STUDIES:
                images = known[(step == reason).to_numpy(dtype=np.bool_)]
                sentence = f"{{count}} {OF_STUDIES[reason]} ({{examples}})."
                yield from _of_images(reason, table, "image", images, sentence, every)
            elif reason != "not_test_split":
                text = f"{table}: {counted(count, 'row')} of images that leave at {reason}, not used."
                yield Notice(kind=reason, text=text, table=table, count=count, criteria=every)


def _fewer_reads(
    records: Records, cohort: JoinedCohort, rule: str, every: tuple[str, ...]
) -> Iterator[Notice]:
    """Yield images that fewer readers read than others here; an adjudicator reads only what is sent to them."""
    adjudicator, reads = adjudicator_of(rule), records.reads.frame
    if adjudicator:
        reads = reads[reads["reader_id"] != adjudicator]
    analysed = records.studies.frame["image_id"][cohort.analysed]
    counts = reads["image_id"].value_counts().reindex(analysed, fill_value=0)
    most = int(counts.max())
    few = pd.Series(sorted(counts.index[counts < most]))
    sentence = f"{{count}} with fewer than the {counted(most, 'read')} of others ({{examples}})."
    yield from _of_images("fewer_reads", "reads", ANALYSED_IMAGE, few, sentence, every)


def _indeterminate(records: Records, cohort: JoinedCohort, every: tuple[str, ...]) -> Iterator[Notice]:
    """Yield analysed images without a determinate reference: a gain where a metric leaves them out."""
    images = records.studies.frame["image_id"][cohort.analysed & (cohort.truth == INDETERMINATE)]
    sentence = (
        "{count} with an indeterminate reference ({examples}), counted as errors of the device where a metric counts "
        "calls and left out where it ranks scores."
    )
    yield from _of_images("indeterminate", "reads", ANALYSED_IMAGE, images, sentence, every, column="verdict")


def _without_score(
    records: Records, cohort: JoinedCohort, rule: str, every: tuple[str, ...]
) -> Iterator[Notice]:
    """Yield analysed images that were not processed, apart by whether predictions say why."""
    missing = records.studies.frame["image_id"][cohort.analysed & np.isnan(cohort.score)]
    row = among(missing, records.predictions.frame["image_id"])
    consequence = "errors of the device" if rule == "worst_case" else "left out"
    for kind, images, what in (
        ("no_row_in_predictions", missing[~row], "no row in predictions"),
        ("not_processed", missing[row], "no score, as their status says"),
    ):
        sentence = f"{{count}} with {what} ({{examples}}), counted as {consequence}."
        yield from _of_images(kind, "predictions", ANALYSED_IMAGE, images, sentence, every)


def _of_images(
    kind: str,
    table: str,
    noun: str,
    images: pd.Series,
    sentence: str,
    criteria: tuple[str, ...],
    *,
    column: str = "image_id",
) -> Iterator[Notice]:
    """Yield the notice of some images, the first of them as examples; none where there are none."""
    if len(images):
        examples = tuple(images[:MOST_EXAMPLES])
        details = sentence.format(count=counted(len(images), noun), examples=quoted(examples))
        yield Notice(
            kind=kind,
            text=f"{table}: {details}",
            table=table,
            column=column,
            count=len(images),
            examples=examples,
            criteria=criteria,
        )
