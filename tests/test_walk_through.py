"""The auditor's walk-through is done as written: from the wheel, the bundle and the public key alone.

Every command of docs/guides/audit.md runs in one shell, in the page's order, in a folder that holds these three and
with a new home; what each prints is held against what the page says it prints. ``...`` there stands for anything.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from protocols.cohorts.phantom import generate as phantom
from protocols.progress import silent
from tests.clean_environment import build_wheel
from tests.cxr510k.commands.test_run import PROTOCOL

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "audit.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
END = "--- end of a command ---"


@dataclass(frozen=True)
class Step:
    """A command as one types it, and what the page says that it prints."""

    command: str
    printed: str


def steps(page: str) -> Iterator[Step]:
    """The commands of all console blocks: a line after ``$ ``, with the lines that a backslash joins to it."""
    for block in BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            length = 1 + next(place for place, line in enumerate(lines) if not line.endswith("\\"))
            yield Step("\n".join(lines[:length]), "\n".join(lines[length:]))


def pattern(printed: str) -> str:
    """What the page says as a regular expression; a line of ``...`` alone stands for any number of lines."""
    return re.escape(printed).replace(re.escape("..."), "(?:.|\n)*?")


def without_colour(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the auditor has, and nothing else: the bundle of a small phantom, its key, the wheel."""
    maker, desk = tmp_path_factory.mktemp("maker"), tmp_path_factory.mktemp("auditor")
    cohort = maker / "cohort"
    cohort.mkdir()
    phantom.generate(cohort, seed=510, patients=40, workers=2, progress=partial(silent, "phantoms"))
    (cohort / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    for command in (
        ["run", cohort / "protocol.toml", "--cohort", cohort, "--out", maker / "run"],
        ["keygen", "--out", maker / "keys"],
        ["bundle", maker / "run", "--out", desk / "bundle", "--key", maker / "keys" / "private.pem"],
    ):
        program = [sys.executable, "-c", "from cxr510k.main import main; main()", *map(str, command)]
        ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
    (maker / "keys" / "public.pem").rename(desk / "public.pem")
    build_wheel(desk)
    return desk


@pytest.mark.slow
@pytest.mark.fault(37, 38, 41, 42, 44)
def test_the_walk_through_as_written(auditor: Path, tmp_path: Path) -> None:
    page = list(steps(PAGE.read_text(encoding="utf-8")))
    script = "".join(f'{step.command}\n__code=$?; echo "{END}"; (exit $__code)\n' for step in page)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    cache = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True
    ).stdout.strip()
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    ended = subprocess.run(
        ["bash"],
        input=script,
        cwd=auditor,
        env={
            **kept,
            "HOME": str(tmp_path),
            "PATH": f"{base}:{kept['PATH']}",
            "PIP_CACHE_DIR": cache,
            "COLUMNS": "120",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # progress
        text=True,
        check=False,
    )
    answers = ended.stdout.split(f"{END}\n")[:-1]
    assert len(answers) == len(page)
    told = [
        f"$ {step.command}\npromised:\n{step.printed}\nprinted:\n{answer}"
        for step, answer in zip(page, map(without_colour, answers), strict=True)
        if not re.fullmatch(pattern(step.printed.strip()), answer)
    ]
    assert told == []


def test_the_walk_through_ends_with_everything_reproduced_and_shows_tampering() -> None:
    """So that the page cannot pass by promising less."""
    page = list(steps(PAGE.read_text(encoding="utf-8")))
    last = [step.printed.splitlines()[-1] for step in page if step.command.startswith("cxr510k rerun")]
    assert "verified, level 1 identical, level 2 reproduced" in last
    codes = [step.printed for step in page if step.command == "echo $?"]
    assert codes.count("0") == 3
    assert codes.count("1") >= 9
