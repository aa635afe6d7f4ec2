"""What a sealed test set is, whatever files it comes from: its images, their patients and what readers said of them.

Owns the identity that a ledger registers and counts looks for. Columns that a protocol may use as subgroups and boxes
are no part of it; results.json holds the hashes of the whole tables.
"""

from dataclasses import dataclass

from protocols.storage.canonical import sha256_bytes
from protocols.tables.reading import among, constant
from protocols.tables.records import Reads, Studies
from protocols.tables.row_lines import json_rows


@dataclass(frozen=True, slots=True)
class SealedSet:
    """The test split of some studies with its reads: how much it is, and the hash of what it is."""

    images: int
    patients: int
    content_sha256: str


def sealed_set_of(studies: Studies, reads: Reads) -> SealedSet:
    """The identity of a test set: SHA-256 of its rows as sorted JSON lines, whatever the order of the files.

    Without a column ``split`` every image is of the test set. Reads of other images do not enter.
    """
    images = studies.frame[studies.in_test_split]
    read = reads.frame[among(reads.frame["image_id"], images["image_id"])]
    lines = sorted(
        [
            *json_rows([constant("study", images), images["image_id"], images["patient_id"]]),
            *json_rows([constant("read", read), read["image_id"], read["reader_id"], read["verdict"]]),
        ]
    )
    return SealedSet(
        images=len(images),
        patients=images["patient_id"].nunique(),
        content_sha256=sha256_bytes("".join(f"{line}\n" for line in lines).encode("utf-8")),
    )
