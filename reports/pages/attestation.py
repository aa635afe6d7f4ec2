"""An attestation -> one page for a person to read and sign: which levels were reached, who ran it, what differed.

Owns the selection that keeps it to one page: what does not fit is counted, and is in the attached attestation.json.
The content is `protocols.evidence.reproduction.attestation`. Its numbers pass the number check of the reports
(`check`): every one is from attestation.json or a count of its entries, and the PDF prints the page and nothing else.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from protocols.errors import SuiteError
from protocols.evidence.reproduction.attestation import JSON, Attestation
from reports.fonts.supplied import SuppliedFont, needed_fonts, supplied_fonts
from reports.language.formatting import moment
from reports.number_check.check import lint_page
from reports.number_check.evidence import LintEvidence
from reports.number_check.finding import NumbersDifferError
from reports.pages.environment import environment
from reports.pages.glyph_coverage import drawable, letters_of
from reports.pdf.page_text import printed_pages
from reports.pdf.render_pdf import Attached, lay_out
from reports.pdf.render_stack import require_libraries
from reports.provenance.source_marks import without_elements
from reports.provenance.sourced_numbers import marking, numbers_of, sourced

TEMPLATE = "attestation.html.j2"
LEVEL_NAMES = ("Intact", "From scores", "From weights", "From data")


@dataclass(frozen=True, slots=True)
class Room:
    """Most entries on the page: findings per level, differences of the environment, images in the guard band."""

    findings: int
    environment: int
    band: int


ROOMS = (
    Room(3, 9, 12),
    Room(2, 8, 8),
    Room(2, 4, 8),
    Room(1, 6, 6),
    Room(1, 3, 4),
    Room(0, 2, 2),
    Room(0, 0, 0),
)
LONGEST_TEXT = 150
LONGEST = {"words": 96, **dict.fromkeys(("name", "role", "id", "host", "protocol_id"), 72)}
_NUMBER_CUT_SHORT = re.compile(r"[\d.,]+$")


@dataclass(frozen=True, slots=True)
class Shown:
    """The first entries of a list, and how many are not shown."""

    entries: Sequence[Any]
    more: int


def render_attestation(attestation: Attestation, *, fonts: Sequence[Path] = ()) -> bytes:
    """Render the PDF, with attestation.json attached.

    Args:
        attestation: the content.
        fonts: font files for letters of names that no bundled font has.

    Raises:
        NotPossibleHereError: a system library is missing; the message has the command that installs it.
        BadInputError: it has a character that no bundled or given font has.
        SuiteError: it does not fit one page, or a number of it cannot be traced to attestation.json.
    """
    require_libraries()
    supplied = supplied_fonts(fonts)
    content = attestation.to_json()
    attached = [Attached(JSON, "All that this page attests", content.encode("utf-8"))]
    date = moment(attestation.ran.ts_utc)
    for room in ROOMS:
        with marking():
            html = attestation_page(content, room, fonts=supplied)
        needed = needed_fonts(letters_of(html), supplied)
        pdf = lay_out(without_elements(html), date=date, attached=attached, fonts=needed)
        if len(printed_pages(pdf)) == 1:
            findings = lint_page(pdf, html, _evidence(json.loads(content)))
            if findings:
                raise NumbersDifferError(findings)
            return pdf
    raise SuiteError("The attestation does not fit one page; shorten --by and --role.")


def attestation_page(content: str, room: Room, *, fonts: Sequence[SuppliedFont] = ()) -> str:
    """Write the page as one self-contained HTML document.

    Args:
        content: attestation.json.
        room: how many entries of its lists it shows.
        fonts: supplied by the user.

    Raises:
        BadInputError: a character of it is in no bundled font and in none of ``fonts``.
    """
    attested = sourced(_shortened(json.loads(content)), JSON)
    band = attested["guard_band"]

    def written(css: str) -> str:
        return (
            environment()
            .get_template(TEMPLATE)
            .render(
                a=attested,
                day=moment(attested["ran"]["ts_utc"]),
                levels=[_level(level, room) for level in attested["levels"]],
                independent=_findings(attested["independent"] or [], room),
                environment=_shown(attested["environment"], room.environment),
                band=_shown(band["image_id"], room.band) if band else None,
                font_face_css=Markup(css),
            )
        )

    return drawable(written, {JSON: json.loads(content)}, fonts)


def _shortened(value: Any, longest: int = LONGEST_TEXT) -> Any:
    """Shorten every long text, between words and never within a number."""
    if isinstance(value, str):
        if len(value) <= longest:
            return value
        words, space, _ = value[:longest].rpartition(" ")
        return f"{words if space else _NUMBER_CUT_SHORT.sub('', value[:longest])}…"
    if isinstance(value, dict):
        return {name: _shortened(one, LONGEST.get(name, LONGEST_TEXT)) for name, one in value.items()}
    return [_shortened(one, longest) for one in value] if isinstance(value, list) else value


def _level(level: Mapping[str, Any], room: Room) -> Mapping[str, Any]:
    return {**level, "name": LEVEL_NAMES[level["level"]], "shown": _findings(level["findings"], room)}


def _findings(findings: Sequence[Mapping[str, Any]], room: Room) -> Shown:
    """Group findings of the same words, differences first."""
    by_words: dict[tuple[bool, str], list[str]] = {}
    for finding in sorted(findings, key=lambda finding: finding["reproduced"]):
        by_words.setdefault((finding["reproduced"], finding["words"]), []).append(finding["what"])
    groups = list(by_words.items())[: room.findings]
    lines = [
        {"what": ", ".join(dict.fromkeys(what)), "reproduced": reproduced, "words": words}
        for (reproduced, words), what in groups
    ]
    return Shown(lines, len(findings) - sum(len(what) for _, what in groups))


def _shown(entries: Sequence[Any], room: int) -> Shown:
    return Shown(entries[:room], max(len(entries) - room, 0))


def _evidence(attested: Mapping[str, Any]) -> LintEvidence:
    """Return the permitted sources of numbers: attestation.json, and the counts of its list entries, shown or not."""
    texts = frozenset(_texts(attested))
    lists = [*(level["findings"] for level in attested["levels"]), attested["independent"] or []]
    lists += [attested["environment"], (attested["guard_band"] or {}).get("image_id", [])]
    longest = max(map(len, lists))
    return LintEvidence(numbers_of(attested, JSON), attested, texts, frozenset(range(longest + 1)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
