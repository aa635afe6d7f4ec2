from pathlib import Path

import pytest

from reports.figures.canvas import WIDTH
from reports.figures.workflow import CALIBRATIONS, flowchart
from reports.language.names import CALIBRATIONS as NAMED
from tests.reports.content.sponsor.test_missing_statements import device


def test_every_step_stands_in_order(tmp_path: Path) -> None:
    drawing = flowchart(device(tmp_path))
    headings = [label.text for label in drawing.labels if label.tone == "strong"]
    steps = ["File", "Input gate", "Picture", "Network", "Calibration", "Threshold"]
    assert [text for text in headings if text in steps] == steps
    assert {"Failed", "Out of scope", "Call"} <= set(headings)
    assert drawing.description.startswith("Steps of the device from file to call: File (DICOM, PNG, or JPEG)")


def test_every_letter_is_on_the_canvas(tmp_path: Path) -> None:
    drawing = flowchart(device(tmp_path))
    assert all(0 <= label.x <= WIDTH and 0 <= label.y <= drawing.height for label in drawing.labels)


@pytest.mark.parametrize("method", NAMED)
def test_every_calibration_has_its_word(method: str) -> None:
    assert method in CALIBRATIONS


def test_the_chart_is_the_same_each_time(tmp_path: Path) -> None:
    assert flowchart(device(tmp_path)) == flowchart(device(tmp_path))
