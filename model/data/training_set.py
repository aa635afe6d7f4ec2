"""The training set: pixels and labels of the training and tuning images within the device's scope.

Owns how a division and a pack are joined. The division is `splits`; the scope is the protocol's input gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.data.pack.pack import Pack
from model.data.splits import Division
from protocols.errors import BadInputError
from protocols.storage.canonical import json_text, sha256_bytes

NAMED_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Material:
    """Pixels and labels of a training.

    Attributes:
        pixels: uint8 of shape (images, size, size).
        division: labels of the images in scope.
        train_places: positions of the images of ``division.train`` in ``pixels``.
        tune_places: positions of those of ``division.tune``.
        train_refusals: why the input gate refused other training images, one reason per image.
        tune_refusals: likewise of tuning images.
        sha256: of pixels and labels and their order.
    """

    pixels: NDArray[np.uint8]
    division: Division
    train_places: NDArray[np.int64]
    tune_places: NDArray[np.int64]
    train_refusals: tuple[str, ...]
    tune_refusals: tuple[str, ...]
    sha256: str


def material_of(marked: Division, packed: Pack, image_ids: Sequence[str]) -> Material:
    """Join labels and pixels, without the images that the input gate refused.

    Args:
        marked: as `divide` returns it.
        packed: the images of ``marked.train`` and then of ``marked.tune``.
        image_ids: their names, in the same order.

    Raises:
        BadInputError: an image cannot be decoded; up to twenty are named.
    """
    _refuse_faults(packed, image_ids)
    first_tune = len(marked.train.rows)
    refused = sorted(packed.out_of_scope)
    division = Division(
        marked.origin,
        marked.train.without({place for place in refused if place < first_tune}),
        marked.tune.without({place - first_tune for place in refused if place >= first_tune}),
    )
    places = packed.usable
    return Material(
        pixels=packed.pixels,
        division=division,
        train_places=places[places < first_tune],
        tune_places=places[places >= first_tune],
        train_refusals=tuple(packed.out_of_scope[place] for place in refused if place < first_tune),
        tune_refusals=tuple(packed.out_of_scope[place] for place in refused if place >= first_tune),
        sha256=_sha256(packed, division, image_ids),
    )


def _refuse_faults(packed: Pack, image_ids: Sequence[str]) -> None:
    if not packed.faults:
        return
    faults = sorted(f"{image_ids[place]} {reason}" for place, reason in packed.faults.items())
    more = f"; and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
    raise BadInputError(
        f"{len(faults)} of the {len(image_ids)} images to train on cannot be read; replace them, "
        f"or leave them out of the studies: {'; '.join(faults[:NAMED_FAULTS])}{more}."
    )


def _sha256(packed: Pack, division: Division, image_ids: Sequence[str]) -> str:
    pictures = [(image_ids[place], packed.records[place].pixels_sha256) for place in packed.usable.tolist()]
    labels = [
        sha256_bytes(np.ascontiguousarray(examples.labels).astype("<f8").tobytes())
        for examples in (division.train, division.tune)
    ]
    return sha256_bytes(json_text([pictures, labels]).encode())
