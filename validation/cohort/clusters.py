"""The clusters that patients are resampled in, where these are not the patients: sites, scanners, hospitals.

Owns the rules that such a column must obey, checked before any score meets a reference, and the term in notes. Which
images each cluster brings is `outcomes`. Source: the contract ("Protocol", `bootstrap.cluster`).
"""

import numpy as np

from protocols.errors import BadInputError
from protocols.tables.reading import listing
from protocols.tables.records import Studies
from validation.cohort.join import Admitted

FEWEST_CLUSTERS = 5  # with fewer no interval between clusters is worth its name
FEW_CLUSTERS = 15  # with fewer the variance between them is itself known badly


def refuse_clusters(studies: Studies, admitted: Admitted, column: str | None) -> None:
    """Refuse a column that patients do not nest in, and a study of too few clusters.

    Args:
        studies: all images.
        admitted: which of them have a reference in the test set, and which are analysed.
        column: of the studies, ``bootstrap.cluster``; None where the patients are the clusters.

    Raises:
        BadInputError: the column is missing, empty for an image of the test set that has a reference, contains two
            values for a patient, or has fewer than 5 values among the analysed images.
    """
    if column is None:
        return
    if column not in studies.further:
        raise BadInputError(
            f"{studies.source}: bootstrap.cluster {column!r} is not a column of the studies in which patients could "
            f"nest; there are {listing(studies.further) or 'none'}."
        )
    names = studies.further[column]
    found: dict[str, str] = {}
    for row in np.flatnonzero(admitted.eligible).tolist():
        patient, name = studies.patient_id[row], names[row]
        if not name:
            raise BadInputError(
                f"{studies.source}: bootstrap.cluster {column!r} is empty for image {studies.image_id[row]!r}; every "
                "image of the test set with a reference needs its cluster."
            )
        if found.setdefault(patient, name) != name:
            raise BadInputError(
                f"{studies.source}: patient {patient!r} has images with {column} {found[patient]!r} and {name!r}; "
                "bootstrap.cluster needs a column with one value per patient."
            )
    there = sorted({names[row] for row in np.flatnonzero(admitted.analysed)})
    if 0 < len(there) < FEWEST_CLUSTERS:
        raise BadInputError(
            f"{studies.source}: the analysed images have {len(there)} values of {column} ({listing(there)}), and "
            f"bootstrap.cluster needs at least {FEWEST_CLUSTERS}; analyse more, or take patient_id and report each "
            f"{column} by itself."
        )


def note_on_clusters(note: str, *, grouped: bool) -> str:
    """Return the reason why an interval is null, in terms of clusters where these are groups of patients.

    >>> note_on_clusters("undefined without one of the patients", grouped=True)
    'undefined without one of the clusters'
    """
    return note.replace("patient", "cluster") if grouped else note
