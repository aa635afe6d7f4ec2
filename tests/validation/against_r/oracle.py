"""Numbers of R: computed now where it is installed, and recorded for where it is not.

``python -m tests.validation.against_r.oracle`` records them anew in recorded.json, with the versions of R and of its
packages; on Debian ``apt-get install r-base-core r-cran-survey r-cran-proc r-cran-geepack`` installs what it needs.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.validation.against_r.made_studies import Images, made_studies, write_arguments

SCRIPT = Path(__file__).with_name("oracle.R")
RECORDED = Path(__file__).with_name("recorded.json")
PACKAGES = ("survey", "pROC", "geepack")
BASE_R = "base R"
Numbers = Mapping[str, Mapping[str, float]]  # study, or BASE_R: quantity: value


def missing() -> str | None:
    """Why R cannot be asked, in words; None where it can."""
    if shutil.which("Rscript") is None:
        return "needs Rscript, which is not installed"
    loaded = [f'requireNamespace("{name}", quietly = TRUE)' for name in PACKAGES]
    asked = ["Rscript", "-e", f"cat({', '.join(loaded)})"]
    there = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    absent = [name for name, found in zip(PACKAGES, there, strict=True) if found != "TRUE"]
    return f"needs R's packages {', '.join(absent)}" if absent else None


def ask(
    studies: Mapping[str, Images], *, arguments: bool, folder: Path
) -> tuple[Mapping[str, str], dict[str, dict[str, float]]]:
    """Let R compute its numbers.

    Args:
        studies: by name.
        arguments: whether also functions of base R, of the arguments in `made_studies`.
        folder: empty; takes the tables.

    Returns:
        The versions of R and its packages, and the numbers.
    """
    (folder / "studies").mkdir()
    for name, study in studies.items():
        study.write(folder / "studies" / f"{name}.csv")
    if arguments:
        (folder / "arguments").mkdir()
        write_arguments(folder / "arguments")
    ended = subprocess.run(
        ["Rscript", "--vanilla", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    lines = [line.split("\t") for line in ended.stdout.splitlines()]
    versions = {name: value for table, name, value in lines if table == "versions"}
    numbers: dict[str, dict[str, float]] = {}
    for table, name, value in lines:
        if table != "versions":
            numbers.setdefault(table, {})[name] = float(value)
    return versions, numbers


def recorded() -> Numbers:
    """The recorded numbers."""
    found: Numbers = json.loads(RECORDED.read_text(encoding="utf-8"))["numbers"]
    return found


def main() -> None:
    """Record."""
    with tempfile.TemporaryDirectory() as folder:
        versions, numbers = ask(made_studies(), arguments=True, folder=Path(folder))
    # Without the last bits, which differ from one machine to the next.
    shortened = {
        table: {name: float(f"{value:.12g}") for name, value in rows.items()}
        for table, rows in numbers.items()
    }
    document = json.dumps({"versions": versions, "numbers": shortened}, indent=1, sort_keys=True)
    RECORDED.write_text(document + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
