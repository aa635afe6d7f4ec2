"""What stands beside the primary analysis, by hand."""

import hashlib

from tests.validation.conftest import TABLES, Image, Judge


def test_one_image_per_patient_is_the_one_of_the_smallest_hash(judge: Judge) -> None:
    # Patient n has three images with three different scores; images are named i0000 onwards in their order.
    images = [Image(f"p{n // 3:02}", "P", (0.9, 0.1, 0.1)[n % 3]) for n in range(120)]
    results = judge(images)
    chosen = [
        min(range(first, first + 3), key=lambda n: hashlib.sha256(f"i{n:04}".encode()).digest())
        for first in range(0, 120, 3)
    ]
    (row,) = (
        row
        for row in results.sensitivity_analyses
        if (row.analysis, row.metric) == ("one_image_per_patient", "sensitivity")
    )
    assert (row.images, row.patients, row.design_effect) == (40, 40, 1.0)
    assert row.numerator == sum(n % 3 == 0 for n in chosen)
    assert row.intervals["exact_clustered"] == row.intervals["clopper_pearson"]


def test_latent_truth_outvotes_a_reader_who_errs(judge: Judge) -> None:
    # R2 says positive at random; on images that R0, R1, R3, R4 call negative he changes nothing.
    images = []
    for n in range(60):
        truth = "P" if n % 2 else "N"
        votes = truth * 2 + "PN"[n % 3 == 0] + truth * 2
        images.append(Image(f"p{n:02}", votes, 0.9 if truth == "P" else 0.1))
    results = judge(images)
    assert results.agreement.dawid_skene.changed == 0
    rows = [row for row in results.sensitivity_analyses if row.analysis == "dawid_skene"]
    assert {row.metric: row.value for row in rows}["sensitivity"] == 1.0


def test_strata_fix_the_number_of_patients_of_each_class(judge: Judge) -> None:
    images = [Image(f"p{n:02}", "P" if n < 12 else "N", (0.9, 0.1)[n % 2]) for n in range(40)]
    images.append(Image("p00", "N", 0.1))
    results = judge(images, TABLES.replace("replicates = 1000", 'replicates = 1000\nstrata = "class"'))
    assert results.resampling.strata_patients == {"positive_only": 11, "negative_only": 28, "both": 1}
    # Every draw has the same number of positive images, so that prevalence hardly moves.
    prevalence = results.estimate("prevalence").intervals["percentile"]
    assert prevalence is None or prevalence[1] - prevalence[0] < 0.03
    assert results.estimate("sensitivity").intervals["percentile"] is not None
