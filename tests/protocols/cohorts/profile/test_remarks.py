"""Each rule fires where it says and nowhere else."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from protocols.cohorts.profile.profile_record import Profile
from protocols.cohorts.profile.remarks import RULES
from protocols.cohorts.profile.write import write_profile
from protocols.progress import silent

HEAD = ("image_id", "patient_id", "age_years", "sex", "view")
LABEL_HEAD = ("image_id", "F", "G")


def cohort(
    tiny: Callable[..., Path],
    *,
    positives: int = 40,
    negatives: int = 40,
    ap_of_positives: int = 20,
    ap_of_negatives: int = 20,
    age_of_positives: int = 50,
    images_a_patient: int = 1,
    reads: Sequence[Sequence[str]] | None = None,
    also: int = 10,
) -> Profile:
    """As many positives and negatives, with no pictures; ``also`` of the positives have G, 35 negatives too."""
    studies, labels = [HEAD], [LABEL_HEAD]
    for number in range(positives + negatives):
        positive = number < positives
        place = number if positive else number - positives
        view = "AP" if place < (ap_of_positives if positive else ap_of_negatives) else "PA"
        age = age_of_positives if positive else 50
        studies.append((f"i{number}", f"p{number // images_a_patient}", str(age), "F", view))
        labels.append((f"i{number}", str(int(positive)), str(int(place < (also if positive else 35)))))
    folder = tiny(studies=studies, labels=labels, reads=reads, flow=None)
    return write_profile(folder, folder, finding=None, progress=silent)


def fired(profile: Profile) -> dict[str, str]:
    return {remark.rule: remark.sentence for remark in profile.remarks}


def test_a_quiet_cohort_by_hand(tiny: Callable[..., Path]) -> None:
    assert fired(cohort(tiny)) == {}


@pytest.mark.parametrize(
    ("change", "rule", "sentence"),
    [
        ({"positives": 29, "also": 0}, "few", "Few labels are positive: F 29."),
        (
            {"positives": 30, "negatives": 970, "also": 0},
            "rare",
            "Rare among the labelled images: F 3.0 %, G 3.5 %. Whoever calls all of them negative is right in more "
            "than 95 %; accuracy says little here.",
        ),
        ({"also": 20}, "together", "Of 40 images positive for F, 20 (50.0 %) are positive for G too."),
        (
            {"ap_of_positives": 24},
            "associated",
            "Class and view are associated: AP among positives 60.0 %, among negatives 50.0 %.",
        ),
        (
            {"age_of_positives": 55},
            "ages",
            "Class and age are associated: positives are 55.0 years old on average, negatives 50.0.",
        ),
        (
            {"images_a_patient": 2},
            "repeated",
            "Patients have 2.00 images on average: images of one patient are alike, so split by patient and cluster "
            "every interval by patient.",
        ),
    ],
)
def test_each_rule_by_hand(
    tiny: Callable[..., Path], change: dict[str, int], rule: str, sentence: str
) -> None:
    assert fired(cohort(tiny, **change))[rule].replace("\u00a0", " ") == sentence


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"positives": 30, "also": 0}, "few"),
        ({"also": 19}, "together"),
        ({"ap_of_positives": 23}, "associated"),
        ({"age_of_positives": 54}, "ages"),
        ({}, "rare"),
        ({}, "repeated"),
        ({}, "sources"),
        ({}, "files"),
    ],
)
def test_no_rule_fires_below_its_limit_by_hand(
    tiny: Callable[..., Path], change: dict[str, int], rule: str
) -> None:
    assert rule not in fired(cohort(tiny, **change))


def test_readers_who_differ_by_hand(tiny: Callable[..., Path]) -> None:
    reads = [("image_id", "reader_id", "verdict")]
    for number in range(40):
        reads.append((f"i{number}", "keen", "positive"))
        reads.append((f"i{number}", "loath", "positive" if number < 30 else "negative"))
    said = fired(cohort(tiny, reads=reads))
    assert said["readers"].replace("\u00a0", " ") == (
        "Readers differ: keen calls 100.0 % of the images positive, loath 75.0 %."
    )
    assert "agreement" not in said


def test_labels_and_readers_that_disagree_by_hand(tiny: Callable[..., Path]) -> None:
    reads = [("image_id", "reader_id", "verdict")]
    reads += [(f"i{number}", "R", "positive" if number < 26 else "negative") for number in range(30)]
    assert fired(cohort(tiny, reads=reads))["agreement"].replace("\u00a0", " ") == (
        "Label F and the readers agree on 86.7 % of the 30 images that have both."
    )


def test_faults_of_a_tiny_cohort_by_hand(tiny: Callable[..., Path]) -> None:
    folder = tiny()
    said = [
        remark.sentence for remark in write_profile(folder, folder, finding=None, progress=silent).remarks
    ]
    assert "1 of 6 images has no file." in said
    assert "1 of 5 sampled pictures cannot be decoded: the file is empty (0 bytes)." in said
    assert "3 of 4 decoded pictures hold one grey level only." in said
    assert "age_years holds 1 cell that the suite cannot use and takes for unknown." in said


def test_every_remark_has_its_rule(tiny: Callable[..., Path]) -> None:
    assert set(fired(cohort(tiny, positives=5, images_a_patient=3))) <= set(RULES)
