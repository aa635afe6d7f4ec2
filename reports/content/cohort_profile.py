"""profile.json and montage.png -> what a page prints of a cohort; the figures are `profile`'s.

Owns the arrangement of the profile's tables and the check that a run's profile is of the run's images.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import ClassVar

import pandas as pd

from protocols.cohorts.profile.profile_parts import CLASSES, Level, Missing
from protocols.cohorts.profile.profile_record import Profile, read_profile
from protocols.cohorts.profile.remarks import RULES
from protocols.errors import EvidenceDiffersError
from protocols.storage.canonical import sha256_bytes
from protocols.storage.run_folder import RunFolder
from reports.content.finding_selection import MOST_FINDINGS, MOST_TOGETHER, closest_share
from reports.language import formatting

SOURCES = {
    "labels": "the label",
    "reads": "what more than half of its readers say, before any rule of a protocol,",
}
COLUMNS = {
    "age_years": "Age",
    "sex": "Sex",
    "view": "View",
    "split": "Split",
    "site": "Site",
    "manufacturer": "Manufacturer",
}
LEVELS = {"F": "female", "M": "male", "O": "other"}
PNG = "data:image/png;base64,"


@dataclass(frozen=True, slots=True)
class LevelTable:
    """The levels of one column; ``shares`` are of the images of a class."""

    column: str
    rows: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class CohortProfile:
    """A profile as a page prints it; ``montage`` is a ``data:`` address, empty without a sheet."""

    profile: Profile
    montage: str

    MOST_FINDINGS: ClassVar[int] = MOST_FINDINGS
    MOST_TOGETHER: ClassVar[int] = MOST_TOGETHER

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that any image has; positive and negative always."""
        return CLASSES if self.profile.classes.unknown else CLASSES[:2]

    @property
    def levels(self) -> tuple[LevelTable, ...]:
        """Sex, view and further columns, each with its levels."""
        return tuple(
            LevelTable(column, tuple(rows))
            for column, rows in groupby(self.profile.levels, key=lambda level: level.column)
        )

    @property
    def incomplete(self) -> tuple[Missing, ...]:
        """Columns that lack something."""
        return tuple(column for column in self.profile.missing if column.empty + column.unusable)

    @property
    def complete(self) -> tuple[str, ...]:
        """Columns that lack nothing."""
        return tuple(column.column for column in self.profile.missing if not column.empty + column.unusable)

    @property
    def source(self) -> str:
        """What the class of an image is, in a sentence."""
        sources = [
            f"{SOURCES[source.source]} for {formatting.counted(source.classes.known, 'image')}"
            for source in self.profile.class_sources
        ]
        if not sources:
            return "No image has a class: there is neither a label nor a determinate majority of readers."
        of = f" for {self.profile.finding}" if self.profile.finding else ""
        return f"The class of an image{of} is {formatting.listed(sources)}."

    @property
    def rules(self) -> Mapping[str, Sequence[str]]:
        """The sentences of each rule that fired."""
        return {
            RULES[rule]: [remark.sentence for remark in found]
            for rule, found in groupby(self.profile.remarks, key=lambda remark: remark.rule)
        }

    @property
    def unfired(self) -> tuple[str, ...]:
        """The rules that did not fire."""
        fired = {remark.rule for remark in self.profile.remarks}
        return tuple(text for rule, text in RULES.items() if rule not in fired)

    @property
    def closest(self) -> str:
        """The largest proportion of one finding's positives that are positive for another."""
        return formatting.percent(closest_share(self.profile.labels)) if self.profile.labels else ""

    @staticmethod
    def column_name(column: str) -> str:
        """Return a column of the studies in words."""
        return COLUMNS.get(column, column)

    @staticmethod
    def level_name(level: Level) -> str:
        """Return a level in words; an empty one is unknown."""
        if not level.level:
            return "unknown"
        return LEVELS.get(level.level, level.level) if level.column == "sex" else level.level

    @property
    def montage_told(self) -> str:
        """The montage in words."""
        tiles = [
            f"{tile.image_class}, {tile.age_years or 'unknown'} years, {tile.sex or 'sex unknown'}, "
            f"{tile.view or 'view unknown'}"
            for tile in self.profile.montage
        ]
        return f"{len(tiles)} sample pictures, row by row: {'; '.join(tiles)}."


def read_cohort_profile(profile: Path, montage: Path | None) -> CohortProfile:
    """Read a profile and its sheet of images.

    Raises:
        BadInputError: profile.json cannot be read or is not of its schema.
    """
    sheet = montage.read_bytes() if montage is not None and montage.is_file() else b""
    address = PNG + base64.b64encode(sheet).decode("ascii") if sheet else ""
    return CohortProfile(read_profile(profile), address)


def profile_of_run(run: RunFolder, studies: pd.DataFrame | None) -> CohortProfile | None:
    """Return the profile among a run's inputs; None where there is none.

    Args:
        run: the run folder.
        studies: its table of studies, where it has one.

    Raises:
        BadInputError: as `read_cohort_profile`.
        EvidenceDiffersError: it is of other images than the run's studies.
    """
    path = run.input("profile")
    if path is None:
        return None
    found = read_cohort_profile(path, run.input("montage"))
    images = [] if studies is None else sorted(studies["image_id"])
    if sha256_bytes("".join(f"{image}\n" for image in images).encode("utf-8")) != found.profile.images_sha256:
        raise EvidenceDiffersError(
            f"{path}: is the profile of other images than the run's studies; copy the profile.json of their cohort."
        )
    return found
