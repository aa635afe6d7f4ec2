"""Every estimate of a study as one tidy table, for a spreadsheet, a data frame or another program.

Owns its columns and the three forms of the file. Numbers are those of results.json, unrounded; nothing is computed.
"""

import io
from pathlib import Path

import pandas as pd

from protocols.errors import BadInputError
from reports.pages.spreadsheet import harmless
from validation.results.results import Estimate, Results, SensitivityEstimate

PRIMARY = "primary"
COUNTS = ("x", "n", "images", "patients", "positives", "negatives")
COLUMNS = (
    *("analysis", "metric", "axis", "level", "value", "lower", "upper", "interval", "confidence_level"),
    *COUNTS,
    "status",
)
TEXT = ("analysis", "metric", "axis", "level", "interval", "status")
BOM = "\ufeff"  # tells a spreadsheet that a CSV file is UTF-8
ENDINGS = (".csv", ".parquet", ".xlsx")


def tidy_estimates(results: Results) -> pd.DataFrame:
    """Return a row for each metric, level and analysis, with its deciding interval; nothing is estimated without one.

    Columns: analysis (``primary`` or the name of a sensitivity analysis), metric, axis, level, value, lower, upper,
    interval, confidence_level, x, n, images, patients, positives, negatives, status. Missing where results.json has
    null.
    """
    level = results.looks.deciding_confidence_level
    rows = [_row(one, level) for one in (*results.estimates, *results.sensitivity_analyses)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(("value", "lower", "upper"), "float64")
    return frame.astype(kinds)


def table_file(frame: pd.DataFrame, path: Path, *, bom: bool) -> bytes:
    """Return a tidy table in the form that the ending of the file names.

    Args:
        frame: of `tidy_estimates`.
        path: ends in .csv, .parquet or .xlsx.
        bom: begin a CSV file with a byte order mark, by which Excel knows that it is UTF-8.

    Raises:
        BadInputError: the file has another ending.
    """
    if path.suffix not in ENDINGS:
        raise BadInputError(f"{path}: must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    if path.suffix == ".parquet":
        content = io.BytesIO()
        frame.to_parquet(content, index=False)
        return content.getvalue()
    safe = frame.copy()
    if path.suffix == ".csv":
        for name in TEXT:
            safe[name] = harmless([cell if isinstance(cell, str) else "" for cell in safe[name]])
        return ((BOM if bom else "") + safe.to_csv(index=False, lineterminator="\n")).encode("utf-8")
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as book:
        safe.to_excel(book, sheet_name="estimates", index=False, freeze_panes=(1, 0))
        for row in book.sheets["estimates"].iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # text, also where it begins as a formula does
    return content.getvalue()


def _row(one: Estimate, confidence_level: float) -> tuple[object, ...]:
    lower, upper = one.decision or (None, None)
    return (
        one.analysis if isinstance(one, SensitivityEstimate) else PRIMARY,
        one.metric,
        one.subgroup.axis,
        one.subgroup.level,
        one.value,
        lower,
        upper,
        one.decision_interval,
        confidence_level,
        one.numerator,
        one.denominator,
        one.images,
        one.patients,
        one.positives,
        one.negatives,
        one.status,
    )
