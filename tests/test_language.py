"""Messages, docstrings and prose of the documentation use the field's terms; CONTRIBUTING has the glossary."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("protocols", "model", "validation", "reports", "cxr510k")
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
AVOIDED = {
    # phrase: the term of the field
    r"\bshares? of\b": "proportion of",
    r"\bpictures?\b": "image, or figure of the report",
    r"\bstands? twice\b": "duplicate",
    r"\bdoes? less well\b": "underperforming",
    r"\b(?:is|are|was|were) called (?:positive|negative)\b": "test positive, test negative",
    r"\b(?:tells?|told|telling)\b": "report, print, record, state",
    r"\b(?:nobody|whoever)\b": "who it is, or the passive",
    r"\bsealed (?:test )?sets?\b": "locked test set",
    r"\b(?:bootstrap|each|every|a|the) draws?\b": "bootstrap replicate, resample",
    r"\bdrawn patients\b": "resampled patients",
    r"\b(?:one|a|two) (?:row|read|score|line|entry|verdict)s? an? (?:image|patient|reader|finding)\b": "per image",
    r"\bholds? the truth\b": "coverage probability",
}
# A word is only avoided where it stands for another: these are the field's own.
MEANT = re.compile(r"\b(?:market|equal) shares?\b")


def phrases(text: str) -> list[str]:
    """Return what the glossary avoids in a text, outside code spans, quotations and links."""
    prose = re.sub(
        r"```.*?```|``[^`]*``|`[^`]*`|\]\([^)]*\)|\"[^\"\n]*\"|“[^”]*”", " ", text, flags=re.DOTALL
    )
    return [
        f"{found[0]!r} (use: {term})"
        for phrase, term in AVOIDED.items()
        for found in re.finditer(phrase, MEANT.sub(" ", prose), re.IGNORECASE)
    ]


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of a module, without doctests."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text:
                lines = [line for line in text.splitlines() if not re.match(r"\s*(>>>|\.\.\. )", line)]
                yield getattr(node, "lineno", 1), "\n".join(lines)


def messages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the sentences that a module raises or prints, without the values within."""
    for node in ast.walk(tree):
        calls = isinstance(node, ast.Call) and re.search(
            r"Error$|Parameter$|print|Option$|Argument$", called(node)
        )
        if calls:
            for part in ast.walk(node):
                if (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and " " in part.value.strip()
                ):
                    yield part.lineno, part.value


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_and_messages_use_the_fields_terms(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"line {line}: {phrase}"
        for line, text in (*docstrings(tree), *messages(tree))
        for phrase in phrases(text)
    ]
    assert found == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_use_the_fields_terms(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    indented = re.sub(r"^(?: {4}|\t).*$", "", text, flags=re.MULTILINE)
    glossary = re.sub(r"^## Glossary.*?(?=^## |\Z)", "", indented, flags=re.MULTILINE | re.DOTALL)
    assert phrases(glossary) == []


def test_a_phrase_is_found_in_prose_and_not_in_code() -> None:
    assert phrases('The share of positives, see `share of` and "a share of".') == [
        "'share of' (use: proportion of)"
    ]
