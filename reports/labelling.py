"""Draft labelling sentences: what the study does not establish, as a reader of the labelling would have to know it.

Owns one sentence a row that is too small or undefined, after the habit of naming in the indications what was not
tested.
"""

from reports.formatting import count, counted, listed, sentence
from reports.rows import LevelRow
from reports.wording import Words
from validation.results import OVERALL_AXIS


def labelling_sentence(row: LevelRow, words: Words) -> str:
    """What has not been established for one row, and on how little that rests."""
    metrics = listed([words.within(words.metric(name)) for name in row.short_of])
    have = "has" if len(row.short_of) == 1 else "have"
    whom = (
        "for the cohort as a whole"
        if row.subgroup.axis == OVERALL_AXIS
        else f"for images of this kind: {words.whom(row.subgroup)}"
    )
    studied = (
        f"{counted(row.size.patients, 'patient')}, {count(row.size.positive_patients)} with a positive and "
        f"{count(row.size.negative_patients)} with a negative image, were studied"
    )
    return f"{sentence(metrics)} {have} not been established {whom} ({studied})."
