"""The sponsor's words stand where they belong, each once asked for and never mistaken for a measurement."""

import hashlib
import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.schema.submission import Submission
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.content.sponsor.missing_statements import RISK, missing_statements
from reports.content.sponsor.submission import IDENTITY, PLACES, TABLES, identity, statements
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from tests.reports.conftest import PROTOCOLS, make_run

KEYS = tuple(Submission.model_fields)
TEXTS = tuple(key for key in KEYS if key not in TABLES)
# Beside the section of its place.
ALSO: dict[str, set[str]] = {
    "sponsor": {"cover"},
    "device_name": {"cover", "device"},
    "device_version": {"cover", "device"},
    "document_number": {"cover", "signatures"},
}
OTHER_TABLES = """
[submission.predicate]
name = "predicateanswered"
number = "predicatenumber"
comparison = "predicatecomparison"
[[submission.signatories]]
name = "signatoriesanswered"
role = "signing role"
meaning = "signing meaning"
[[risk]]
id = "R1"
hazard = "hazardous"
situation = "situated"
measure = "measured"
criterion = "SE"
[[risk]]
id = "R2"
hazard = "another"
situation = "elsewhere"
measure = "spread"
criterion = "SE-SEX"
"""


def word(key: str) -> str:
    """A word that stands for the answer to one key and is part of no other."""
    return f"{key.replace('_', '')}answered"


def answered() -> str:
    """``[submission]`` and ``[[risk]]`` with every key."""
    return "\n".join(["[submission]", *(f"{key} = {json.dumps(word(key))}" for key in TEXTS), OTHER_TABLES])


