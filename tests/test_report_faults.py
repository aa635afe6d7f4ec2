"""Names that attack or defeat a report, from the tables of a site to the finished files."""

import csv
import html
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from protocols.storage.canonical import sha256_file
from reports.pages.spreadsheet import FORMULA
from reports.pdf.read_pdf import PrintedPdf
from reports.pdf.render_stack import missing_libraries
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]
TITLE = "<script>alert(1)</script>"
PATIENT = "<img src=file:///etc/passwd>"
SITE = "{{7*7}}"
FORMULA_SITE = "=cmd|' /C calc'!A0"
READER = '@SUM(1+1)"><b>'
NUMBER = re.compile(r"[+-][0-9.]+(e-[0-9]+)?([\u00a0 ]%)?")


@pytest.fixture(autouse=True)
def _() -> None:
    """Every test here makes a report."""
    missing = missing_libraries()
    if missing:
        pytest.skip(
            f"needs the system libraries {', '.join(missing)}; `cxr510k doctor` says how to install them"
        )


def rewrite(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Every row of a table, changed."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [change(row) for row in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def validated(command: Command, study: Study) -> Path:
    out = study.folder / "out"
    ended = command(*study.arguments, "--out", out)
    assert ended.code in (0, 1), ended.err
    return out


def retitled(study: Study, title: str) -> None:
    text = study.protocol.read_text(encoding="utf-8")
    study.protocol.write_text(text.replace('"A small study"', f"'{title}'"), encoding="utf-8")


def packed(text: str) -> str:
    """Text without the white space that a layout may put anywhere."""
    return re.sub(r"\s", "", text)


@pytest.mark.slow
@pytest.mark.fault(28, 31)
def test_hostile_names_are_literal_text_and_formulas_are_neutralised_in_exports_alone(
    command: Command, study: Study
) -> None:
    retitled(study, TITLE)
    study.protocol.write_text(study.protocol.read_text() + '[[subgroups]]\naxis = "site"\n', encoding="utf-8")
    sites = {"PA": SITE, "AP": FORMULA_SITE}
    rewrite(
        study.studies,
        lambda row: row | {"patient_id": row["patient_id"] + PATIENT, "site": sites[row["view"]]},
    )
    rewrite(study.reads, lambda row: row | {"reader_id": READER} if row["reader_id"] == "R2" else row)
    out = validated(command, study)
    evidence = {path: sha256_file(path) for path in out.rglob("*.csv")}
    assert FORMULA_SITE in (out / "line_listing.csv").read_text(encoding="utf-8")

    assert command("report", out).code == 0

    assert {path: sha256_file(path) for path in evidence} == evidence
    page = html.unescape(re.sub(r"<[^>]*>", "", (out / "report.html").read_text(encoding="utf-8")))
    printed = packed(PrintedPdf((out / "report.pdf").read_bytes()).text)
    for name in (TITLE, PATIENT, SITE, FORMULA_SITE, READER):
        assert packed(name) in packed(page), name
        assert packed(name) in printed, name
    for document in ("report.html", "summary.html"):
        markup = (out / document).read_text(encoding="utf-8")
        assert not re.search(r"<script>alert|<img src=file|@SUM\(1\+1\)\">", markup)
    cells = []
    for path in sorted((out / "report").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)] == []
    assert {f"'{FORMULA_SITE}", f"'{READER}", SITE} <= set(cells)
    for path in sorted((out / "report").rglob("*.svg")):
        assert not ElementTree.parse(path).findall(".//{http://www.w3.org/2000/svg}script")


@pytest.mark.fault(35)
def test_chinese_hebrew_and_emoji_without_a_font_are_told_and_no_report_is_written(
    command: Command, study: Study
) -> None:
    retitled(study, "Lungs \u80ba \u05d3 \U0001fac1")
    out = validated(command, study)
    before = {path: sha256_file(path) for path in out.rglob("*") if path.is_file()}
    ended = command("report", out)
    assert ended.code == 2
    for told in ("protocol.toml: title", "U+80BA, CJK UNIFIED", "HEBREW LETTER DALET", "U+1FAC1, LUNGS"):
        assert told in ended.err
    assert {path: sha256_file(path) for path in out.rglob("*") if path.is_file()} == before
