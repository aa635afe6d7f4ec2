"""Initial weights of a training from a local file in one of two formats, read as numbers and never executed.

- ``NAME.weights.h5``: as `train` writes it, of the same network.
- ``NAME.h5``: Keras' published weights of DenseNet-121 without its top, learnt on colour photographs. The first
  kernel is summed over its three channels, which is equivalent to the published network on a grey image repeated
  three times.

Only the trunk is filled. The last layer starts untrained, since a file does not name the findings of its outputs.
Owns what is accepted; the file's hash is in the protocol, [training] initial_weights_sha256. Source: the two
layouts as Keras 3 writes them (`save_weights`, and the HDF5 layout of Keras 1 and 2).
"""

import io
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from model.runtime import keras
from protocols.errors import BadInputError
from protocols.storage.canonical import sha256_bytes

Arrays = list[NDArray[np.float32]]


class _OtherContentError(Exception):
    """The file is readable but contains something else; the text completes the sentence "the file ..."."""


def fill(model: keras.Model, path: Path, *, network: str, sha256: str) -> None:
    """Replace the weights of every layer but ``logits``; a refused file leaves the model unchanged.

    Args:
        model: as `model.network.build` makes it.
        path: the local file.
        network: the model's architecture.
        sha256: the file's hash, in hexadecimal, that the protocol names.

    Raises:
        BadInputError: the file cannot be read, is not the one that the protocol names, is truncated or of
            another format, or contains other layers or shapes, or numbers that are not finite.
    """
    content = _read(path, sha256)
    layers = [layer for layer in model.layers if layer.weights and layer.name != "logits"]
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if (elsewhere := file.visititems_links(_elsewhere)) is not None:
                raise _OtherContentError(f"points to other data under {elsewhere!r}")
            own = path.name.endswith(".weights.h5")
            arrays = list(_own(file, layers) if own else _published(file, layers, network))
    except _OtherContentError as fault:
        raise BadInputError(
            f"{path}: does not contain initial weights of a {network} network: it {fault}; name the "
            "model.weights.h5 of such a network, or for densenet121 Keras' published file without top."
        ) from fault
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise BadInputError(
            f"{path}: cannot be read as a file of weights (HDF5): it is damaged or in another format; get it again."
        ) from error
    for layer, values in zip(layers, arrays, strict=True):
        layer.set_weights(values)


def _read(path: Path, sha256: str) -> bytes:
    if path.suffix != ".h5":
        raise BadInputError(
            f"{path}: initial weights must be a file whose name ends in .weights.h5 or .h5; "
            "other formats can contain programs and are never opened."
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"{path}: the initial weights cannot be read ({error.strerror}); name the file whose SHA-256 is "
            "[training] initial_weights_sha256."
        ) from error
    if (received := sha256_bytes(content)) != sha256:
        raise BadInputError(
            f"{path}: is not the file that the protocol names: [training] initial_weights_sha256 is {sha256}, "
            f"and this file's is {received}; name the right file."
        )
    return content


def _own(file: h5py.File, layers: list[keras.Layer]) -> Iterator[Arrays]:
    """Read `train`'s layout: layers/KIND/vars/0.., the group of a layer with its name."""
    groups = {str(group["vars"].attrs.get("name")): group["vars"] for group in file["layers"].values()}
    for layer in layers:
        group = groups.get(layer.name)
        if group is None:
            raise _OtherContentError(f"has no layer {layer.name!r}")
        datasets = [group[str(position)] for position in range(len(group))]
        yield _arrays(layer.name, datasets, [tuple(weight.shape) for weight in layer.weights])


def _published(file: h5py.File, layers: list[keras.Layer], network: str) -> Iterator[Arrays]:
    """Read Keras' older layout: layers in the order of the graph, since their names have changed over the years."""
    if network != "densenet121":
        raise _OtherContentError("ends in .h5 alone, which is the published file of densenet121")
    groups = [file[name] for name in _names(file, "layer_names")]
    groups = [group for group in groups if len(_names(group, "weight_names"))]
    if len(groups) != len(layers):
        raise _OtherContentError(f"has {len(groups)} layers with weights where the trunk has {len(layers)}")
    for layer, group in zip(layers, groups, strict=True):
        datasets = [group[name] for name in _names(group, "weight_names")]
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if layer is layers[0]:
            (height, width, _, filters) = shapes[0]
            (colours,) = _arrays(layer.name, datasets, [(height, width, 3, filters)])
            yield [colours.sum(axis=2, keepdims=True)]
        else:
            yield _arrays(layer.name, datasets, shapes)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[attribute]]


def _arrays(layer: str, datasets: list[h5py.Dataset], shapes: list[tuple[int, ...]]) -> Arrays:
    """Read the numbers of a layer, after comparing their shapes."""
    received = [dataset.shape for dataset in datasets]
    if received != shapes:
        raise _OtherContentError(f"has shapes {received} in layer {layer!r} where {shapes} are expected")
    if any(dataset.dtype.kind != "f" or dataset.external for dataset in datasets):
        raise _OtherContentError(f"contains other data than its own numbers in layer {layer!r}")
    arrays = [dataset[()].astype(np.float32) for dataset in datasets]
    if not all(np.isfinite(array).all() for array in arrays):
        raise _OtherContentError(f"contains numbers that are not finite in layer {layer!r}")
    return arrays


def _elsewhere(name: str, link: object) -> str | None:
    """Return the name of a link that leaves the file or the tree; the visit stops at the first."""
    return None if isinstance(link, h5py.HardLink) else str(name)
