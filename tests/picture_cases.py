"""The cases of ../shared/cases that concern pictures, run through the command line and judged.

Scores are compared within a case, never with a number: they depend on the machine that trained the model.
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEAR = 0.001  # scores of one picture, decoded rightly in two ways
Judge = Callable[[Path, Path], tuple[str, bool]]


@dataclass(frozen=True)
class Scored:
    """What the commands printed, and rows by patient or image: of the studies, and of the predictions."""

    printed: str
    studies: dict[str, dict[str, str]]
    rows: dict[str, dict[str, str]]
    tables: bytes

    def status(self, status: str) -> set[str]:
        return {name for name, row in self.rows.items() if row["status"] == status}

    def near(self, *names: str) -> bool:
        scores = [float(self.rows[name]["score"] or "nan") for name in names]
        return max(scores) - min(scores) <= NEAR

    def __str__(self) -> str:
        rows = sorted(self.rows.items())
        return "; ".join(
            f"{name} {row['score'] or row['status'] + ': ' + row['reason']}" for name, row in rows
        )


def scored(case: Path, model: Path) -> Scored:
    """The tables of a case's DICOM files, or the studies that it holds, scored."""
    with tempfile.TemporaryDirectory() as folder:
        cohort, out = Path(folder) / "c", Path(folder) / "p.csv"
        source = (
            ("table", case / "studies.csv") if (case / "studies.csv").exists() else ("dicom", case / "files")
        )
        printed = _printed("cohort", *source, "--out", cohort)
        printed += _printed("predict", "--model", model, "--studies", cohort / "studies.csv", "--out", out)
        studies = _rows(cohort / "studies.csv")
        by = "patient_id" if source[0] == "dicom" else "image_id"
        names = {row["image_id"]: f"{row[by]}{_again(studies, row)}" for row in studies}
        tables = b"".join(path.read_bytes() for path in cohort.iterdir())
        return Scored(
            printed,
            {names[row["image_id"]]: row for row in studies},
            {names[row["image_id"]]: row for row in _rows(out)},
            tables,
        )


def _again(studies: list[dict[str, str]], row: dict[str, str]) -> str:
    """A number where one patient has several images."""
    same = [one["image_id"] for one in studies if one["patient_id"] == row["patient_id"]]
    return f"#{same.index(row['image_id'])}" if len(same) > 1 else ""


def _printed(*arguments: object) -> str:
    words = [sys.executable, "-m", "cxr510k", *map(str, arguments)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _pictures(
    case: Path, model: Path, *, alike: tuple[str, ...], refused: tuple[str, ...] = (), status: str = "failed"
) -> tuple[str, bool]:
    """Names that begin so: these are one picture and scored alike, those are refused, and no other is scored."""
    ended = scored(case, model)
    one = [name for name in ended.rows if name.startswith(alike)]
    right = len(one) >= len(alike) and set(one) <= ended.status("ok") and ended.near(*one)
    others = {name for name in ended.rows if name.startswith(refused)} if refused else set()
    return str(ended), right and others <= ended.status(status) and len(others) >= len(refused)


def voi_lut(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    pairs = [[name for name in sorted(ended.rows) if name[0] in two] for two in ("BC", "DE")]
    return str(ended), all(len(pair) == 2 and ended.near(*pair) for pair in pairs)


def for_processing(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    right = ended.status("out_of_scope") == {"PT1#1", "PT2"} and ended.status("ok") == {"PT1#0"}
    return str(ended), right and "one exposure may stand twice" in ended.printed


def ages(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    found = {name[:2]: row["age_years"] for name, row in ended.studies.items()}
    expected = {
        "00": "55",
        "04": "63",
        "05": "63",
        "06": "45",
        "07": "62",
        "08": "90",
        "09": "55",
        "12": "1.5",
        "03": "",
    }
    right = all(found[name] == age for name, age in expected.items())
    return f"ages {found}", right and "000Y" in ended.printed and b"1960" not in ended.tables


def body_parts(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    outside = {name[:2] for name in ended.status("out_of_scope")}
    return str(ended), outside == {"08", "10", "11"} and len(ended.status("ok")) == 11


def raster_files(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    failed = {name.partition("-")[0] for name in ended.status("failed")}
    names = {name.partition("-")[0]: name for name in ended.rows}
    right = failed == set("cdefhijklm") | {"h2", "h3"} and ended.near(*(names[one] for one in "anopqu"))
    return str(ended), right and all(
        row["reason"] for row in ended.rows.values() if row["status"] == "failed"
    )


def other_systems_paths(case: Path, model: Path) -> tuple[str, bool]:
    ended = scored(case, model)
    told = "4 image paths differ from the names of their files" in " ".join(ended.printed.split())
    return str(ended), told and ended.status("ok") == set("abcdefgh") and ended.near(*"abcdefgh")


PICTURES: dict[str, Judge] = {
    "10-voi-lut-8-bit-entries": voi_lut,
    "11-bits-stored-too-small": partial(_pictures, alike=("A",), refused=("B", "C")),
    "12-side-marker-at-full-scale": partial(_pictures, alike=("A", "B", "C")),
    "14-view-code-sequence-only": partial(
        _pictures, alike=("A", "D"), refused=("B", "C"), status="out_of_scope"
    ),
    "15-for-processing-pair": for_processing,
    "16-ages-of-real-headers": ages,
    "17-body-part-words": body_parts,
    "36-bytes-after-the-end-of-a-jpeg": partial(_pictures, alike=tuple("ABDEFI"), refused=tuple("CGH")),
    "40-raster-files-as-found": raster_files,
    "41-windows-paths": other_systems_paths,
}
