"""The tables of docs/evidence/r.md.

``python -m tests.validation.against_r.page`` prints them: those of the made studies from the recorded numbers, those of
real studies where R and ../shared/data are there.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.validation.against_r.comparisons import Comparison, comparisons
from tests.validation.against_r.made_studies import made_studies
from tests.validation.against_r.oracle import ask, missing, recorded
from tests.validation.against_r.real_studies import RealStudy, real_studies
from tests.validation.against_r.suite import ours

DATA = Path(__file__).parents[4] / "shared" / "data"
OF_MADE = "clustered 60"
# What the page shows of a study; the tests compare everything.
SHOWN_OF_MADE = (
    "sensitivity, standard error",
    "sensitivity, design effect",
    "sensitivity, korn_graubard, lower",
    "f1, korn_graubard, lower",
    "covariance of the classes",
    "auroc",
    "auroc, variance",
    "auroc, variance of the jackknife",
    "delong_clustered, lower",
    "delong_student, lower",
    "in the large, upper",
    "slope, upper",
)
SHOWN_OF_REAL = (
    "sensitivity, standard error",
    "sensitivity, korn_graubard, lower",
    "specificity, korn_graubard, lower",
    "covariance of the classes",
    "auroc",
    "delong_clustered, lower",
    "in the large, upper",
    "slope, upper",
)
# Once where several functions of R give it; the others are in the table of the made study.
NOT_SHOWN_OF_REAL = ("svymean, subset", "wilcox.test", "svyglm")


def row(one: Comparison, mine: float | None) -> str:
    """A row of a table: R's number, what lies between, what ours must be, and ours."""
    assert mine is not None
    places = 6 if one.fitted or one.quantity.startswith("delong") else 9
    cells = [
        one.quantity,
        f"`{one.function}`" if one.function != "Obuchowski afresh" else one.function,
        f"{one.of_r:.9f}",
        one.between,
        f"{one.expected:.{places}f}",
        f"{mine:.{places}f}",
    ]
    return f"| {' | '.join(cells)} |"


def made_rows() -> Iterator[str]:
    """The numbers of one made study."""
    suite = ours(made_studies()[OF_MADE])
    for one in comparisons(recorded()[OF_MADE]):
        if one.quantity in SHOWN_OF_MADE:
            yield row(one, suite[one.quantity])


def summary_rows() -> Iterator[str]:
    """The size of each made study, how many numbers were compared, and how many differ."""
    for name, study in made_studies().items():
        of_r, suite = comparisons(recorded()[name]), ours(study)
        counts = (len(study.patient), len(set(study.patient)), sum(study.truth), len(set(study.score)))
        differ = sum(not _agrees_in_full(one, suite[one.quantity]) for one in of_r)
        yield f"| {name} | {' | '.join(map(str, counts))} | {len(of_r)} | {differ} |"


def real_rows(study: RealStudy, of_r: Mapping[str, float]) -> Iterator[str]:
    """The numbers of a real study."""
    suite = study.ours()
    for one in comparisons(of_r):
        if one.quantity in SHOWN_OF_REAL and one.function not in NOT_SHOWN_OF_REAL:
            yield row(one, suite[one.quantity])


def title(study: RealStudy, of_r: Mapping[str, float]) -> str:
    """Say what a table is of, and how many of all numbers differ."""
    images, patients = len(study.images.patient), len(set(study.images.patient))
    compared, suite = comparisons(of_r), study.ours()
    differ = sum(not _agrees(one, suite[one.quantity]) for one in compared)
    return (
        f"**{study.name}**: {images:,} images of {patients:,} patients, {len(compared)} numbers compared, "
        f"{differ} differ."
    )


def _agrees_in_full(one: Comparison, mine: float | None) -> bool:
    return mine is not None and one.agrees(mine)


def _agrees(one: Comparison, mine: float | None) -> bool:
    return mine is not None and one.agrees_with_results(mine)


HEAD = f"| quantity | R | by R | step | so ours is | ours |\n{'|---' * 6}|"


def real_tables(data: Path, folder: Path) -> Iterator[str]:
    """The table of each real study, and its title; ``folder`` is empty and takes the tables."""
    for part in ("suite", "r"):
        (folder / part).mkdir()
    studies = {one.name: one for one in real_studies(data, folder / "suite")}
    images = {name: one.images for name, one in studies.items()}
    numbers = ask(images, arguments=False, folder=folder / "r")[1]
    for name, study in studies.items():
        yield "\n".join([title(study, numbers[name]), "", HEAD, *real_rows(study, numbers[name])])


def main() -> None:
    """Print the tables."""
    print(f"| study | images | patients | positives | distinct scores | compared | differ |\n{'|---' * 7}|")
    print("\n".join(summary_rows()))
    print(f"\n{HEAD}")
    print("\n".join(made_rows()))
    absent = missing() or (
        None if DATA.is_dir() else "needs ../shared/data, which is not beside this checkout"
    )
    if absent:
        sys.exit(f"no real studies: {absent}")
    with tempfile.TemporaryDirectory() as folder:
        for table in real_tables(DATA, Path(folder)):
            print(f"\n{table}")


if __name__ == "__main__":
    main()
