import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from protocols.errors import BadInputError
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.environment import environment
from reports.pages.report import report_page

NAMES = [
    "passing",
    "failing",
    "without criteria and subgroups",
    "every row insufficient",
    "by patient, missing excluded",
    "text-mined",
    "confirmatory",
    "locked",
    "explored",
    "no positives",
    "one reader",
]


def words_of(document: str) -> str:
    """What a reader sees, without style, description of figures or tags."""
    without = re.sub(r"<(style|title)>.*?</\1>", " ", document, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_blank_or_not_a_number(name: str, page_of: Callable[[str], str]) -> None:
    document = page_of(name)
    assert not re.search(r"\b(nan|NaN|None|inf)\b", words_of(document))
    assert not re.search(r'<td class="n[^"]*">\s*</td>', document)


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_has_its_target(name: str, page_of: Callable[[str], str]) -> None:
    document = page_of(name)
    assert set(re.findall(r'href="#([^"]+)"', document)) <= set(re.findall(r' id="([^"]+)"', document))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["Table", "Figure"])
def test_captions_are_numbered_in_order(name: str, kind: str, page_of: Callable[[str], str]) -> None:
    numbers = [int(number) for number in re.findall(rf"<b>{kind} (\d+)\.</b>", page_of(name))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("passing", "Every acceptance criterion is met."),
        ("failing", "At least one acceptance criterion is not met, so the study fails."),
        ("every row insufficient", "No acceptance criterion failed, and at least one could not be decided."),
        (
            "without criteria and subgroups",
            "The protocol sets no acceptance criterion, so nothing was decided.",
        ),
        ("without criteria and subgroups", "The protocol names no subgroups."),
        ("text-mined", "so this study cannot pass and speaks of agreement."),
        (
            "by patient, missing excluded",
            "Every patient counts once, so no interval needs to allow for clustering.",
        ),
        ("by patient, missing excluded", "An image without a score is excluded from the primary analysis"),
        (
            "confirmatory",
            "No ledger in this evidence tells that protocol and threshold were registered before the scores were read.",
        ),
        ("confirmatory", "old leaves out"),
        ("no positives", "not estimable (0 positives)"),
        ("no positives", "Inconclusive, AUC: AUROC is not estimable: 0 positives."),
        ("passing", "The scores were brought by the sponsor."),
        ("passing", "nothing in it claims acceptance, clearance or compliance"),
    ],
)
def test_sentence_is_there(name: str, sentence: str, page_of: Callable[[str], str]) -> None:
    assert sentence in words_of(page_of(name))


@pytest.mark.fault(26)
def test_without_positives_a_page_says_not_estimable_instead_of_0(page_of: Callable[[str], str]) -> None:
    words = words_of(page_of("no positives"))
    assert words.count("not estimable (0 positives)") >= 2
    # In the table of sites indeterminate references count as missed positives: 0 of some, not 0 of none.
    assert not re.search(r"Sensitivity\s+0\.0", words.replace("Sensitivity 0.000 not given", ""))


def test_a_text_mined_study_speaks_of_agreement_alone(page_of: Callable[[str], str]) -> None:
    # What checklists ask for and what keys are called is given, whatever a run may say of itself.
    given = r'<section class="section" id="appendix_checklists">.*?</section>|<code>\w*sensitivity\w*</code>'
    document = re.sub(given, "", page_of("text-mined"), flags=re.DOTALL)
    described = " ".join(re.findall(r"<title>(.*?)</title>", document))
    spoken = f"{words_of(document)} {described}".lower().replace("accuracy: the device was compared", "")
    wrong = r"sensitivity|specificity|true positive|false negative|accuracy|predictive|\brecall|\bppv|\bnpv"
    assert not re.findall(wrong, spoken)
    assert "positive per cent agreement" in spoken


