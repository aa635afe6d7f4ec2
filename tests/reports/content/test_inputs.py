"""The account and its notices, as arranged and as printed in report and summary."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.progress import silent
from protocols.storage.run_folder import RunFolder
from protocols.tables.input_account import Notice
from reports.content.context import ReportContext
from reports.content.inputs import affected, cleaned, excluded, fully_used, on_first_page
from reports.language.vocabulary import Words
from reports.pages.summary import summary_page
from reports.render import Rendered, render
from tests.reports.conftest import NOTICES, TABLES, noticed, rows_under, seen
from tests.reports.test_pages import boxes, pages_of
from validation.results.results import results_from_json

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())


def notice(text: str, *criteria: str) -> Notice:
    return Notice(kind="caution", text=text, criteria=criteria)


def test_words_for_a_table_by_hand() -> None:
    told = [(excluded(table, WORDS), cleaned(table), fully_used(table)) for table in TABLES]
    assert told == [
        ("170 outside the test split; 30 without any read", "–", False),
        ("–", "14 cells trimmed, 1 age converted", False),
        ("3 of no image in studies", "–", False),
    ]
    assert fully_used(replace(TABLES[0], rows_excluded={"not_test_split": 200}))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (("SE",), "SE"),
        (("SE", "SP"), "SE and SP"),
        (("A", "B", "C", "D"), "A, B, C and D"),
        (("A", "B", "C", "D", "E"), "A, B, C, D and others"),
    ],
)
def test_affected_by_hand(ids: tuple[str, ...], expected: str) -> None:
    assert affected(notice("It is so.", *ids)) == expected


def test_what_has_room_on_page_1_by_hand() -> None:
    short, long = notice("It is so."), notice("w" * 300, "SE")
    assert on_first_page([short] * 8, 8) == (short,) * 8
    assert on_first_page([short, long, short, long], 5) == (long,)
    assert on_first_page([short, long], 2) == ()


@pytest.fixture(scope="module")
def rendered(run_of: Callable[[str], RunFolder], tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Report and summary of a run whose results hold an account and notices; the number linter has read both."""
    root: Path = tmp_path_factory.mktemp("noticed") / "run"
    shutil.copytree(run_of("passing").root, root)
    run = RunFolder(root)
    results = results_from_json(run.results.read_bytes(), source="results.json")
    run.results.write_text(noticed(results).to_json(), encoding="utf-8")
    return render(run, silent)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_page_1_of_both_documents_has_account_and_notices(rendered: Rendered) -> None:
    report, summary = rendered.report.html, rendered.summary.html
    first_page = report[: report.index('<nav class="contents"')]
    for page in (first_page, summary[: summary.index("<main>")]):
        text = seen(page)
        assert "Studies 1,200 1,000 170 outside the test split; 30 without any read –" in text
        assert "Reads 3,000 3,000 – 14 cells trimmed" in text
        assert f"{NOTICES[0].text} Affects SE and SE-SEX." in text
        assert text.index(NOTICES[0].text) < text.index(NOTICES[1].text)


@pytest.mark.usefixtures("libraries")
def test_the_section_on_data_has_them_too_and_the_table_is_a_file(rendered: Rendered) -> None:
    data = rendered.report.html.split('<section class="section" id="data">')[1].split("</section>")[0]
    head, *rows = rows_under(data, "The rows of each table")
    assert head == ["Inputs", "Rows read", "Used", "Excluded", "Cleaned first"]
    assert rows[2] == ["Predictions", "1,003", "1,000", "3 of no image in studies", "–"]
    assert all(one.text in seen(data) for one in NOTICES)
    assert b"170 outside the test split" in rendered.parts["tables/account.csv"]


@pytest.mark.usefixtures("libraries")
def test_a_criterion_without_a_level_stands_in_every_table_of_criteria(rendered: Rendered) -> None:
    for caption in ("Criteria of the protocol", "Precision achieved"):
        rows = rows_under(rendered.report.html, caption)
        (row,) = (row for row in rows if row[0] == "SE-SEX")
        assert row[1] == "Sensitivity, each level of sex"
    assert "Inconclusive, SE-SEX: no level of sex is known." in seen(rendered.report.html)


def test_what_has_no_room_is_counted(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    many = (*(notice(f"Notice {'x' * number}.") for number in range(30)), notice("It matters.", "SE"))
    context = replace(context, results=noticed(context.results, many))
    for page in (
        page_from(context).split('<nav class="contents"')[0],
        summary_page(context).split("<main>")[0],
    ):
        assert re.findall(r'class="notice', page) == ['class="notice']
        assert "It matters." in page
        assert "30 further notices: see" in seen(page)


def test_without_a_notice_that_is_said(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    page = page_from(replace(context, results=noticed(context.results, ())))
    assert "Nothing in the tables or the results needs a notice." in seen(page)
    assert 'class="notice' not in page


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("criteria", [1, 3, 6])
@pytest.mark.parametrize("notices", [0, 1, 4, 60])
@pytest.mark.parametrize("sponsor", [None, "A sponsor of a rather long name, Incorporated"])
def test_the_cover_holds_its_notices(
    criteria: int,
    notices: int,
    sponsor: str | None,
    context_of: Callable[[str], ReportContext],
    page_from: Callable[[ReportContext], str],
) -> None:
    context = context_of("passing")
    submission = context.protocol.submission.model_copy(update={"sponsor": sponsor, "device_name": sponsor})
    context = replace(
        context,
        criteria=(context.acceptance * 6)[:criteria],
        protocol=context.protocol.model_copy(update={"submission": submission, "title": "A long title " * 7}),
        results=noticed(context.results, (notice("Words of a notice " * 10, "SE", "SP"),) * notices),
    )
    cover = re.sub(r"<(main|nav|section).*</main>", "", page_from(context), flags=re.DOTALL)
    (page,) = pages_of(cover)
    ends = {}
    for box, _ in boxes(page._page_box):
        name = box.element.get("class") if box.element is not None else None
        ends.setdefault(name, (box.position_y, box.position_y + box.height))
    assert ends["control"][1] < ends["disclaimer"][0]
