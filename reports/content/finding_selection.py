"""Which findings of a cohort's labels a page shows where it has no room for all, and how closely two go together.

Owns the selection, which text and figures share. The counts are the profile's own.
"""

from protocols.cohorts.profile.profile_parts import LabelProfile

MOST_FINDINGS, MOST_TOGETHER = 36, 18  # what a page has room for


def most_frequent(labels: LabelProfile, most: int) -> list[int]:
    """Return the places of the findings with the most positives, in the order of the columns."""
    places = range(len(labels.findings))
    return sorted(sorted(places, key=lambda place: -labels.findings[place].positives)[:most])


def closest_share(labels: LabelProfile) -> float:
    """Return the largest proportion of one finding's positives that are positive for another; 0 without any."""
    return max(
        (
            number / row[place]
            for place, row in enumerate(labels.co_occurrence)
            for other, number in enumerate(row)
            if other != place and row[place]
        ),
        default=0.0,
    )
