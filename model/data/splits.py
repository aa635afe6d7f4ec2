"""Division of the labelled images into training and tuning split; a patient is in one split only.

Owns the salted hash that divides patients, and the refusals of unusable labels. Images marked ``test`` are never
used here. An image without a known label of the primary finding still trains the other heads; everything that is
measured or chosen takes the images on which the primary finding is known.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.schema.training import SplitRule, Training
from protocols.tables.reading import listing
from protocols.tables.records import Labels, Split, Studies

HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Examples:
    """The labelled images of one split.

    Attributes:
        rows: positions in the studies table, rising; each image has a known label of one head at least.
        labels: 1, 0 or NaN (unknown), of shape (rows, heads).
        primary: position of the head of the finding that the device is for.
        patient_id: of each row.
        unlabelled: images of the split that are left out because no head has a known label.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.float64]
    primary: int
    patient_id: tuple[str, ...]
    unlabelled: int

    @property
    def known(self) -> NDArray[np.intp]:
        """Places among `rows` where the primary finding is known."""
        return np.flatnonzero(~np.isnan(self.labels[:, self.primary]))

    @property
    def primary_labels(self) -> NDArray[np.int64]:
        """The primary finding, 1 or 0, at `known`."""
        known: NDArray[np.float64] = self.labels[self.known, self.primary]
        return known.astype(np.int64)

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len(set(self.patient_id))

    @property
    def known_patients(self) -> int:
        """Number of patients with an image on which the primary finding is known."""
        return len({self.patient_id[place] for place in self.known})

    @property
    def positives(self) -> int:
        """Number of images with the primary finding."""
        return self.of_head(self.primary)[0]

    @property
    def negatives(self) -> int:
        """Number of images without it."""
        return self.of_head(self.primary)[1]

    def of_head(self, head: int) -> tuple[int, int]:
        """Count images with and images without the finding of a head."""
        labels = self.labels[:, head]
        return int(np.count_nonzero(labels == 1)), int(np.count_nonzero(labels == 0))

    def without(self, places: Collection[int]) -> "Examples":
        """Return the split without the images at some places among `rows`."""
        kept = [place for place in range(len(self.rows)) if place not in places]
        return Examples(
            self.rows[kept],
            self.labels[kept],
            self.primary,
            tuple(self.patient_id[place] for place in kept),
            self.unlabelled,
        )


@dataclass(frozen=True, slots=True)
class Division:
    """Training and tuning split, and whether the studies table or the hash defined them."""

    origin: Literal["studies", "hash"]
    train: Examples
    tune: Examples


def divide(studies: Studies, labels: Labels, *, training: Training, rule: SplitRule | None) -> Division:
    """Take train and tune as marked in the studies table, or divide the patients of ``train`` by the rule.

    Args:
        studies: the cohort, with a split column.
        labels: the findings.
        training: the protocol's ``[training]``, for its heads.
        rule: the protocol's ``[split]``; needed where no patient is marked ``tune``.

    Raises:
        BadInputError: no split column, nothing to train on, no ``tune`` and no rule, findings that the labels
            lack, a split with primary labels of one kind only, or a head without a known training label.
    """
    if studies.split is None:
        raise BadInputError(
            f"{studies.source}: has no column 'split', so the images that may be trained on are not marked; make the "
            "studies with `cxr510k cohort ... --hold-out FILE`, or add the column with train, tune and test."
        )
    splits = np.array(studies.split)
    if Split.TRAIN not in splits:
        raise BadInputError(f"{studies.source}: no image is marked train; mark the patients to train on.")
    origin: Literal["studies", "hash"] = "studies" if Split.TUNE in splits else "hash"
    if origin == "hash":
        if rule is None:
            raise BadInputError(
                f"{studies.source}: no image is marked tune; mark some patients, or give the protocol a [split] "
                "table with salt and tune_share."
            )
        for row in np.flatnonzero(splits == Split.TRAIN):
            splits[row] = Split.TUNE if tunes(studies.patient_id[row], rule) else Split.TRAIN
    target = _target(studies, labels, training.outputs)
    train, tune = (
        _examples(studies, splits == split, target, primary=training.primary)
        for split in (Split.TRAIN, Split.TUNE)
    )
    division = Division(origin, train, tune)
    refuse_one_kind(division, training, source=studies.source)
    return division


def tunes(patient_id: str, rule: SplitRule) -> bool:
    """Return whether a patient is in the tuning split.

    True when the first 64 bits of SHA-256(salt, NUL, patient_id), divided by 2^64, are below ``tune_share``.
    """
    digest = hashlib.sha256(f"{rule.salt}\0{patient_id}".encode()).digest()
    return int.from_bytes(digest[:HASH_BYTES], "big") / 256.0**HASH_BYTES < rule.tune_share


def refuse_one_kind(division: Division, training: Training, *, source: str) -> None:
    """Refuse a division from which the primary finding, or any head, cannot be learnt.

    Raises:
        BadInputError: naming the split or the head and the numbers of labels.
    """
    for split, examples in ((Split.TRAIN, division.train), (Split.TUNE, division.tune)):
        if not (examples.positives and examples.negatives):
            raise BadInputError(
                f"{source}: {examples.positives} of the {split} images have {training.label!r} = 1 and "
                f"{examples.negatives} have 0; both kinds are needed: check the labels, or the protocol's [split] "
                "salt and tune_share."
            )
    blind = [name for head, name in enumerate(training.outputs) if division.train.of_head(head) == (0, 0)]
    if blind:
        raise BadInputError(
            f"{source}: no train image has a known label of {listing(blind)}; take them out of [training] heads, "
            "or give labels."
        )


def _target(studies: Studies, labels: Labels, heads: Sequence[str]) -> NDArray[np.float64]:
    """Return labels of shape (studies, heads): 1, 0, or NaN where unknown or without a row in the labels."""
    missing = [head for head in heads if head not in labels.findings]
    if missing:
        raise BadInputError(
            f"{labels.source}: of the [training] label and heads, {listing(missing)} "
            f"{'is no finding' if len(missing) == 1 else 'are no findings'} of the labels; there are "
            f"{listing(list(labels.findings))}."
        )
    place = {image: position for position, image in enumerate(labels.image_id)}
    places = np.array([place.get(image, -1) for image in studies.image_id], dtype=np.int64)
    known = np.stack([labels.findings[head] for head in heads], axis=1).astype(np.float64)
    target = np.full((len(studies), len(heads)), np.nan)
    target[places >= 0] = known[places[places >= 0]]
    return target


def _examples(
    studies: Studies, chosen: NDArray[np.bool_], target: NDArray[np.float64], *, primary: int
) -> Examples:
    labelled = ~np.isnan(target).all(axis=1)
    rows = np.flatnonzero(chosen & labelled)
    return Examples(
        rows=rows,
        labels=target[rows],
        primary=primary,
        patient_id=tuple(studies.patient_id[row] for row in rows),
        unlabelled=int(np.count_nonzero(chosen & ~labelled)),
    )
