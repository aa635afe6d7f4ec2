"""Findings, co-occurrence, weights and readers."""

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from protocols.cohorts.profile.labels_and_reads import label_profile, reads_profile
from protocols.tables.records import Labels, Studies, Verdict
from tests.records import reads_of

Make = Callable[..., Studies]
MARKS = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, float("nan")])] * 3), min_size=1, max_size=30)


def labels_of(rows: Sequence[Sequence[float]]) -> Labels:
    columns = np.array(rows, dtype=np.float64).T
    return Labels(
        "labels",
        tuple(f"i{number}" for number in range(len(rows))),
        {f"F{number}": column for number, column in enumerate(columns)},
    )


def test_findings_by_hand(make_studies: Make) -> None:
    studies = make_studies(["i0", "i1", "i2", "i3", "i4"], patient_id=["P", "P", "Q", "R", "R"])
    found = label_profile(studies, labels_of([[1, 1], [1, 0], [0, 0], [0, float("nan")]]))
    first, second = found.findings
    assert (first.positives, first.negatives, first.unknown, first.positive_patients) == (2, 2, 1, 1)
    assert (second.positives, second.negatives, second.unknown, second.positive_patients) == (1, 2, 2, 1)
    assert (second.weight_of_positives, second.weight_of_negatives) == (0.666666667, 0.333333333)
    assert (second.share_before, second.share_after) == (0.333333333, 0.5)
    assert found.co_occurrence == ((2, 1), (1, 1))
    assert found.findings_an_image == {"0": 2, "1": 1, "2": 1}
    assert (found.images, found.unused) == (4, 0)


def test_labels_of_other_images_are_unused_by_hand(make_studies: Make) -> None:
    found = label_profile(make_studies(["i1"]), labels_of([[1], [0], [1]]))
    assert (found.images, found.unused, found.findings[0].negatives) == (1, 2, 1)


def test_a_finding_of_one_class_has_no_weights_by_hand(make_studies: Make) -> None:
    finding = label_profile(make_studies(["i0"]), labels_of([[1]])).findings[0]
    assert (finding.prevalence, finding.weight_of_positives, finding.share_after) == (1.0, None, None)


@given(rows=MARKS)
def test_co_occurrence_is_symmetric_and_below_its_diagonal(
    make_studies: Make, rows: list[tuple[float, ...]]
) -> None:
    labels = labels_of(rows)
    found = label_profile(make_studies(labels.image_id), labels)
    matrix = np.array(found.co_occurrence)
    assert (matrix == matrix.T).all()
    assert (matrix <= np.diag(matrix)).all()
    assert np.diag(matrix).tolist() == [finding.positives for finding in found.findings]


@given(rows=MARKS)
def test_weighted_classes_are_equal_by_theory(make_studies: Make, rows: list[tuple[float, ...]]) -> None:
    labels = labels_of(rows)
    for finding in label_profile(make_studies(labels.image_id), labels).findings:
        both = finding.positives > 0 and finding.negatives > 0
        assert finding.share_after == (0.5 if both else None)
        assert finding.share_before == (finding.prevalence if both else None)


def test_readers_by_hand(make_studies: Make) -> None:
    yes, no, perhaps = Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE
    reads = reads_of("reads", ("i0", "i0", "i1", "i9"), ("B", "A", "B", "A"), (yes, perhaps, no, yes))
    found = reads_profile(make_studies(["i0", "i1", "i2"]), reads, None)
    assert [(one.reader_id, one.positive, one.negative, one.indeterminate) for one in found.readers] == [
        ("A", 0, 0, 1),
        ("B", 1, 1, 0),
    ]
    assert [one.share_positive for one in found.readers] == [None, 0.5]
    assert found.readers_an_image == {"0": 1, "1": 1, "2": 1}
    assert (found.images, found.unused) == (2, 1)