CODES = (
    *("lr_positive", "lr_negative", "balanced_accuracy", "average_precision", "auroc", "f1"),
    *(
        "exact_clustered",
        "wilson_effective",
        "clopper_pearson",
        "delong_clustered",
        "delong_student",
        "delong_newcombe",
        "jackknife_student",
        "korn_graubard",
        "wilson_patients",
        "bca",
        "mover",
    ),
    *("other_unit", "one_image_per_patient", "all_best", "all_worst", "dawid_skene", "in_the_large"),
    *("worst_case", "not_processed", "positive_only", "negative_only"),
)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_the_code_is_on_a_page(name: str, page_of: Callable[[str], str]) -> None:
    spoken = words_of(page_of(name))
    assert not re.findall(rf"\b(?:{'|'.join(CODES)})\b", spoken)


@pytest.mark.parametrize("name", NAMES)
def test_no_table_is_empty(name: str, page_of: Callable[[str], str]) -> None:
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page_of(name), re.DOTALL)
    assert all("<td" in body for body in bodies)


def test_a_phantom_is_named_in_every_caption(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    cohort = replace(context.results.cohort, synthetic=True)
    context = replace(
        context,
        results=replace(context.results, cohort=cohort),
        document=replace(context.document, stamps=("PHANTOM", "EXPLORATORY", "DRAFT"), phantom=True),
    )
    document = report_page(context, gallery(context))
    captions = re.findall(r"<(?:caption|figcaption)>(.*?)</", document)
    assert captions
    assert all("PHANTOM" in caption for caption in captions)


def test_no_caption_names_a_phantom_otherwise(page_of: Callable[[str], str]) -> None:
    assert "PHANTOM" not in words_of(page_of("passing"))


HOSTILE = "<script>alert(1)</script>{{ 7*7 }}<img src=file:///etc/passwd>"


@pytest.mark.fault(31)
def test_hostile_names_are_literal_text(make: Callable[[str], RunFolder]) -> None:
    from_protocol = HOSTILE.replace("\n", "")
    run = make(from_protocol)
    context = report_context(run)
    document = report_page(context, gallery(context))
    assert "<script>" not in document
    assert "<img" not in document
    assert html.escape(HOSTILE, quote=False) in document.replace("&#39;", "'")
    assert "49" not in words_of(document).partition("alert(1)")[2][:20]


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\u80ba\u708e", "U+708E"),  # Chinese
        ("\U0001fac1", "U+1FAC1"),  # a picture of lungs
        ("\u0e01", "U+0E01"),  # Thai
        ("\u05d3\u05dc", "U+05D3"),  # Hebrew
        ("a\u202eb", "U+202E"),  # turns what follows from right to left
    ],
)
def test_chinese_hebrew_and_emoji_without_a_font_are_named(
    name: str, told: str, make: Callable[[str], RunFolder]
) -> None:
    context = report_context(make(name))
    with pytest.raises(BadInputError, match=re.escape(told)):
        report_page(context, gallery(context))


@pytest.mark.fault(35)
@pytest.mark.parametrize("name", ["Pneumonía aiguë, ≥ 2 Å", "Πνευμονία", "Пневмония", "التهاب الرئة"])
def test_latin_greek_cyrillic_and_arabic_are_there(name: str, make: Callable[[str], RunFolder]) -> None:
    context = report_context(make(name))
    assert name in report_page(context, gallery(context))


@pytest.mark.fault(34)
def test_an_undefined_template_variable_fails_the_render() -> None:
    with pytest.raises(UndefinedError, match="'absent' is undefined"):
        environment().from_string("{{ absent }}").render()


@pytest.mark.fault(31)
def test_everything_is_escaped_and_nothing_rendered_twice() -> None:
    assert environment().from_string("{{ it }}").render(it="<b>{{ 7*7 }}") == "&lt;b&gt;{{ 7*7 }}"


def test_the_document_needs_nothing_else(page_of: Callable[[str], str]) -> None:
    document = page_of("passing")
    assert not re.findall(r'(?:src|href)="(?!#)', document)
    assert not re.findall(r"url\((?!data:|#)", document)
