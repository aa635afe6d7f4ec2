"""Ages in DICOM form: years by hand."""

import pytest

from protocols.tables.ages import years, years_between


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
        ("062y", "62"),
        ("45 Y", "45"),
        (" 062Y ", "62"),
        ("90Y+", "90"),  # top-coded: the least that it can be
    ],
)
def test_age_strings_by_hand(cell: str, expected: str) -> None:
    assert years(cell) == expected


@pytest.mark.parametrize(
    "cell", ["", "62", "62.5", "-1", "Y", "0062Y", "62 years", "90+", ">89", "62Y-", "n/a", "٦٢Y"]
)
def test_other_forms_pass_unchanged_by_hand(cell: str) -> None:
    assert years(cell) == cell


@pytest.mark.parametrize(("days", "weeks"), [(7, 1), (14, 2), (364, 52)])
def test_weeks_are_seven_days_against_itself(days: int, weeks: int) -> None:
    assert float(years(f"{weeks:03}W")) == pytest.approx(float(years(f"{days:03}D")), rel=1e-15)


DATES = [
    ("19600615", "20240102", 63.0),  # the day before a birthday does not count it
    ("19600102", "20240102", 64.0),
    ("1960.06.15", "2024-01-02", 63.0),  # the older form of a date
    ("20231003", "20240102", 91 / 365.25),  # under 2 years by the day
    ("19000101", "20240102", None),  # what de-identification writes
    ("20240103", "20240102", None),
    ("19601315", "20240102", None),
    ("", "20240102", None),
    ("19600615", "", None),
]


@pytest.mark.parametrize(("birth", "day", "expected"), DATES)
def test_age_between_dates_by_hand(birth: str, day: str, expected: float | None) -> None:
    assert years_between(birth, day) == expected
