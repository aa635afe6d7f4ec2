"""The documentation is executed: help, examples, links, doctests, protocols and the keys of results.json."""

import dataclasses
import doctest
import importlib
import re
import shlex
import subprocess
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from cxr510k.main import app
from protocols.schema.load import parse_protocol
from validation.results.results import Results

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
VERBS = {
    "Check",
    "Lock",
    "Show",
    "Do",
    "Make",
    "Measure",
    "Render",
    "Repeat",
    "Say",
    "Score",
    "Take",
    "Train",
}
DOCUMENTED_MODULES = [
    path
    for room in ("protocols", "validation", "reports", "cxr510k")
    for path in sorted((ROOT / room).rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


def commands(group: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below a group, by the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def parse(line: str) -> None:
    """Parse one command line as the suite would, without running it."""
    program, *words = shlex.split(line, comments=True)
    assert program == "cxr510k"
    names = next(names for names in COMMANDS if tuple(words[: len(names)]) == names)
    COMMANDS[names].make_context(" ".join(names), words[len(names) :])


def lines_of_pages() -> list[tuple[str, str]]:
    """Every command line in a code block, with the name of its page; a backslash joins lines."""
    return [
        (path.name, line.strip())
        for path, text in TEXTS.items()
        for line in text.replace("\\\n", " ").splitlines()
        if line.startswith("    cxr510k ") and not line.strip().startswith("cxr510k --")
    ]


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_help_begins_with_a_verb_and_ends_with_an_example_that_parses(names: tuple[str, ...]) -> None:
    text = COMMANDS[names].help
    last = text.splitlines()[-1]
    assert text.split()[0] in VERBS
    assert last.startswith(f"Example: cxr510k {' '.join(names)} ".rstrip())
    parse(last.removeprefix("Example: "))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_is_in_the_documentation(names: tuple[str, ...]) -> None:
    mention = re.compile(rf"(`|cxr510k |cohort |ledger ){names[-1]}\b")
    assert any(mention.search(text) for text in TEXTS.values())


@pytest.mark.parametrize(("page", "line"), lines_of_pages())
def test_every_command_line_of_the_documentation_parses(page: str, line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", [line for page, line in lines_of_pages() if page == "README.md"])
def test_what_readme_makes_is_nothing_for_git(line: str) -> None:
    """A private key, evidence or a cohort must not enter a repository by `git add .` after README's commands."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    made = [f"{name}/file" for name in re.findall(r"--(?:out|attest) (\S+)", line)]
    made += re.findall(r"--receipt (\S+)", line)
    made += [path.replace("/file", ".tar") for path in made if "--tar" in line]
    made += [path.replace("file", "private.pem") for path in made if " keygen " in line]
    made += ["ledger.jsonl"] if " lock " in line else []
    asked = ["git", "check-ignore", "--stdin"]
    told = subprocess.run(asked, cwd=ROOT, input="\n".join(made), capture_output=True, text=True, check=False)
    assert told.stdout.split() == made


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", TEXTS[page])
    links = ["".join(target).partition("#")[0] for target in targets]
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links use them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_anchor_of_a_link_is_a_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s:#]*)#([^)\s]+)\)", TEXTS[page])
    wrong = [(to, anchor) for to, anchor in links if anchor not in anchors(page.parent / to if to else page)]
    assert not wrong


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_has_at_most_1500_words(page: Path) -> None:
    assert len(TEXTS[page].split()) <= 1_500


@pytest.mark.parametrize("record", sorted(DOCS.glob("decisions/*.md")), ids=lambda path: path.name[:4])
def test_a_decision_has_under_40_lines(record: Path) -> None:
    assert len(TEXTS[record].splitlines()) < 40


def test_readme_has_at_most_90_lines() -> None:
    assert len(TEXTS[ROOT / "README.md"].splitlines()) <= 90


def test_the_index_links_every_page() -> None:
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", TEXTS[DOCS / "index.md"])}
    pages = set(DOCS.rglob("*.md")) - {DOCS / "index.md"}
    assert sorted(str(page.relative_to(DOCS)) for page in pages - linked) == []


@pytest.mark.parametrize("path", DOCUMENTED_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_doctests_run(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_protocols_in_the_documentation_are_valid(page: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", TEXTS[page], re.DOTALL | re.MULTILINE):
        if "schema =" in block:
            parse_protocol(block.encode(), source=page.name)


def keys_of(kind: type) -> Iterator[str]:
    """Every key that a type of the results writes, also within lists."""
    for name, annotation in typing.get_type_hints(kind).items():
        yield name
        arms = [annotation, *typing.get_args(annotation)]
        if typing.get_origin(annotation) is not Mapping:
            yield from (key for arm in arms if dataclasses.is_dataclass(arm) for key in keys_of(arm))


def test_every_key_of_results_is_documented() -> None:
    pages = [text for path, text in TEXTS.items() if path.match("docs/reference/results*.md")]
    documented = {name for text in pages for name in re.findall(r"`([^`]+)`", text)}
    assert sorted(set(keys_of(Results)) - documented) == []
