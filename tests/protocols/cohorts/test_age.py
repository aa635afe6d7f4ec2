"""Ages as hospitals write them: years worked out by hand."""

import pytest

from protocols.cohorts.age import years


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("062Y", "62"),
        ("000Y", "0"),
        ("411Y", "411"),  # stands in NIH's first release; unknown later, as it is above 120
        ("018M", "1.5"),
        ("012M", "1"),
        ("013M", "1.0833333333333333"),
        ("002W", "0.038329911019849415"),  # 14 / 365.25
        ("001D", "0.0027378507871321013"),  # 1 / 365.25
        ("7Y", "7"),  # DICOM asks for three digits; some writers leave the zeros out
    ],
)
def test_age_strings_by_hand(cell: str, expected: str) -> None:
    assert years(cell) == expected


@pytest.mark.parametrize(
    "cell", ["", "62", "62.5", "-1", "062y", "Y", "0062Y", " 062Y", "062Y ", "62 years", "n/a", "٦٢Y"]
)
def test_other_forms_pass_unchanged_by_hand(cell: str) -> None:
    assert years(cell) == cell


@pytest.mark.parametrize(("days", "weeks"), [(7, 1), (14, 2), (364, 52)])
def test_weeks_are_seven_days_against_itself(days: int, weeks: int) -> None:
    assert float(years(f"{weeks:03}W")) == pytest.approx(float(years(f"{days:03}D")), rel=1e-15)
