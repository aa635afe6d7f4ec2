"""Composition of a cohort: patients, splits, ages, sex, view and further columns by class, and missing values.

Owns these counts. Which cells are unusable is `protocols.tables.checks`'s rule; they are counted apart from empty
ones.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from protocols.cohorts.profile.image_class import classes_of
from protocols.cohorts.profile.profile_parts import CLASSES, AgeProfile, Classes, Level, Missing, Part, Spread
from protocols.storage.canonical import rounded
from protocols.tables.ages import OLDEST_YEARS
from protocols.tables.reading import Table
from protocols.tables.records import Labels, Sex, Split, Studies, View

BIN_YEARS = 10
MOST_LEVELS = 12  # a column with more is an identifier or a number, not a group
PLACES = 6


def spread_of(values: NDArray[np.float64]) -> Spread:
    """Summarise a distribution; the order of the values does not matter."""
    ordered = np.sort(values)
    low, middle, high = np.quantile(ordered, (0.25, 0.5, 0.75)).tolist()
    return Spread(
        number=len(ordered),
        mean=rounded(float(ordered.mean()), PLACES),
        lowest=rounded(float(ordered[0]), PLACES),
        lower_quartile=rounded(low, PLACES),
        median=rounded(middle, PLACES),
        upper_quartile=rounded(high, PLACES),
        highest=rounded(float(ordered[-1]), PLACES),
    )


def images_a_patient(studies: Studies) -> Counter[int]:
    """Count patients by their number of images."""
    return Counter(Counter(studies.patient_id).values())


def parts(studies: Studies, names: Sequence[str]) -> tuple[Part, ...]:
    """Count the images of each split by class; one part without a name where the studies have no split."""
    split = studies.split or ("",) * len(studies)
    found = []
    for part in dict.fromkeys(("", *map(str, Split))):
        rows = [row for row, of in enumerate(split) if of == part]
        if rows:
            patients = {studies.patient_id[row] for row in rows}
            found.append(
                Part(name=part, patients=len(patients), classes=classes_of([names[row] for row in rows]))
            )
    return tuple(found)


def age_profile(studies: Studies, names: Sequence[str]) -> AgeProfile:
    """Summarise ages by class, and by class within each sex and view."""
    classes = np.array(names, dtype=object)
    sex, view = np.array(studies.sex, dtype=object), np.array(studies.view, dtype=object)
    everyone = np.ones(len(studies), dtype=bool)
    known = ~np.isnan(studies.age_years)
    return AgeProfile(
        first_years=tuple(range(0, int(OLDEST_YEARS) + 1, BIN_YEARS)),
        spread={
            name: spread_of(studies.age_years[known & (classes == name)])
            for name in CLASSES
            if (known & (classes == name)).any()
        },
        spread_of_all=spread_of(studies.age_years[known]) if known.any() else None,
        bins=_bins(studies.age_years, classes, everyone),
        by_sex={str(level): _bins(studies.age_years, classes, sex == str(level)) for level in Sex},
        by_view={str(level): _bins(studies.age_years, classes, view == str(level)) for level in View},
    )


def levels(studies: Studies, names: Sequence[str]) -> tuple[Level, ...]:
    """Count sex, view and each further column of up to `MOST_LEVELS` levels by class; levels by code point."""
    found = []
    for column in ("sex", "view", *sorted(studies.further)):
        cells = studies.cells(column)
        there = sorted(set(cells), key=lambda level: (not level, level))
        if len(there) > MOST_LEVELS or there == [""]:
            continue
        pairs = Counter(zip(cells, names, strict=True))
        for level in there:
            classes = Classes(**{name: pairs[level, name] for name in CLASSES})
            found.append(Level(column=column, level=level, classes=classes))
    return tuple(found)


def missing(table: Table, studies: Studies, labels: Labels | None) -> tuple[Missing, ...]:
    """Count the missing values of each column of the studies and of each finding of the labels.

    Args:
        table: the studies as in the file.
        studies: as checked, in any order.
        labels: the labels, if any; an image without a row is not counted as missing.
    """
    unknown = {
        "age_years": int(np.isnan(studies.age_years).sum()),
        "sex": studies.sex.count(""),
        "view": studies.view.count(""),
    }
    found = []
    for column, cells in table.columns.items():
        empty = cells.count("")
        unusable = unknown.get(column, empty) - empty
        found.append(Missing(table="studies", column=column, rows=table.rows, empty=empty, unusable=unusable))
    for name, marks in labels.findings.items() if labels else ():
        found.append(
            Missing(
                table="labels", column=name, rows=len(marks), empty=int(np.isnan(marks).sum()), unusable=0
            )
        )
    return tuple(found)


def _bins(
    ages: NDArray[np.float64], classes: NDArray[np.object_], among: NDArray[np.bool_]
) -> dict[str, tuple[int, ...]]:
    edges = np.arange(0, OLDEST_YEARS + 2 * BIN_YEARS, BIN_YEARS)
    inside = among & ~np.isnan(ages)
    return {
        name: tuple(np.histogram(ages[inside & (classes == name)], bins=edges)[0].tolist())
        for name in CLASSES
    }
