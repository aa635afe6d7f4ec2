"""Numbers keep their sources through arithmetic, sentences and pages, and nothing is there that was not asked for."""

from dataclasses import dataclass
from html import unescape

import pytest

from reports.language import formatting
from reports.number_check.html import page_text
from reports.pages.environment import environment
from reports.provenance.formulas import evaluate
from reports.provenance.source_marks import unmarked, without_elements
from reports.provenance.sourced_numbers import entry_names, marking, numbers_of, plain, sourced


@dataclass(frozen=True, slots=True)
class Row:
    """A metric."""

    metric: str
    value: float | None
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Study:
    """Some results."""

    images: int
    blinded: bool
    rows: tuple[Row, ...]


STUDY = Study(5366, True, (Row("auroc", 0.8125, (0.75, 0.875)), Row("F1 <b>", None, (0.0, 1.0))))


def test_outside_marking_nothing_changes() -> None:
    assert sourced(STUDY, "r.json") is STUDY
    assert formatting.count(5366) == "5,366"


def test_keys_are_those_of_the_document() -> None:
    assert numbers_of(STUDY, "r.json") == {
        "r.json#images": 5366,
        "r.json#rows[auroc].value": 0.8125,
        "r.json#rows[auroc].interval[0]": 0.75,
        "r.json#rows[auroc].interval[1]": 0.875,
        "r.json#rows[F1 <b>].interval[0]": 0.0,
        "r.json#rows[F1 <b>].interval[1]": 1.0,
    }


def test_names_that_are_not_unique_have_their_place() -> None:
    assert entry_names([{"id": "a"}, {"id": "b"}, {"id": "a"}, 7]) == ["a, 0", "b", "a, 2", "3"]


def test_values_and_equality_stay() -> None:
    with marking():
        found = sourced(STUDY, "r.json")
    assert found == STUDY
    assert found.blinded is True
    assert type(plain(found.images)) is int


@pytest.mark.parametrize(
    ("work", "result"),
    [
        (lambda n: n / 2, 2683.0),
        (lambda n: 1 - n, -5365),
        (lambda n: abs(1 - n), 5365),
        (lambda n: -n, -5366),
        (lambda n: sum([n, n]), 10732),
        (lambda n: 3 * n + n, 21464),
    ],
)
def test_arithmetic_can_be_worked_out_again(work: object, result: float) -> None:
    with marking():
        made = work(sourced(STUDY, "r.json").images)  # type: ignore[operator]
    assert made == result
    assert evaluate(made.origin, numbers_of(STUDY, "r.json")) == result


@pytest.mark.parametrize(
    "name", ["مستشفى", "医院", "a \N{GRINNING FACE} b", 'the "best" \\ one', "two\nlines", "a = b & <c>"]
)
def test_a_name_in_any_letters_leads_back_to_its_number(name: str) -> None:
    levels = {"levels": [{"name": name, "share": 0.5}]}
    with marking():
        html = (
            environment()
            .from_string("{{ it | percent }}")
            .render(it=sourced(levels, "r.json")["levels"][0]["share"])
        )
    (part,) = page_text(html).parts
    assert evaluate(part.formulas[0], numbers_of(levels, "r.json")) == 0.5


@pytest.mark.parametrize("formula", ["__import__('os')", "images", "[1]", "(1).real", "2 ** 99", ""])
def test_a_formula_is_no_program(formula: str) -> None:
    with pytest.raises(ValueError, match="not a formula"):
        evaluate(formula, {})


def test_a_page_names_the_sources_also_of_sentences() -> None:
    with marking():
        found = sourced(STUDY, "r.json")
        told = (
            f"Of {formatting.counted(found.images, 'image')}, {formatting.interval(found.rows[0].interval)}."
        )
        html = (
            environment()
            .from_string('<p title="{{ told }}">{{ told }} {{ found.rows[1].interval[1] | decimal }} R2</p>')
            .render(told=told, found=found)
        )
    plainly = "Of 5,366 images, 0.750–0.875."
    assert unmarked(told) == plainly
    assert without_elements(html) == f'<p title="{plainly}">{plainly} 1.000 R2</p>'
    for key in ("images", "rows[auroc].interval[0]", "rows[auroc].interval[1]", "rows[F1 <b>].interval[1]"):
        assert f'value="="r.json#{key}""' in unescape(html)


def test_no_mark_is_left_on_a_page() -> None:
    with marking():
        html = (
            environment()
            .from_string("<style>{{ n }}</style><b>{{ n | count }}</b>")
            .render(n=sourced(STUDY, "r.json").images)
        )
    assert html.isascii()
