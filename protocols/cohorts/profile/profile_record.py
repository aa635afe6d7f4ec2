"""profile.json: the profile of a cohort, and its JSON.

Owns the schema. The other files of this folder compute the numbers; `reports.pages.profile` shows them.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from protocols.cohorts.profile.profile_parts import (
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
    """The profile of a cohort.

    Attributes:
        images_sha256: of the image ids in code-point order, a line feed after each; it identifies the set of images.
        finding: the finding whose class every part uses; None where only reads without a finding decide it.
        class_sources: images by the source of their class.
        label_and_reads: of images with a label; empty where none of those has a read.
        images_a_patient: number of images -> patients.
        phantoms: number of synthetic images.
        ``pictures``: None where no image of the cohort has a file.
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
        """Return the canonical JSON of profile.json."""
        return json_text(self.model_dump(mode="json", by_alias=True))


def read_profile(path: Path) -> Profile:
    """Read profile.json.

    Raises:
        BadInputError: it cannot be read or is not of this schema.
    """
    made = "name a folder that `cxr510k cohort --profile` made"
    return read_document_file(path, Profile, schema=SCHEMA, next_step=made)


def profile_files(cohort: Path) -> dict[str, Path]:
    """Return a cohort's profile and montage by their names in a run folder; empty where there is none."""
    named = {"profile": cohort / PROFILE, "montage": cohort / MONTAGE}
    return {name: path for name, path in named.items() if path.is_file()}
