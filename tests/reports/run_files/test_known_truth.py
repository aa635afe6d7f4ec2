from pathlib import Path

import numpy as np
import pytest

from protocols.errors import BadInputError
from protocols.storage.run_folder import RunFolder
from reports.run_files.known_truth import KnownTruth, known_truth
from reports.run_files.line_listing import Listing


def listing(**references: str) -> Listing:
    """Analysed images by their reference."""
    images, said = tuple(references), tuple(references.values())
    nothing = ("",) * len(images)
    return Listing(nothing, said, np.zeros(len(images)), nothing, nothing, images)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run with the truth of four images; one has two boxes, one an opacity that changes no pixel."""
    (tmp_path / "inputs").mkdir()
    lines = ["image_id,opacity,x", "a,1,3", "a,1,4", "b,0,", "c,1,", "d,0,"]
    (tmp_path / "inputs" / "truth.csv").write_text("\n".join(lines) + "\n")
    return RunFolder(tmp_path)


def test_where_the_reference_errs_by_hand(run: RunFolder) -> None:
    said = listing(a="positive", b="positive", c="negative", d="indeterminate")
    assert known_truth(run, said) == KnownTruth(false_positive=1, false_negative=1)
    assert known_truth(RunFolder(run.root / "elsewhere"), said) is None


def test_an_image_without_its_truth_is_refused(run: RunFolder) -> None:
    with pytest.raises(BadInputError, match=r"truth\.csv: lacks the analysed image 'e'"):
        known_truth(run, listing(a="positive", e="negative"))
