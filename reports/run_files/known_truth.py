"""The reference standard of phantoms compared with their known truth: errors of the simulated readers.

Owns the counts, from truth.csv of the run and the line listing. A run on patients has no known truth.
"""

from dataclasses import dataclass

from protocols.errors import BadInputError
from protocols.storage.run_folder import RunFolder
from protocols.tables.reading import read_table
from reports.run_files.line_listing import Listing

PRESENT = "1"


@dataclass(frozen=True, slots=True)
class KnownTruth:
    """Analysed images whose reference differs from the truth: positive without an opacity, negative with one."""

    false_positive: int
    false_negative: int


def known_truth(run: RunFolder, listing: Listing) -> KnownTruth | None:
    """Compare the reference with the truth; None where the run has no truth.

    Raises:
        BadInputError: the truth lacks an analysed image.
    """
    path = run.input("truth")
    if path is None:
        return None
    frame = read_table(path).frame
    present = dict(zip(frame["image_id"], frame["opacity"] == PRESENT, strict=True))
    missing = next((image for image in listing.image_id if image not in present), None)
    if missing is not None:
        raise BadInputError(f"{path}: lacks the analysed image {missing!r}; restore the file of this run.")
    pairs = list(zip(listing.reference, map(present.__getitem__, listing.image_id), strict=True))
    return KnownTruth(pairs.count(("positive", False)), pairs.count(("negative", True)))
