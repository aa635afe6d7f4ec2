"""The inputs of a study: protocol, tables and images, from a cohort's folder, from single files or from phantoms."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from protocols.cohorts.cohort import tables_of
from protocols.cohorts.profile.profile_record import profile_files
from protocols.images.folder import ImageFolder
from protocols.parallel.local import cores
from protocols.progress import Progress
from protocols.schema.load import LoadedProtocol, load_protocol
from protocols.storage.canonical import write_bytes
from protocols.storage.run_folder import RunFolder
from protocols.tables.checks import labels_from, reads_from, studies_from
from protocols.tables.column_mapping import labels_table, reads_table, studies_table
from protocols.tables.reading import ENDINGS
from protocols.tables.records import Labels, Reads, Studies

OTHER_ENDINGS = (".json", ".png")  # an operating point, a cohort's profile and its montage
FURTHER_TABLES = ("flow", "exclusions", "truth", "boxes")


class CohortSource(Protocol):
    """Where the tables and images of a run come from."""

    def bring(self, folder: RunFolder, loaded: LoadedProtocol, progress: Progress, /) -> ImageFolder:
        """Put the tables into the run folder's inputs and return where the images are."""


@dataclass(frozen=True, slots=True)
class PhantomSource:
    """Synthetic radiographs, made within the run folder."""

    def bring(self, folder: RunFolder, _loaded: LoadedProtocol, progress: Progress, /) -> ImageFolder:
        """Make phantoms and their profile; images are within the run folder."""
        from protocols.cohorts.phantom import generate as phantom
        from protocols.cohorts.profile.write import write_profile

        phantom.generate(folder.root, workers=cores(), progress=partial(progress, "phantoms"))
        for table in sorted(folder.root.glob("*.csv")):
            table.rename(folder.inputs / table.name)
        write_profile(folder.inputs, folder.root, finding=None, progress=progress)
        return ImageFolder(folder.root, search=False)


@dataclass(frozen=True, slots=True)
class CohortFolder:
    """A folder that `cohort` made.

    Attributes:
        folder: with studies, reads and labels.
        images: where the images are, if not beside the studies.
        initial_weights: to begin the training from; None for random ones.
    """

    folder: Path
    images: Path | None
    initial_weights: Path | None

    def bring(self, folder: RunFolder, loaded: LoadedProtocol, _progress: Progress, /) -> ImageFolder:
        """Check the tables under the names that the user knows, then copy them."""
        tables = tables_of(self.folder, ("studies", "reads", "labels"), optional=FURTHER_TABLES)
        studies_of(loaded, tables["studies"])
        reads_of(loaded, tables["reads"])
        labels_of(loaded, tables["labels"])
        for name, path in tables.items():
            store_input(folder, name, path)
        for name, path in profile_files(self.folder).items():
            store_input(folder, name, path)
        if self.initial_weights:
            write_bytes(folder.initial_weights, self.initial_weights.read_bytes())
        return images_beside(tables["studies"], self.images)


def store_input(folder: RunFolder, name: str, path: Path) -> None:
    """Copy one file, bytes as given, under the suite's name for it."""
    ending = next(ending for ending in (*ENDINGS, *OTHER_ENDINGS) if path.name.endswith(ending))
    write_bytes(folder.inputs / f"{name}{ending}", path.read_bytes())


def images_beside(studies: Path, images: Path | None) -> ImageFolder:
    """Return where images are: in a folder that was named, or at their paths from the studies table."""
    return ImageFolder(images, search=True) if images else ImageFolder(studies.parent, search=False)


def protocol_of(folder: RunFolder) -> LoadedProtocol:
    """Return the protocol of a run."""
    return load_protocol(folder.protocol)


def studies_of(loaded: LoadedProtocol, path: Path) -> Studies:
    """Return a studies table, checked, in the protocol's columns."""
    return studies_from(studies_table(path, loaded.protocol).table)


def reads_of(loaded: LoadedProtocol, path: Path, *, one_table: bool = False) -> Reads:
    """Return a reads table, checked, in the protocol's columns; ``one_table`` where it holds the studies as well."""
    return reads_from(reads_table(path, loaded.protocol, one_table=one_table).table)


def labels_of(loaded: LoadedProtocol, path: Path) -> Labels:
    """Return a table of training labels, checked, in the protocol's columns."""
    return labels_from(labels_table(path, loaded.protocol).table)
