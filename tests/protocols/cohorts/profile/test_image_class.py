"""Which finding a profile is of, and which class each image has."""

from collections.abc import Sequence

import numpy as np
import pytest

from protocols.cohorts.profile.image_class import chosen_finding, image_classes
from protocols.tables.records import Labels, Verdict
from tests.records import reads_of


def labels_of(*names: str) -> Labels:
    return Labels("labels", ("a",), dict.fromkeys(names, np.array([1.0])))


@pytest.mark.parametrize(
    ("names", "of_reads", "expected"),
    [
        (["Edema", "Pneumonia"], [], "Pneumonia"),
        (["Edema", "opacity"], [], "opacity"),
        (["Lung Opacity", "pneumonia"], [], "pneumonia"),
        (["Mass", "Edema"], [], "Mass"),
        ([], ["Consolidation", "Edema"], "Consolidation"),
        ([], [], None),
    ],
)
def test_the_default_finding_by_hand(names: list[str], of_reads: Sequence[str], expected: str | None) -> None:
    assert chosen_finding(None, labels_of(*names) if names else None, of_reads) == expected


def test_labels_come_before_readers_by_hand() -> None:
    labels = Labels("labels", ("a", "b"), {"F": np.array([0.0, np.nan])})
    yes, no, perhaps = Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE
    reads = reads_of(
        "reads", ("a", "b", "b", "b", "c", "c", "d"), tuple("1123121"), (yes, yes, no, no, yes, no, perhaps)
    )
    found = image_classes(["a", "b", "c", "d", "e"], labels, reads, "F")
    assert found.names == ("negative", "negative", "unknown", "unknown", "unknown")
    assert found.sources == ("labels", "reads", "", "", "")
