"""Which labelled images train the device and which tune it, never two splits for one patient.

Owns the salted hash that divides patients, and the refusals of unusable labels. Images marked ``test`` are
not touched here by any way.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.records import Labels, Split, Studies
from protocols.schema import Split as SplitRule
from protocols.tables import listing

HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Examples:
    """The labelled images of one split.

    Attributes:
        rows: positions in the studies table, rising.
        labels: 1 or 0 for each row.
        patients: how many patients the rows belong to.
        unlabelled: images of the split that are left out because their label is unknown.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: int
    unlabelled: int

    @property
    def positives(self) -> int:
        """Images with the finding."""
        return int(self.labels.sum())

    @property
    def negatives(self) -> int:
        """Images without the finding."""
        return len(self.labels) - self.positives


@dataclass(frozen=True, slots=True)
class Division:
    """What trains and what tunes, and whether the studies said so or the hash did."""

    origin: Literal["studies", "hash"]
    train: Examples
    tune: Examples


def divide(studies: Studies, labels: Labels, *, label: str, rule: SplitRule | None) -> Division:
    """Take train and tune as the studies have them, or divide the patients of ``train`` by the rule.

    Args:
        studies: the cohort, with a split column.
        labels: the findings.
        label: the finding to learn.
        rule: the protocol's ``[split]``; needed where no patient is marked ``tune``.

    Raises:
        BadInputError: no split column, nothing to train on, no ``tune`` and no rule, a finding that
            the labels lack, or a split with labels of one kind only.
    """
    if studies.split is None:
        raise BadInputError(
            f"{studies.source}: has no column 'split', so nothing says which images training may see; make the "
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
    target = _target(studies, labels, label)
    return Division(
        origin,
        _examples(studies, splits == Split.TRAIN, target, named=f"{Split.TRAIN} images have {label!r}"),
        _examples(studies, splits == Split.TUNE, target, named=f"{Split.TUNE} images have {label!r}"),
    )


def tunes(patient_id: str, rule: SplitRule) -> bool:
    """Whether a patient tunes: SHA-256 of salt, NUL and id; its first 64 bits as a share below ``tune_share``."""
    digest = hashlib.sha256(f"{rule.salt}\0{patient_id}".encode()).digest()
    return int.from_bytes(digest[:HASH_BYTES], "big") / 256.0**HASH_BYTES < rule.tune_share


def _target(studies: Studies, labels: Labels, label: str) -> NDArray[np.float64]:
    """The label of each study: 1, 0, or NaN where it is unknown or the image has no row in the labels."""
    if label not in labels.findings:
        raise BadInputError(
            f"{labels.source}: [training] label {label!r} is no finding of the labels; there are "
            f"{listing(list(labels.findings))}."
        )
    known = dict(zip(labels.image_id, labels.findings[label], strict=True))
    return np.array([known.get(image, np.nan) for image in studies.image_id], dtype=np.float64)


def _examples(
    studies: Studies, chosen: NDArray[np.bool_], target: NDArray[np.float64], *, named: str
) -> Examples:
    rows = np.flatnonzero(chosen & ~np.isnan(target))
    examples = Examples(
        rows=rows,
        labels=target[rows].astype(np.int64),
        patients=len({studies.patient_id[row] for row in rows}),
        unlabelled=int(np.count_nonzero(chosen & np.isnan(target))),
    )
    if examples.positives == 0 or examples.negatives == 0:
        raise BadInputError(
            f"{studies.source}: {examples.positives} of the {named} = 1 and {examples.negatives} have 0; both "
            "kinds are needed: check the labels, or the protocol's [split] salt and tune_share."
        )
    return examples
