"""Labels and reads of a cohort: findings, their co-occurrence and weights, and each reader's verdicts.

Owns these counts. A weight by class frequency is the proportion of the other class, n_neg / n for positives and
n_pos / n for negatives, so that both classes have the same total weight (Rajpurkar et al., CheXNet, arXiv 1711.05225,
section 2.1). The resulting proportions are computed from the weights of the images.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from protocols.cohorts.profile.profile_parts import Finding, LabelProfile, Reader, ReadsProfile
from protocols.storage.canonical import rounded
from protocols.tables.records import Labels, Reads, Studies, Verdict


def label_profile(studies: Studies, labels: Labels) -> LabelProfile:
    """Count the labels of the images of a cohort."""
    place = {image: row for row, image in enumerate(labels.image_id)}
    rows = np.array([place.get(image, -1) for image in studies.image_id], dtype=np.int64)
    labelled = rows >= 0
    marks = np.full((len(studies), len(labels.findings)), np.nan)
    for column, cells in enumerate(labels.findings.values()):
        marks[labelled, column] = cells[rows[labelled]]
    positive = (marks == 1).astype(np.float64)  # integers, so that the product below is exact in any order
    together = np.rint(positive.T @ positive).astype(np.int64)
    of_patient = np.unique(np.array(studies.patient_id, dtype=object), return_inverse=True)[1]
    return LabelProfile(
        images=int(labelled.sum()),
        unused=len(labels.image_id) - int(labelled.sum()),
        findings=tuple(
            _finding(name, marks[:, column], of_patient) for column, name in enumerate(labels.findings)
        ),
        co_occurrence=tuple(tuple(row) for row in together.tolist()),
        findings_an_image=by_number(Counter(positive[labelled].sum(axis=1).astype(int).tolist())),
    )


def reads_profile(studies: Studies, reads: Reads, finding: str | None) -> ReadsProfile:
    """Count the verdicts on the images of a cohort."""
    here = set(studies.image_id)
    verdicts: dict[str, Counter[Verdict]] = {}
    readers_of = dict.fromkeys(studies.image_id, 0)
    unused = 0
    for image, reader, verdict in zip(reads.image_id, reads.reader_id, reads.verdict, strict=True):
        if image not in here:
            unused += 1
            continue
        verdicts.setdefault(reader, Counter())[verdict] += 1
        readers_of[image] += 1
    return ReadsProfile(
        finding=finding,
        images=sum(number > 0 for number in readers_of.values()),
        unused=unused,
        readers=tuple(_reader(name, verdicts[name]) for name in sorted(verdicts)),
        readers_an_image=by_number(Counter(readers_of.values())),
    )


def by_number(counts: Mapping[int, int]) -> dict[str, int]:
    """Return counts keyed by a whole number as text, in ascending order."""
    return {str(number): counts[number] for number in sorted(counts)}


def _finding(name: str, marks: NDArray[np.float64], of_patient: NDArray[np.int64]) -> Finding:
    positives, negatives = int((marks == 1).sum()), int((marks == 0).sum())
    known = positives + negatives
    both = positives > 0 and negatives > 0
    weights = (negatives / known, positives / known) if both else (None, None)
    return Finding(
        name=name,
        positives=positives,
        negatives=negatives,
        unknown=len(marks) - known,
        positive_patients=len(np.unique(of_patient[marks == 1])),
        prevalence=rounded(positives / known) if known else None,
        weight_of_positives=None if weights[0] is None else rounded(weights[0]),
        weight_of_negatives=None if weights[1] is None else rounded(weights[1]),
        share_before=_share_of_positives(marks, (1.0, 1.0)) if both else None,
        share_after=_share_of_positives(marks, weights) if both else None,
    )


def _share_of_positives(
    marks: NDArray[np.float64], weights: tuple[float, float] | tuple[None, None]
) -> float | None:
    """Return the proportion of the weight of all known images that is of positives, summed per image."""
    of_positive, of_negative = weights
    if of_positive is None or of_negative is None:
        return None
    weight = np.where(marks == 1, of_positive, np.where(marks == 0, of_negative, 0.0))
    return rounded(float(weight[marks == 1].sum() / weight.sum()))


def _reader(name: str, verdicts: Counter[Verdict]) -> Reader:
    positive, negative = verdicts[Verdict.POSITIVE], verdicts[Verdict.NEGATIVE]
    known = positive + negative
    return Reader(
        reader_id=name,
        positive=positive,
        negative=negative,
        indeterminate=verdicts[Verdict.INDETERMINATE],
        share_positive=rounded(positive / known) if known else None,
    )


def findings_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the findings that the reads name, by code point."""
    return tuple(sorted(set(cells) - {""}))