def with_words(run: RunFolder, root: Path, words: str) -> RunFolder:
    """A copy of a run whose protocol says more, and whose results name that protocol."""
    shutil.copytree(run.root, root)
    made = RunFolder(root)
    old = hashlib.sha256(made.protocol.read_bytes()).hexdigest()
    made.protocol.write_text(made.protocol.read_text(encoding="utf-8") + words, encoding="utf-8")
    new = hashlib.sha256(made.protocol.read_bytes()).hexdigest()
    made.results.write_text(made.results.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def filled(run_of: Callable[[str], RunFolder], tmp_path_factory: pytest.TempPathFactory) -> ReportContext:
    root = tmp_path_factory.mktemp("filled") / "run"
    return report_context(with_words(run_of("passing"), root, answered()))


@pytest.fixture(scope="module")
def document(filled: ReportContext) -> str:
    return report_page(filled, gallery(filled))


def parts(document: str) -> dict[str, str]:
    """Section -> its text; ``cover`` is the cover. Appendices list what stands elsewhere and are left out."""
    cover = re.search(r'<header class="cover[^"]*">.*?</header>', document, re.DOTALL)
    assert cover
    pieces = re.split(r'<section class="section" id="(\w+)">', document)
    by_id = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    kept = {id_: text for id_, text in by_id.items() if not id_.startswith("appendix")}
    return {
        id_: html.unescape(re.sub(r"<[^>]+>", " ", text)) for id_, text in {"cover": cover[0], **kept}.items()
    }


def test_every_key_has_its_place_or_is_the_number() -> None:
    assert sorted([place.key for place in PLACES] + ["document_number"]) == sorted(KEYS)


def test_every_key_stands_exactly_where_it_belongs(document: str) -> None:
    found = {key: {id_ for id_, text in parts(document).items() if word(key) in text} for key in KEYS}
    sections = {place.key: {place.section} for place in PLACES} | {"predicate": {"predicate"}}
    assert found == {key: sections.get(key, set()) | ALSO.get(key, set()) for key in KEYS}


def test_an_exploratory_report_without_gaps_is_a_draft_still(filled: ReportContext, document: str) -> None:
    assert filled.missing_statements == ()
    assert filled.document.stamps == ("EXPLORATORY", "DRAFT")
    assert 'class="gap"' not in document
    assert "none was reviewed, and the protocol is exploratory; to be signed in" in " ".join(
        parts(document)["cover"].split()
    )


@pytest.mark.parametrize("key", [*(key for key in KEYS if key != "document_number"), RISK.key])
def test_one_key_left_out_is_one_gap_in_its_section(key: str, filled: ReportContext) -> None:
    empty = () if key in ("risk", "signatories") else None
    submission = filled.protocol.submission
    protocol = (
        filled.protocol.model_copy(update={"risk": empty})
        if key == RISK.key
        else filled.protocol.model_copy(update={"submission": submission.model_copy(update={key: empty})})
    )
    place = next(place for place in (*PLACES, RISK) if place.key == key)
    assert [(one.key, one.section) for one in missing_statements(filled.results, protocol, None)] == [
        (key, place.section)
    ]


@pytest.mark.parametrize("name", ["passing", "text-mined", "confirmatory"])
def test_every_gap_stands_in_its_section_and_on_the_list(
    name: str, context_of: Callable[[str], ReportContext], page_of: Callable[[str], str]
) -> None:
    text = parts(page_of(name))
    flat = {id_: " ".join(one.split()) for id_, one in text.items()}
    for gap in context_of(name).missing_statements:
        assert gap.asked in flat[gap.section]
        assert gap.subject in flat["limitations"]


def test_what_the_sponsor_says_is_marked_as_such(document: str) -> None:
    for place in PLACES:
        if place.key not in (*IDENTITY, *TABLES):
            before = document.partition(word(place.key))[0].rpartition("<section")[2]
            assert "Nothing in them was measured or checked." in before


def test_lines_of_an_answer_and_its_signs_are_kept_as_text(
    run_of: Callable[[str], RunFolder], tmp_path: Path
) -> None:
    words = '[submission]\nlimitations = "First <b>line</b>.\\nSecond {{ 7*7 }} line."\n'
    context = report_context(with_words(run_of("passing"), tmp_path / "run", words))
    assert "First &lt;b&gt;line&lt;/b&gt;.\nSecond" in re.sub(
        r"</?data[^>]*>", "", report_page(context, gallery(context))
    )


def test_the_signature_page_names_the_hash_and_leaves_the_rest_blank(
    document: str, filled: ReportContext
) -> None:
    text = document.partition('id="signatures"')[2].partition("</section>")[0]
    assert filled.document.results_sha256 in re.sub(r"</?data[^>]*>", "", text)
    row = next(row for row in re.findall(r"<tr>.*?</tr>", text, re.DOTALL) if "signatoriesanswered" in row)
    assert re.findall(r"<td>(.*?)</td>", row) == ["signing role", "signing meaning", "", ""]
    assert "Nothing here is an electronic signature" in text


def test_part_11_is_supported_and_never_claimed(document: str) -> None:
    said = [sentence for sentence in re.split(r"[.>]", document) if "Part 11" in sentence]
    assert len(said) == 1
    assert "It supports records under 21 CFR Part 11; who a person is, who has access" in said[0]


@pytest.mark.parametrize(
    ("claim", "there", "not_there"),
    [
        ("triage", "Time to notification", "Where the finding lies"),
        ("detection", "Where the finding lies", "Time to notification"),
        ("detection_diagnosis", "Whether the score is a probability", "Time to notification"),
    ],
)
def test_a_claim_has_its_own_endpoints(claim: str, there: str, not_there: str, tmp_path: Path) -> None:
    head = PROTOCOLS["passing"].replace('type = "detection"', f'type = "{claim}"')
    context = report_context(make_run(tmp_path, head))
    text = parts(report_page(context, gallery(context)))
    assert there in text["scope"]
    assert not_there not in text["scope"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("passing", "the verdict is pass : all 2 acceptance criteria are met."),
        ("failing", "the verdict is fail : of 3 acceptance criteria, not met: SP."),
        ("every row insufficient", "none failed, and inconclusive: SE and AUC."),
        (
            "without criteria and subgroups",
            "the verdict is none : the protocol sets no acceptance criterion.",
        ),
        ("passing", "The protocol is exploratory, so the verdict supports no claim."),
    ],
)
def test_the_conclusion_says_the_verdict_alone(
    name: str, sentence: str, page_of: Callable[[str], str]
) -> None:
    text = " ".join(parts(page_of(name))["conclusion"].split())
    assert sentence in text


def test_statements_and_identity_share_no_key() -> None:
    everything = Submission.model_validate({key: word(key) for key in TEXTS})
    told, named = ([one.key for one in found(everything)] for found in (statements, identity))
    assert sorted([*told, *named, "document_number"]) == sorted(TEXTS)
    assert statements(Submission()) == identity(Submission()) == ()
