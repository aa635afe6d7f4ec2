"""Small cohorts, written as the tables that `validate` reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import strategies as st

from protocols.progress import silent
from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.run import validate


@dataclass(frozen=True)
class Image:
    """One row of each table; a score of None was not processed, ``reads`` are one letter a reader: P, N, I or -."""

    patient: str
    reads: str
    score: float | None
    sex: str = "F"
    further: dict[str, str] = field(default_factory=dict)


VERDICTS = {"P": "positive", "N": "negative", "I": "indeterminate"}
TABLES = '[bootstrap]\nreplicates = 1000\n[[subgroups]]\naxis = "sex"\n'
STANDARD = '[reference_standard]\nkind = "consensus"\nrule = "majority"\n'
Judge = Callable[..., Results]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Validate images in the order given; ``protocol`` is TOML after the required tables."""
    folder = tmp_path_factory.mktemp("cohort")

    def run(
        images: Sequence[Image],
        protocol: str = TABLES,
        *,
        standard: str = STANDARD,
        order: Sequence[int] | None = None,
    ) -> Results:
        files = tables(folder, images, order)
        head = PROTOCOL_HEAD.replace(STANDARD, standard)
        loaded = parse_protocol((head + protocol).encode(), source="p.toml")
        return validate(loaded, files, silent).results

    return run


def tables(folder: Path, images: Sequence[Image], order: Sequence[int] | None = None) -> InputFiles:
    """The three tables of some images, named by their number, in the order given."""
    named = [(f"i{number:04}", image) for number, image in enumerate(images)]
    named = [named[place] for place in order] if order is not None else named
    extra = sorted({name for image in images for name in image.further})
    studies = [
        [name, one.patient, "50", one.sex, "PA", *(one.further.get(column, "") for column in extra)]
        for name, one in named
    ]
    reads = [
        [name, f"R{place}", VERDICTS[letter]]
        for name, one in named
        for place, letter in enumerate(one.reads)
        if letter != "-"
    ]
    predictions = [[name, repr(one.score)] for name, one in named if one.score is not None]
    return InputFiles(
        _write(
            folder / "studies.csv", ["image_id", "patient_id", "age_years", "sex", "view", *extra], studies
        ),
        _write(folder / "reads.csv", ["image_id", "reader_id", "verdict"], reads),
        _write(folder / "predictions.csv", ["image_id", "score"], predictions),
    )


def criterion(name: str, metric: str, goal: float, *, subgroup: str = '"overall"') -> str:
    """A criterion on a lower bound in TOML."""
    return f"""
[[criteria]]
id = "{name}"
metric = "{metric}"
subgroup = {subgroup}
bound = "lower"
goal = {goal}
justification = "for the test"
"""


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    return path


SCORES = [0.05, 0.2, 0.35, 0.45, 0.55, 0.7, 0.7, 0.95]


@st.composite
def cohorts(draw: st.DrawFn) -> list[Image]:
    """2 to 10 patients with 1 to 4 images, one reader, tied and missing scores, unknown sex."""
    images = []
    for patient in range(draw(st.integers(2, 10))):
        sex = draw(st.sampled_from(["F", "M", ""]))
        for _ in range(draw(st.integers(1, 4))):
            score = draw(st.sampled_from([*SCORES, None]))
            images.append(Image(f"p{patient:02}", draw(st.sampled_from("PPNNI")), score, sex))
    return [*images, Image("p00", "P", 0.7), Image("p01", "N", 0.2)]
