"""What is chosen for a figure where a page has no room for all."""

from protocols.cohorts.profile.profile_parts import Finding, LabelProfile
from reports.content.finding_selection import closest_share, most_frequent


def labels(*positives: int, together: tuple[tuple[int, ...], ...]) -> LabelProfile:
    return LabelProfile(
        images=100,
        unused=0,
        findings=tuple(
            Finding(
                name=f"F{place}",
                positives=number,
                negatives=100 - number,
                unknown=0,
                positive_patients=number,
                prevalence=number / 100,
                weight_of_positives=None,
                weight_of_negatives=None,
                share_before=None,
                share_after=None,
            )
            for place, number in enumerate(positives)
        ),
        co_occurrence=together,
        findings_an_image={},
    )


def test_the_most_frequent_keep_their_order_by_hand() -> None:
    found = labels(5, 1, 9, 9, together=())
    assert most_frequent(found, 3) == [0, 2, 3]
    assert most_frequent(found, 9) == [0, 1, 2, 3]


def test_the_closest_pair_by_hand() -> None:
    assert closest_share(labels(4, 10, 0, together=((4, 1, 0), (1, 10, 0), (0, 0, 0)))) == 0.25
    assert closest_share(labels(4, together=((4,),))) == 0.0
