"""Check that scores and reads belong to the cohort, before any score is compared with a reference.

Owns the refusals of tables of other images. Smaller mismatches are counted (`join`) and reported (`input_notices`).
Source: the contract ("Refused before any score meets a reference").
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.tables.identifier_mismatches import near_misses
from protocols.tables.reading import among
from protocols.tables.records import Predictions, Reads
from validation.cohort.inputs import Records

FAILED = "; an image on which the device failed needs a row with a status"


def refuse_other_cohort(records: Records) -> None:
    """Refuse reads or scores that cover too little of the test set.

    Raises:
        BadInputError: no read or no prediction names an image of the test set, fewer than half of its images have a
            read, or fewer than half of those with a read have a row in predictions.
    """
    test_set = records.studies.frame["image_id"][records.studies.in_test_split]
    if test_set.empty:
        return  # `join` reports that no image is left
    reads, predictions = records.reads, records.predictions
    is_read, has_row = (among(test_set, table.frame["image_id"]) for table in (reads, predictions))
    _refuse_few(reads, "a read", is_read, test_set)
    if not has_row.any():
        _refuse_few(predictions, "a score", has_row, test_set)
    of_read = has_row[is_read]
    _refuse_few(predictions, "a row in predictions", of_read, test_set[is_read], " with a read", FAILED)


def cause_of_mismatch(unmatched: Sequence[str], known: Sequence[str]) -> str:
    """Return the likely cause why identifiers are not found, with examples; empty where there is none."""
    found = near_misses(unmatched, known)
    if found is None:
        return ""
    pairs = ", ".join(f"{given!r} for {meant!r}" for given, meant in found.examples)
    return f"{found.cause} ({pairs})"


def _refuse_few(
    table: Reads | Predictions,
    what: str,
    found: NDArray[np.bool_],
    wanted: pd.Series,
    of: str = "",
    more: str = "",
) -> None:
    if 2 * int(found.sum()) >= len(wanted):
        return
    given = table.frame["image_id"]
    missing, strange = wanted[~found], given[~among(given, wanted)]
    cause = cause_of_mismatch(list(strange), list(missing))
    if cause:
        why = f"the likely cause is {cause}"
    elif strange.empty:
        why = "the others have none"
    else:
        why = f"image ids there look like {strange.iloc[0]!r}, those of the studies like {missing.iloc[0]!r}"
    raise BadInputError(
        f"{table.source}: {int(found.sum()):,} of the {len(wanted):,} test images{of} have {what}, and at least half "
        f"must; {why}. Give the file of this cohort{more}."
    )
