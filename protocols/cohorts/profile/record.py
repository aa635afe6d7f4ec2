"""profile.json: all that is told of a cohort, and its JSON.

Owns the schema. How the numbers come about is the business of the files beside; how they are shown is
`reports.pages.profile`'s.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from protocols.cohorts.profile.parts import (
    AgeProfile,
    Classes,
    ClassSource,
    LabelAndReads,
    LabelProfile,
    Level,
    Missing,
    Part,
    PictureProfile,
    ReadsProfile,
    Record,
    Remark,
    Step,
    Tile,
)
from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document_file

SCHEMA: Literal["cxr510k-profile/1"] = "cxr510k-profile/1"
PROFILE = "profile.json"
MONTAGE = "montage.png"


class Profile(Record):
    """All that is told of a cohort.

    Attributes:
        images_sha256: of the image ids in code-point order, a line feed after each: which images these are.
        finding: whose class every part uses; None where only unnamed reads decide it.
        class_sources: what the class of an image was taken from.
        label_and_reads: of images with a label; empty where none of those has a read.
        images_a_patient: number of images -> patients.
        phantoms: synthetic images.
        pictures: None where the cohort names no image file that is there.
    """

    schema_name: Literal["cxr510k-profile/1"] = Field(alias="schema")
    images_sha256: str
    finding: str | None
    images: int
    patients: int
    phantoms: int
    images_a_patient: dict[str, int]
    classes: Classes
    class_sources: tuple[ClassSource, ...]
    label_and_reads: tuple[LabelAndReads, ...]
    splits: tuple[Part, ...]
    labels: LabelProfile | None
    reads: ReadsProfile | None
    ages: AgeProfile
    levels: tuple[Level, ...]
    missing: tuple[Missing, ...]
    flow: tuple[Step, ...]
    pictures: PictureProfile | None
    montage: tuple[Tile, ...]
    remarks: tuple[Remark, ...]

    def to_json(self) -> str:
        """Canonical JSON of profile.json."""
        return json_text(self.model_dump(mode="json", by_alias=True))


def read_profile(path: Path) -> Profile:
    """Read profile.json.

    Raises:
        BadInputError: it cannot be read or is not of this schema.
    """
    made = "name a folder that `cxr510k cohort --profile` made"
    return read_document_file(path, Profile, schema=SCHEMA, next_step=made)


def profile_files(cohort: Path) -> dict[str, Path]:
    """A cohort's profile and its montage, by the names a run keeps them under; empty where nobody asked for one."""
    named = {"profile": cohort / PROFILE, "montage": cohort / MONTAGE}
    return {name: path for name, path in named.items() if path.is_file()}
