"""A folder or a module of the user's that bears the name of one of the suite's packages: a sentence, and exit 3."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [["--help"], ["doctor"], ["cohort", "table", "--help"], ["verify", "run"]]
NAMES = ["model.py", "reports/__init__.py", "validation.py", "protocols/__init__.py"]


def start(
    arguments: list[str], *, on_path: str | None = None, folder: Path
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if on_path is not None:
        environment["PYTHONPATH"] = on_path
    return subprocess.run(
        [sys.executable, "-m", "cxr510k", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def stranger(folder: Path, name: str) -> Path:
    """A module of the user's that must not even be loaded."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("raise SystemExit('the wrong module was loaded')\n", encoding="utf-8")
    return path


def refused(ended: subprocess.CompletedProcess[str], path: Path) -> None:
    name = path.parent.name if path.name == "__init__.py" else path.stem
    assert (ended.returncode, ended.stdout) == (3, ""), ended
    assert ended.stderr.startswith(f"cxr510k: Python finds {path} where cxr510k's own ")
    assert f"take what is named {name!r} out of PYTHONPATH" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_command_names_what_shadows_it(arguments: list[str], tmp_path: Path) -> None:
    path = stranger(tmp_path / "elsewhere", "reports/__init__.py")
    refused(start(arguments, on_path=str(tmp_path / "elsewhere"), folder=tmp_path), path)


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_guarded_in_the_folder_that_python_starts_from(name: str, tmp_path: Path) -> None:
    path = stranger(tmp_path, name)
    refused(start(["--help"], folder=tmp_path), path)


@pytest.mark.parametrize("name", ["model/notes.txt", "reports_of_2024.py", "tests/__init__.py"])
def test_what_shadows_nothing_is_no_fault(name: str, tmp_path: Path) -> None:
    stranger(tmp_path, name)
    assert start(["--help"], on_path=str(tmp_path), folder=tmp_path).returncode == 0
