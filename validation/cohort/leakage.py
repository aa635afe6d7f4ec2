"""Leakage: analysed images that match images which trained or tuned the device.

Owns the count over the analysed images and the refusal in a confirmatory study. The comparison is
`protocols.images.hashes`; its result is images.csv, which `predict` writes.
"""

import itertools
from typing import Literal

from protocols.errors import BadInputError
from protocols.images.hashes import IDENTICAL, NEAR, Inventory
from validation.cohort.join import JoinedCohort
from validation.results.secondary import Leakage, NearDuplicate


def leakage_of(
    cohort: JoinedCohort, inventory: Inventory | None, *, stage: Literal["exploratory", "confirmatory"]
) -> Leakage | None:
    """Count the analysed images that match a training or tuning image; None where they were not compared.

    Args:
        cohort: the joined cohort.
        inventory: the decoded images, each with its match.
        stage: a confirmatory study with a match is refused.

    Raises:
        BadInputError: the study is confirmatory and an analysed image trained or tuned the device.
    """
    if inventory is None:
        return None
    analysed = list(
        itertools.compress(zip(cohort.image_id, cohort.patient_id, strict=True), cohort.analysed.tolist())
    )
    pictures = tuple(
        NearDuplicate(image, inventory.likes[image].image_id, inventory.likes[image].kind)
        for image, _ in analysed
        if image in inventory.likes
    )
    if pictures and stage == "confirmatory":
        first = pictures[0]
        raise BadInputError(
            f"{len(pictures)} analysed images are the same, or nearly the same, as images that trained or tuned "
            f"the device (the first: {first.image_id!r} is like {first.like!r}), so a confirmatory study cannot use "
            "them; leave these patients out of the studies, or train again without them."
        )
    return Leakage(
        compared=sum(image in inventory.records for image, _ in analysed),
        identical=sum(picture.kind == IDENTICAL for picture in pictures),
        near=sum(picture.kind == NEAR for picture in pictures),
        patients=len({patient for image, patient in analysed if image in inventory.likes}),
        pictures=pictures,
    )
