"""Leakage: images that evaluate the device and were also used to train or tune it.

Owns images.csv of a model folder (every training and tuning image, and its split), the comparison of other images
with it, and the refusal in a confirmatory study. The hashes that define a match are `protocols.images.hashes`. No
patient is in two splits, so a pair is either one person under two identifiers or a duplicate image.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data.pack.pack import Pack
from model.data.training_set import Material
from protocols.errors import BadInputError
from protocols.images.hashes import IDENTICAL, ImageRecord, Inventory, Like, likes, read_inventory
from protocols.storage.canonical import csv_text
from protocols.tables.records import Split

NAMED_PAIRS = 5


def inventory_of(material: Material, packed: Pack, image_ids: Sequence[str]) -> Inventory:
    """Return the images of a training; ``likes`` has each tuning image that matches a training image.

    Args:
        material: the split of each image.
        packed: their records.
        image_ids: names of the images, in the order of the pack.
    """
    train = _records(packed, image_ids, material.train_places)
    tune = _records(packed, image_ids, material.tune_places)
    return Inventory({**train, **tune}, likes(tune, train))


def refuse_leakage(found: Mapping[str, Like]) -> None:
    """Refuse a confirmatory study in which tuning images match training images.

    Raises:
        BadInputError: naming up to five pairs.
    """
    if not found:
        return
    pairs = [
        f"{image_id} is {'the same as' if like.kind == IDENTICAL else 'nearly the same as'} {like.image_id}"
        for image_id, like in sorted(found.items())
    ]
    more = f"; and {len(pairs) - NAMED_PAIRS} more" if len(pairs) > NAMED_PAIRS else ""
    raise BadInputError(
        f"leakage: {len(pairs)} tuning images are also training images under another patient_id, which a "
        "confirmatory study must not have; give both one patient_id, or take one out of the studies: "
        f"{'; '.join(pairs[:NAMED_PAIRS])}{more}."
    )


def training_images_csv(inventory: Inventory, material: Material, image_ids: Sequence[str]) -> str:
    """Return images.csv of a model folder: the inventory, and ``train`` or ``tune`` in a last column ``split``."""
    tune = {image_ids[place] for place in material.tune_places}
    header, *rows = csv.reader(io.StringIO(inventory.to_csv()))
    return csv_text(
        [*header, "split"], ([*row, Split.TUNE if row[0] in tune else Split.TRAIN] for row in rows)
    )


def compared_images_csv(packed: Pack, image_ids: Sequence[str], learnt: Path) -> str:
    """Return images.csv of some images; ``like`` is the closest training or tuning image of a device.

    Args:
        packed: the images; those that could not be decoded are not in the table.
        image_ids: their names.
        learnt: images.csv of the device's model folder.

    Raises:
        BadInputError: that file is missing or not as `train` writes it.
    """
    these = _records(packed, image_ids, sorted(packed.records))
    return Inventory(these, likes(these, read_inventory(learnt).records)).to_csv()


def _records(
    packed: Pack, image_ids: Sequence[str], places: Sequence[int] | NDArray[np.int64]
) -> dict[str, ImageRecord]:
    return {image_ids[place]: packed.records[place] for place in map(int, places)}
