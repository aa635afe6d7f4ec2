"""Environments that hold the suite as an auditor installs it: from a wheel, outside the checkout.

Owns how the wheel is built and how an environment is made of a wheel and a list of locked packages. The machine's own
settings of pip say where packages come from; a machine that can reach none cannot run these tests, and says so.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build_wheel(folder: Path) -> Path:
    """Build the checkout's wheel into a folder; the wheel."""
    _do(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (wheel,) = folder.glob("cxr510k-*.whl")
    return wheel


def environment_of(folder: Path, requirements: Path, wheel: Path) -> Path:
    """Make a virtual environment of exactly these packages and the wheel; the folder of its programs.

    Args:
        folder: of the environment; absent.
        requirements: packages with versions and hashes.
        wheel: of the suite.
    """
    _do(sys.executable, "-m", "venv", folder)
    programs = folder / "bin"
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "--no-compile"]
    _do(*pip, "--require-hashes", "--requirement", requirements)
    _do(*pip, "--no-deps", "--no-index", wheel)
    return programs


def _do(*command: object) -> None:
    """Run a program in the checkout, without what the tests' own environment says of Python."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, (
        f"{' '.join(map(str, command))} ended with {ended.returncode}:\n{ended.stdout}"
    )
