"""The page of an attestation: one page whatever it says, its JSON attached, every number from there."""

import io
import json
from dataclasses import replace

import pikepdf
import pytest

from protocols.errors import BadInputError
from protocols.evidence.reproduction.attestation import PROMISES, Attestation, AttestedLevel, Claimed, Subject
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.verification.environment_check import EnvironmentRow
from protocols.finding import ReproductionFinding
from protocols.ledger.chain import Actor, Stamp
from reports.number_check.finding import NumbersDifferError
from reports.pages.attestation import ROOMS, attestation_page, render_attestation
from reports.pdf.read_pdf import PrintedPdf
from reports.pdf.render_stack import missing_libraries

pytestmark = pytest.mark.skipif(bool(missing_libraries()), reason="needs the libraries of `doctor`")

IDENTICAL = tuple(
    ReproductionFinding(name, True, "identical to the byte") for name in ("results.json", "line_listing.csv")
)
SCORES = ReproductionFinding(
    "scores", False, "i013 recorded 0.123456, recomputed 0.123477, the largest of 2 differences"
)
LEVELS = (
    AttestedLevel(
        0,
        PROMISES[0],
        True,
        True,
        "verified",
        (ReproductionFinding("payload", True, "1,204 files are as listed"),),
    ),
    AttestedLevel(1, PROMISES[1], True, True, "identical", IDENTICAL),
    AttestedLevel(
        2, PROMISES[2], True, True, "reproduced", (ReproductionFinding("decisions", True, "none flipped"),)
    ),
    AttestedLevel(3, PROMISES[3], False, False, None, ()),
)
PLAIN = Attestation(
    subject=Subject(
        "bundle",
        "phantom.tar",
        "ab" * 32,
        "cd" * 32,
        "ef" * 32,
        Claimed("phantom", 1, "0a" * 32, "exploratory", "pass"),
    ),
    levels=LEVELS,
    independent=None,
    verdict="verified, level 1 identical, level 2 reproduced",
    reproduced=True,
    first_difference=None,
    guard_band=GuardBand(1e-5, 600, ()),
    environment=(EnvironmentRow("numpy", "2.4.6", "2.3.0"),),
    ran=Stamp(
        "2026-11-21T20:04:00Z",
        1,
        Actor("Ada Example", "ada", "external auditor"),
        "laptop-7",
        {"cxr510k": "0.1.0", "source_sha256": "77" * 32},
    ),
    machine={"platform": "Linux-6.1.0-x86_64", "python": "3.11.7"},
)
LONG = replace(
    PLAIN,
    subject=replace(
        PLAIN.subject, name="a-long-name-" * 20, claimed=Claimed("id-" * 60, 1, "0a" * 32, "exploratory", "fail")
    ),
    levels=tuple(
        replace(level, outcome="not reproduced", reached=False, findings=(SCORES, *IDENTICAL) * 40)
        for level in LEVELS
    ),
    independent=(SCORES,) * 40,
    verdict="not verified, level 1 not reproduced, level 2 not reproduced, not reproduced independently",
    reproduced=False,
    first_difference="scores: " + SCORES.words * 5,
    guard_band=GuardBand(1e-5, 5366, tuple(f"image-{number:05}" for number in range(300))),
    environment=tuple(EnvironmentRow(f"part {number}", "1.0 " * 30, "1.1 " * 30) for number in range(60)),
    ran=replace(PLAIN.ran, actor=Actor("Maria Theodora " * 12, "account" * 20, "auditor of " * 20)),
)  # fmt: skip


def words_of(pdf: bytes) -> str:
    return " ".join(PrintedPdf(pdf).text.split())


def test_it_says_verdict_levels_who_and_what_is_not_attested() -> None:
    pdf = render_attestation(PLAIN)
    words = words_of(pdf)
    for told in (
        "Verified, level 1 identical, level 2 reproduced",
        "21 November 2026, 20:04 UTC",
        "Ada Example, external auditor",
        "0 of 600 scores lie so near the threshold",
        "numpy 2.4.6 2.3.0",
        "what is reproduced is not thereby correct",
        "Nothing here says that the FDA or anyone else has accepted or cleared anything",
        "Signature of Ada Example",
        "Page 1 of 1",
    ):
        assert told in words
    assert "ab" * 32 in words.replace(" ", "")
    assert PrintedPdf(pdf).attachments == {"attestation.json": PLAIN.to_json().encode("utf-8")}


def test_a_rerun_that_differs_says_so() -> None:
    level = replace(LEVELS[2], reached=False, outcome="not reproduced", findings=(SCORES,))
    words = words_of(
        render_attestation(
            replace(
                PLAIN,
                levels=(*LEVELS[:2], level, LEVELS[3]),
                verdict="verified, level 1 identical, level 2 not reproduced",
                reproduced=False,
                first_difference=f"scores: {SCORES.words}",
            )
        )
    )
    assert "First difference: scores: i013 recorded 0.123456, recomputed 0.123477" in words
    assert "No difference" not in words


@pytest.mark.slow
def test_the_same_attestation_makes_the_same_bytes_against_itself() -> None:
    assert render_attestation(PLAIN) == render_attestation(PLAIN)


@pytest.mark.slow
def test_however_much_there_is_to_say_it_stays_one_page_and_counts_the_rest() -> None:
    pdf = render_attestation(LONG)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert len(document.pages) == 1
    assert "more, in the JSON" in words_of(pdf) or "parts, in the JSON" in words_of(pdf)
    assert json.loads(PrintedPdf(pdf).attachments["attestation.json"])["environment"][59]["name"] == "part 59"


def test_evidence_that_is_not_intact_needs_no_results() -> None:
    nothing = replace(PLAIN.subject, attestation_sha256=None, results_sha256=None, claimed=None)
    level = AttestedLevel(
        0, PROMISES[0], True, False, "not verified", (ReproductionFinding("signature", False, "is missing"),)
    )
    told = replace(
        PLAIN,
        subject=nothing,
        levels=(level, *(replace(one, outcome=None, reached=False, findings=()) for one in LEVELS[1:])),
        verdict="not verified",
        reproduced=False,
        first_difference="signature: is missing",
        guard_band=None,
        environment=(),
    )
    words = words_of(render_attestation(told))
    for said in ("Not verified", "signature: is missing", "not reached", "Nothing was recomputed."):
        assert said in words


def test_a_name_is_text_and_no_markup() -> None:
    hostile = Actor("<b>{{ 7 * 7 }}</b>", "ada", "auditor")
    html = attestation_page(replace(PLAIN, ran=replace(PLAIN.ran, actor=hostile)).to_json(), ROOMS[0])
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in html


def test_a_letter_without_a_font_is_named() -> None:
    actor = Actor("山田", "ada", "auditor")
    with pytest.raises(BadInputError, match=r"attestation\.json: ran\.actor\.name"):
        render_attestation(replace(PLAIN, ran=replace(PLAIN.ran, actor=actor)))


def test_a_number_that_is_not_of_the_json_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "reports.pages.attestation.LEVEL_NAMES", ("Intact", "1.234", "From weights", "From data")
    )
    with pytest.raises(NumbersDifferError, match=r"1\.234"):
        render_attestation(PLAIN)
