"""Level 1 on other machines: whatever the processor, time zone, locale or folder, the same bytes.

Another machine is imitated by what the libraries let one switch off. Every case asks the process itself whether the
setting took effect, so that a variable which nobody reads cannot pass. What was measured: docs/evidence/machines.md.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tests.clean_environment import build_wheel, environment_of
from tests.machines.whole_study import WholeStudy, write_whole_study

ROOT = Path(__file__).parents[1]
MACHINE = ROOT / "tests" / "machines" / "machine.py"
OTHER_NUMPY = ROOT / "tests" / "machines" / "other-numpy.txt"
COMPARED = ("results.json", "line_listing.csv")
X86 = platform.machine() == "x86_64"
DISPATCHED = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
Facts = Mapping[str, Any]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Machine:
    """How a process is started, and by which of its facts one sees that it is the machine that was meant."""

    name: str
    variables: Mapping[str, str | None] = field(default_factory=dict)  # None: not there at all
    told: Mapping[str, object] = field(default_factory=dict)  # fact -> what it must be there
    differs: tuple[str, ...] = ()  # facts that must be others than here
    flags: tuple[str, ...] = ()
    umask: int = -1
    folder: str = ""
    possible: bool = True

    def seen(self, there: Facts, here: Facts) -> bool:
        """Whether every setting took effect."""
        as_told = all(there[name] == value for name, value in self.told.items())
        return as_told and all(there[name] != here[name] for name in self.differs)


def without(count: int) -> Machine:
    """NumPy without its ``count`` newest processor paths."""
    off, left = DISPATCHED[len(DISPATCHED) - count :], DISPATCHED[: len(DISPATCHED) - count]
    variables = {"NPY_DISABLE_CPU_FEATURES": " ".join(off)}
    # Some paths only serve whole numbers; without any, exp and log are others.
    differs = ("numpy_bits",) if X86 and not left else ()
    return Machine(
        f"numpy without {variables['NPY_DISABLE_CPU_FEATURES']}", variables, {"dispatched": left}, differs
    )


def blas(core: str, needs: str, *, named: str = "", differs: tuple[str, ...] = ()) -> Machine:
    """OpenBLAS for another processor, where this one has what that needs."""
    return Machine(
        f"OpenBLAS for {core}",
        {"OPENBLAS_CORETYPE": core},
        {"blas": [named or core]},
        differs,
        possible=X86 and __cpu_features__[needs],
    )


THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ASCII_ENCODING = ["ANSI_X3.4-1968", 0]
TOKYO, ST_JOHNS = "JST-9", "NST3:30"  # written out, so that no table of time zones is needed
MACHINES = [
    *(without(count) for count in range(1, len(DISPATCHED) + 1)),
    blas("SkylakeX", "AVX512_SKX"),
    blas("Haswell", "AVX2"),
    blas("Sandybridge", "AVX"),
    blas("Nehalem", "SSE42", differs=("blas_bits",)),
    blas("Prescott", "SSE3", named="Katmai", differs=("blas_bits",)),
    Machine(
        "libm without fused multiplication",
        NO_FMA,
        differs=("libm_bits", "scipy_bits"),
        possible=X86 and platform.libc_ver()[0] == "glibc" and __cpu_features__["FMA3"],
    ),
    Machine(
        "one thread, Tokyo, hash seed 0, the root folder",
        {**dict.fromkeys(THREADS, "1"), "TZ": TOKYO, "PYTHONHASHSEED": "0"},
        {"blas_threads": [1], "noon": "21:00", "hash_seed": "0", "folder": "/"},
        ("hash",),
        folder="/",
    ),
    Machine(
        "two threads, St. John's, hash seed 1, a folder with spaces",
        {**dict.fromkeys(THREADS, "2"), "TZ": ST_JOHNS, "PYTHONHASHSEED": "1"},
        {"blas_threads": [2], "noon": "08:30", "hash_seed": "1", "folder_name": "a folder, Zürich"},
        ("hash",),
        folder="a folder, Zürich",
    ),
    Machine("hash seed random", {"PYTHONHASHSEED": "random"}, {"hash_seed": "random"}, ("hash",)),
    Machine("locale C, no UTF-8 mode", ASCII, {"locale": "C", "encoding": ASCII_ENCODING}),
    Machine(
        "locale C.UTF-8, no HOME", {"LC_ALL": "C.UTF-8", "HOME": None}, {"locale": "C.UTF-8", "home": None}
    ),
    Machine(
        "a locale and a HOME that do not exist",
        {"LC_ALL": "xx_YY.UTF-8", "HOME": "/nonexistent"},
        {"locale": "unsupported locale setting", "home": "/nonexistent"},
    ),
    Machine("umask 077, no asserts", {}, {"umask": 0o077, "asserts": False}, flags=("-O",), umask=0o077),
]
HERE = Machine("here")
ELSEWHERE = Machine(
    "all at once",
    {
        "NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED),
        "OPENBLAS_CORETYPE": "Nehalem",
        **dict.fromkeys(THREADS, "1"),
        "TZ": TOKYO,
        "PYTHONHASHSEED": "0",
        "HOME": None,
        **NO_FMA,
        **ASCII,
    },
    {
        "dispatched": [],
        "blas": ["Nehalem"],
        "blas_threads": [1],
        "noon": "21:00",
        "hash_seed": "0",
        "home": None,
        "encoding": ASCII_ENCODING,
        "umask": 0o077,
    },
    ("numpy_bits", "blas_bits", "libm_bits", "scipy_bits", "hash"),
    flags=("-O",),
    umask=0o077,
    folder="/",
    possible=X86 and platform.libc_ver()[0] == "glibc" and __cpu_features__["FMA3"],
)


@dataclass(frozen=True)
class Made:
    """What a machine made of a study, and what it told of itself."""

    run: Path
    facts: Facts
    said: str

    @property
    def bytes(self) -> dict[str, bytes]:
        return {name: (self.run / name).read_bytes() for name in COMPARED}


def made_on(
    machine: Machine,
    arguments: list[str],
    folder: Path,
    *,
    again: Path | None = None,
    python: Path = Path(sys.executable),
) -> Made:
    """Validate in a process of that kind; then also rerun ``again``, a run folder made elsewhere, at level 1."""
    variables = {**os.environ, **machine.variables}
    facts, run = folder / "facts.json", folder / "run"
    cwd = folder / machine.folder
    cwd.mkdir(exist_ok=True)
    then = ["--then", "rerun", str(again), "--level", "1"] if again else []
    ended = subprocess.run(
        [python, *machine.flags, MACHINE, facts, *arguments, "--out", run, *then],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=cwd,
        umask=machine.umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert run.is_dir(), ended.stdout
    return Made(run, json.loads(facts.read_text(encoding="utf-8")), ended.stdout)


@pytest.fixture(scope="module")
def whole_study(tmp_path_factory: pytest.TempPathFactory) -> WholeStudy:
    return write_whole_study(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def here(whole_study: WholeStudy, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_on(HERE, whole_study.arguments, tmp_path_factory.mktemp("here"))


def reproduced(said: str) -> list[str]:
    """The files of which a rerun says that they are identical to the byte."""
    return [name for name in COMPARED if f"same   {name}: identical to the byte" in said]


def empty(value: object, path: str = "") -> list[str]:
    """The paths of all lists, tables and nulls in which the study leaves nothing to compute."""
    if isinstance(value, dict) and value:
        return [one for key, item in value.items() for one in empty(item, f"{path}.{key}")]
    return [path] if value in ({}, [], None) else []


def test_the_study_leaves_no_part_of_the_results_empty(here: Made) -> None:
    results = json.loads((here.run / "results.json").read_text(encoding="utf-8"))
    notes = [path for path in empty(results) if not path.endswith(".note")]
    # The protocol states the threshold, so that no file of a model gives it.
    # Its standard has no adjudicator, and no number of missing results changes its verdict.
    assert notes == [
        ".agreement.adjudication",
        ".operating_point.rule",
        ".operating_point.sha256",
        ".reference_uncertainty.adjudicator",
        ".tipping_points.count",
        ".tipping_points.id",
    ]
    computed = {name for one in results["estimates"] for name, value in one["intervals"].items() if value}
    assert computed == {
        "bca",
        "clopper_pearson",
        "delong_clustered",
        "delong_newcombe",
        "delong_student",
        "exact_clustered",
        "jackknife_student",
        "korn_graubard",
        "mover",
        "percentile",
        "wilson_effective",
    }
    assert results["agreement"]["dawid_skene"]["changed"] > 0
    assert {one["analysis"] for one in results["sensitivity_analyses"]} >= {"weighted", "dawid_skene"}


@pytest.mark.parametrize("machine", [*MACHINES, ELSEWHERE], ids=lambda machine: machine.name)
def test_level_1_on_another_machine_against_here(
    machine: Machine, whole_study: WholeStudy, here: Made, tmp_path: Path
) -> None:
    if not machine.possible:
        pytest.skip("this processor cannot imitate it")
    there = made_on(machine, whole_study.arguments, tmp_path, again=here.run)
    assert machine.seen(there.facts, here.facts), there.facts
    assert there.bytes == here.bytes
    assert reproduced(there.said) == list(COMPARED), there.said


@pytest.mark.parametrize("language", ["de_DE", "tr_TR"])
def test_level_1_in_another_language_against_here(
    language: str, whole_study: WholeStudy, here: Made, tmp_path: Path
) -> None:
    """Decimal commas; an i whose capital is no I."""
    name = f"{language}.UTF-8"
    if not shutil.which("localedef"):
        pytest.skip("needs localedef, which makes a locale")
    made = subprocess.run(
        ["localedef", "-i", language, "-f", "UTF-8", tmp_path / name], capture_output=True, check=False
    )
    if not (tmp_path / name).is_dir():
        pytest.skip(f"localedef cannot make {name} here: {made.stderr.decode(errors='replace')}")
    machine = Machine(name, {"LC_ALL": name, "LOCPATH": str(tmp_path)}, {"locale": name})
    there = made_on(machine, whole_study.arguments, tmp_path, again=here.run)
    assert machine.seen(there.facts, here.facts), there.facts
    assert there.bytes == here.bytes
    assert reproduced(there.said) == list(COMPARED), there.said


PLANTED = ("numpy", "json", "cxr510k", "validation/__init__", "protocols/__init__", "sitecustomize")


@pytest.mark.fault(36)
def test_a_hostile_working_folder_is_not_read(whole_study: WholeStudy, here: Made, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    for name in PLANTED:
        path = hostile / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('a planted module was imported')\n", encoding="utf-8")
    script = Path(sys.executable).with_name("cxr510k")
    ended = subprocess.run(
        [script, *whole_study.arguments, "--out", tmp_path / "run"],
        cwd=hostile,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (tmp_path / "run").is_dir(), ended.stdout
    assert Made(tmp_path / "run", {}, "").bytes == here.bytes


def test_with_the_oldest_numpy_and_scipy_against_here(
    whole_study: WholeStudy, here: Made, tmp_path: Path
) -> None:
    """The wheel in an environment of its own, which holds nothing but what `validate` needs."""
    programs = environment_of(tmp_path / "other", OTHER_NUMPY, build_wheel(tmp_path))
    there = made_on(HERE, whole_study.arguments, tmp_path, python=programs / "python")
    assert tmp_path in Path(there.facts["suite"]).parents
    for library in ("numpy", "scipy"):
        assert minor(there.facts[library]) < minor(here.facts[library])
    assert there.bytes == here.bytes


def minor(version: str) -> tuple[int, int]:
    """2.1.3 -> (2, 1)."""
    first, second, *_ = map(int, version.split("."))
    return first, second


def test_a_real_study_on_another_machine_against_here(shared_data: Path, tmp_path: Path) -> None:
    """The published CheXNet of the README: 5,366 images, 10,000 replicates."""
    if not ELSEWHERE.possible:
        pytest.skip("this processor cannot imitate another one")
    rsna, nih, chexnet = (shared_data / name for name in ("rsna", "nih", "chexnet"))
    cohort = tmp_path / "cohort"
    predictions = chexnet / "preds.csv.gz"
    subprocess.run(
        [
            Path(sys.executable).with_name("cxr510k"),
            *("cohort", "rsna", rsna / "rsna_to_nih.csv.gz"),
            *("--metadata", nih / "Data_Entry_2017_v2020.csv.gz", "--within", predictions, "--out", cohort),
            *("--boxes", rsna / "stage_2_train_labels.csv.gz"),
        ],
        check=True,
        capture_output=True,
    )
    protocol = ROOT / "protocols" / "library" / "chexnet-nih-rsna.toml"
    arguments = ["validate", *map(str, (protocol, "--cohort", cohort, "--predictions", predictions))]
    folders = [tmp_path / "here", tmp_path / "elsewhere"]
    for folder in folders:
        folder.mkdir()
    first, second = map(made_on, (HERE, ELSEWHERE), (arguments, arguments), folders)
    assert ELSEWHERE.seen(second.facts, first.facts), second.facts
    assert second.bytes == first.bytes
