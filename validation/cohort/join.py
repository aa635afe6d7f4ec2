"""Studies, reads and predictions joined: the analysed images with their reference and test result.

Owns eligibility, the flow and the counts of unused rows. Classification as true or false positive or negative is
`outcomes`. Source: the contract ("Tables", "results.json: flow").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.cohorts.cohort import FlowStep
from protocols.errors import BadInputError
from protocols.schema.statistical_analysis import MissingDataRules
from protocols.tables.column_mapping import MappedTable
from protocols.tables.input_account import TableAccount
from protocols.tables.records import Status, Studies, Verdict
from validation.cohort.inputs import Records
from validation.results.results import DataQuality

TRUTH_CODES: Mapping[Verdict, int] = {Verdict.POSITIVE: 1, Verdict.NEGATIVE: 0, Verdict.INDETERMINATE: -1}
POSITIVE, NEGATIVE, INDETERMINATE = 1, 0, -1
NO_TRUTH = -2
ANALYSED, NOT_IN_STUDIES = "analysed", "not_in_studies"


@dataclass(frozen=True, slots=True)
class JoinedCohort:
    """All studies with reference and test result; every array has shape (studies,), in the order of the studies.

    Attributes:
        image_id, patient_id: identifiers.
        truth: 1 positive, 0 negative, -1 indeterminate, -2 no reference.
        score: the device's score, NaN where the image was not processed.
        called: test positive (score >= threshold); False where not processed.
        step: the flow step at which the image leaves, or ``analysed``.
        analysed: in the primary analysis.
        eligible: in the test split and with a reference, and so in the extreme-case analyses.
        flow: the protocol's own steps.
        data_quality: unknown values among the analysed images, and unused rows.
        account: the use of the rows of each table.
        cluster: the cluster of each image, where patients are not the clusters; None where they are.
    """

    image_id: tuple[str, ...]
    patient_id: tuple[str, ...]
    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    called: NDArray[np.bool_]
    step: tuple[str, ...]
    analysed: NDArray[np.bool_]
    eligible: NDArray[np.bool_]
    flow: tuple[FlowStep, ...]
    data_quality: DataQuality
    account: tuple[TableAccount, ...]
    cluster: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """Which studies are analysed, without a look at what the device says of them; shape (studies,) each.

    ``truth``, ``step`` and ``eligible`` are as in `JoinedCohort`; ``score`` is NaN where there is none.
    """

    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    step: NDArray[np.object_]
    eligible: NDArray[np.bool_]

    @property
    def analysed(self) -> NDArray[np.bool_]:
        """Which studies enter the primary analysis."""
        found: NDArray[np.bool_] = self.step == ANALYSED
        return found


LEAVING = (
    ("not_test_split", "not in the test split"),
    ("no_reference", "no reader read the image"),
    ("indeterminate_excluded", "the reference standard is indeterminate; the protocol excludes such images"),
    ("not_processed_excluded", "the device gave no score; the protocol excludes such images"),
)


def admitted(records: Records, reference: Mapping[str, Verdict], missing: MissingDataRules) -> Admitted:
    """Find which images are analysed, by the reference and by whether the device gave a score.

    Args:
        records: the checked tables.
        reference: the consensus of each image that was read.
        missing: whether indeterminate and not processed images are excluded.
    """
    studies, predictions = records.studies, records.predictions
    index = pd.Index(studies.frame["image_id"], dtype=object)
    truth = index.map(reference).map(TRUTH_CODES).fillna(NO_TRUTH).to_numpy(dtype=np.int8)
    row = index.get_indexer(pd.Index(predictions.frame["image_id"], dtype=object))
    there = row >= 0
    score = np.full(len(studies), np.nan)
    score[row[there]] = predictions.score[there]
    return Admitted(
        truth=truth,
        score=score,
        step=_steps(studies, truth, np.isnan(score), missing),
        eligible=studies.in_test_split & (truth != NO_TRUTH),
    )


def join(
    records: Records,
    reference: Mapping[str, Verdict],
    *,
    threshold: float,
    missing: MissingDataRules,
    cluster: str | None = None,
) -> JoinedCohort:
    """Join the tables on image_id.

    Args:
        records: the checked tables.
        reference: the consensus of each image that was read.
        threshold: test positive when score >= threshold.
        missing: whether indeterminate and not processed images are excluded.
        cluster: the column of studies whose values are the clusters (`clusters`); None where the patients are.

    Raises:
        BadInputError: no image is left to analyse.
    """
    studies, predictions = records.studies, records.predictions
    images = admitted(records, reference, missing)
    index = pd.Index(studies.frame["image_id"], dtype=object)
    row = index.get_indexer(pd.Index(predictions.frame["image_id"], dtype=object))
    there = row >= 0
    truth, score, step, eligible = images.truth, images.score, images.step, images.eligible
    analysed = images.analysed
    if not analysed.any():
        raise BadInputError(
            f"{studies.source}: no image is left to analyse; of {len(studies)} images "
            + ", ".join(f"{int((step == name).sum())} left because {reason}" for name, reason in LEAVING)
            + "."
        )
    account = tuple(_account(table, index, step) for table in records.tables)
    return JoinedCohort(
        image_id=studies.image_id,
        patient_id=studies.patient_id,
        truth=truth,
        score=score,
        called=score >= threshold,  # False where not processed
        step=tuple(step),
        analysed=analysed,
        eligible=eligible,
        flow=tuple(_flow(studies, step, truth, np.isnan(score))),
        data_quality=_data_quality(
            studies, analysed, predictions.frame["status"][there & eligible[row]], account
        ),
        account=account,
        cluster=None if cluster is None else studies.further[cluster],
    )


def _steps(
    studies: Studies, truth: NDArray[np.int8], not_processed: NDArray[np.bool_], missing: MissingDataRules
) -> NDArray[np.object_]:
    """Return the first step at which each image leaves, or ``analysed``."""
    leaves = {
        "not_test_split": ~studies.in_test_split,
        "no_reference": truth == NO_TRUTH,
        "indeterminate_excluded": (truth == INDETERMINATE) & (missing.indeterminate == "exclude"),
        "not_processed_excluded": not_processed & (missing.not_processed == "exclude"),
    }
    step = np.full(len(studies), ANALYSED, dtype=object)
    for name, _ in reversed(LEAVING):
        step[leaves[name]] = name
    return step


def _flow(
    studies: Studies, step: NDArray[np.object_], truth: NDArray[np.int8], not_processed: NDArray[np.bool_]
) -> Iterator[FlowStep]:
    """Yield the steps with their images and patients."""
    analysed = step == ANALYSED
    for name, members, reason in (
        ("all", np.ones(len(studies), dtype=np.bool_), "images in the studies table"),
        *((name, step == name, reason) for name, reason in LEAVING),
        (ANALYSED, analysed, "images analysed"),
        ("indeterminate", analysed & (truth == INDETERMINATE), "of these, the reference is indeterminate"),
        ("not_processed", analysed & not_processed, "of these, the device gave no score"),
    ):
        patients = studies.frame["patient_id"][members].nunique()
        yield FlowStep(name, int(members.sum()), patients, reason)


def _data_quality(
    studies: Studies, analysed: NDArray[np.bool_], status: pd.Series, account: Sequence[TableAccount]
) -> DataQuality:
    """Count unknown values and unused rows; ``status`` is that of the predictions of eligible images."""
    unused = {table.table: table.rows_excluded.get(NOT_IN_STUDIES, 0) for table in account}
    return DataQuality(
        age_years_unknown=int(np.isnan(studies.age_years[analysed]).sum()),
        sex_unknown=int((studies.frame["sex"][analysed] == "").sum()),
        view_unknown=int((studies.frame["view"][analysed] == "").sum()),
        unused_predictions=unused["predictions"],
        unused_reads=unused["reads"],
        failed=int((status == Status.FAILED.value).sum()),
        out_of_scope=int((status == Status.OUT_OF_SCOPE.value).sum()),
    )


def _account(mapped: MappedTable, index: pd.Index, step: NDArray[np.object_]) -> TableAccount:
    """Count the rows of a table by the step at which their image leaves."""
    row = index.get_indexer(pd.Index(mapped.table.frame["image_id"], dtype=object))
    steps = np.where(row >= 0, step[row], NOT_IN_STUDIES)
    names: Sequence[str] = [NOT_IN_STUDIES, *(name for name, _ in LEAVING)]
    counts = {name: int((steps == name).sum()) for name in names}
    return TableAccount(
        table=mapped.rule.table,
        rows_read=mapped.rows_read,
        rows_used=int((steps == ANALYSED).sum()),
        rows_excluded={**mapped.excluded, **{name: count for name, count in counts.items() if count}},
        cells_trimmed=mapped.cells_trimmed,
        ages_converted=mapped.ages_converted,
        rows_dropped_empty=mapped.table.rows_dropped_empty,
        columns_dropped_empty=mapped.table.columns_dropped_empty,
    )
