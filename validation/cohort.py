"""Studies, reads and predictions joined: which images are analysed, what is true of them, what the device said.

Owns eligibility, the flow and the counts of what was not used. How an image becomes a true or a false
call is `outcomes`. Source: the contract ("Tables", "results.json: flow").
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.cohorts.folder import FlowStep
from protocols.errors import BadInputError
from protocols.records import Split, Status, Verdict
from protocols.schema import Missing
from validation.inputs import Records
from validation.results import DataQuality

TRUTH_CODES: Mapping[Verdict, int] = {Verdict.POSITIVE: 1, Verdict.NEGATIVE: 0, Verdict.INDETERMINATE: -1}
POSITIVE, NEGATIVE, INDETERMINATE = 1, 0, -1
NO_TRUTH = -2


@dataclass(frozen=True, slots=True)
class JoinedCohort:
    """All studies with truth and call; every array has shape (studies,), in the order of the studies.

    Attributes:
        image_id, patient_id: identifiers.
        truth: 1 positive, 0 negative, -1 indeterminate, -2 no reference.
        score: the device's score, NaN where the image was not processed.
        called: score >= threshold; False where not processed.
        step: the flow step at which the image leaves, or ``analysed``.
        eligible: in the test split and with a reference: what the extreme analyses may use.
        flow: the protocol's own steps.
        data_quality: unknowns among the analysed, rows that nothing used.
    """

    image_id: tuple[str, ...]
    patient_id: tuple[str, ...]
    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    called: NDArray[np.bool_]
    step: tuple[str, ...]
    eligible: NDArray[np.bool_]
    flow: tuple[FlowStep, ...]
    data_quality: DataQuality

    @property
    def analysed(self) -> NDArray[np.bool_]:
        """Which images the primary analysis uses."""
        return np.array([step == "analysed" for step in self.step], dtype=np.bool_)


LEAVING = (
    ("not_test_split", "not in the test split"),
    ("no_reference", "no reader read the image"),
    ("indeterminate_excluded", "the reference standard is indeterminate; the protocol excludes such images"),
    ("not_processed_excluded", "the device gave no score; the protocol excludes such images"),
)


def join(
    records: Records,
    reference: Mapping[str, Verdict],
    *,
    threshold: float,
    missing: Missing,
) -> JoinedCohort:
    """Join the tables on image_id.

    Args:
        records: the checked tables.
        reference: the consensus of each image that was read.
        threshold: positive when score >= threshold.
        missing: whether indeterminate and not processed images are excluded.

    Raises:
        BadInputError: no image is left to analyse.
    """
    studies, reads, predictions = records.studies, records.reads, records.predictions
    row_of = {image: row for row, image in enumerate(studies.image_id)}
    truth = np.array(
        [TRUTH_CODES[reference[image]] if image in reference else NO_TRUTH for image in studies.image_id],
        dtype=np.int8,
    )
    score = np.full(len(studies), np.nan)
    for image, value, status in zip(predictions.image_id, predictions.score, predictions.status, strict=True):
        if image in row_of and status is Status.OK:
            score[row_of[image]] = value
    split = studies.split or (Split.TEST.value,) * len(studies)
    not_processed = np.isnan(score)
    leaves = {
        "not_test_split": np.array([name != Split.TEST for name in split], dtype=np.bool_),
        "no_reference": truth == NO_TRUTH,
        "indeterminate_excluded": (truth == INDETERMINATE) & (missing.indeterminate == "exclude"),
        "not_processed_excluded": not_processed & (missing.not_processed == "exclude"),
    }
    step = np.full(len(studies), "analysed", dtype=object)
    for name, _ in reversed(LEAVING):
        step[leaves[name]] = name
    analysed = step == "analysed"
    if not analysed.any():
        raise BadInputError(
            f"{studies.source}: no image is left to analyse; of {len(studies)} images "
            + ", ".join(f"{int((step == name).sum())} left because {reason}" for name, reason in LEAVING)
            + "."
        )
    patients = np.array(studies.patient_id, dtype=object)

    def flow_step(name: str, members: NDArray[np.bool_], reason: str) -> FlowStep:
        return FlowStep(name, int(members.sum()), len(set(patients[members])), reason)

    flow = (
        flow_step("all", np.ones(len(studies), dtype=np.bool_), "images in the studies table"),
        *(flow_step(name, step == name, reason) for name, reason in LEAVING),
        flow_step("analysed", analysed, "images analysed"),
        flow_step(
            "indeterminate", analysed & (truth == INDETERMINATE), "of these, the reference is indeterminate"
        ),
        flow_step("not_processed", analysed & not_processed, "of these, the device gave no score"),
    )
    eligible = ~(leaves["not_test_split"] | leaves["no_reference"])
    status_of = dict(zip(predictions.image_id, predictions.status, strict=True))
    statuses = [status_of.get(image) for image in itertools.compress(studies.image_id, eligible)]
    quality = DataQuality(
        age_years_unknown=int(np.isnan(studies.age_years[analysed]).sum()),
        sex_unknown=sum(not sex for sex in itertools.compress(studies.sex, analysed)),
        view_unknown=sum(not view for view in itertools.compress(studies.view, analysed)),
        unused_predictions=sum(image not in row_of for image in predictions.image_id),
        unused_reads=sum(image not in row_of for image in reads.image_id),
        failed=statuses.count(Status.FAILED),
        out_of_scope=statuses.count(Status.OUT_OF_SCOPE),
    )
    called = np.zeros(len(studies), dtype=np.bool_)
    called[~not_processed] = score[~not_processed] >= threshold
    return JoinedCohort(
        image_id=studies.image_id,
        patient_id=studies.patient_id,
        truth=truth,
        score=score,
        called=called,
        step=tuple(step),
        eligible=eligible,
        flow=flow,
        data_quality=quality,
    )
