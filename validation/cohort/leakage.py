"""Whether the device saw test pictures before: pictures that are the same as those which trained or tuned it.

Owns the count over the analysed images and the refusal in a confirmatory study. How pictures are compared is
`protocols.images`; images.csv, which `predict` writes, says what was found.
"""

import itertools
from typing import Literal

from protocols.errors import BadInputError
from protocols.images.hashes import IDENTICAL, NEAR, Inventory
from validation.cohort.join import JoinedCohort
from validation.results.secondary import Leakage, LikePicture


def leakage_of(
    cohort: JoinedCohort, inventory: Inventory | None, *, stage: Literal["exploratory", "confirmatory"]
) -> Leakage | None:
    """Count the analysed images whose pictures were seen before; None where nobody compared.

    Args:
        cohort: the joined cohort.
        inventory: of the pictures that were decoded, each with the one it is like.
        stage: a confirmatory study is refused where there is one.

    Raises:
        BadInputError: the study is confirmatory and an analysed picture trained or tuned the device.
    """
    if inventory is None:
        return None
    analysed = list(
        itertools.compress(zip(cohort.image_id, cohort.patient_id, strict=True), cohort.analysed.tolist())
    )
    pictures = tuple(
        LikePicture(image, inventory.likes[image].image_id, inventory.likes[image].kind)
        for image, _ in analysed
        if image in inventory.likes
    )
    if pictures and stage == "confirmatory":
        first = pictures[0]
        raise BadInputError(
            f"{len(pictures)} analysed pictures are the same, or nearly the same, as pictures that trained or tuned "
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
