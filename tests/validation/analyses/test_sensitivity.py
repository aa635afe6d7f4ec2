"""Sensitivity analyses, by hand."""

import hashlib
from dataclasses import replace

from tests.validation.conftest import TABLES, Image, Judge
from validation.results.results import Results, SensitivityEstimate


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
    # R2 reads positive at random, without effect on images that R0, R1, R3, R4 read as negative.
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
    # Every replicate has the same number of positive images, so that prevalence hardly moves.
    prevalence = results.estimate("prevalence").intervals["percentile"]
    assert prevalence is None or prevalence[1] - prevalence[0] < 0.03
    assert results.estimate("sensitivity").intervals["percentile"] is not None


CRITERIA = (
    TABLES
    + """
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = 0.55
justification = "j"
[[criteria]]
id = "AUC-SEX"
metric = "auroc"
subgroup = {axis = "sex", level = "*"}
bound = "lower"
goal = 0.5
justification = "j"
"""
)


def row(results: Results, analysis: str, metric: str) -> SensitivityEstimate:
    return next(
        one for one in results.sensitivity_analyses if (one.analysis, one.metric) == (analysis, metric)
    )


def clean(silent: int) -> list[Image]:
    """Eighty patients, 40 of them positive, of whom 8 are missed; of the positive women the last have no score."""
    images = [
        Image(f"p{n:02}", "PN"[n % 2], (0.9, 0.1)[(n % 2) ^ (n % 10 == 0)], "FM"[n // 2 % 2])
        for n in range(80)
    ]
    women = [n for n, one in enumerate(images) if (one.reads, one.sex) == ("P", "F")]
    for n in women[len(women) - silent :]:
        images[n] = Image(images[n].patient, "P", None, "F")
    return images


def test_verdicts_of_each_analysis_by_hand(judge: Judge) -> None:
    results = judge(clean(silent=8), CRITERIA)
    verdicts = {name: one.verdicts for name, one in results.sensitivity_verdicts.items()}
    assert list(verdicts["all_worst"]) == ["SE", "AUC-SEX[sex=F]", "AUC-SEX[sex=M]"]
    # 25 of 40 are found; the eight without a score count as errors, and as right at the best.
    assert (
        row(results, "all_best", "sensitivity").value,
        row(results, "all_worst", "sensitivity").value,
    ) == (33 / 40, 25 / 40)
    assert row(results, "processed_only", "sensitivity").value == 25 / 32
    assert verdicts["all_worst"]["SE"] == "not_met" == {one.id: one.verdict for one in results.criteria}["SE"]
    assert verdicts["all_best"]["SE"] == verdicts["processed_only"]["SE"] == "met"
    assert results.sensitivity_verdicts["all_worst"].overall == "fail"
    told = [one for one in results.input_account.notices if one.kind == "verdict_differs"]
    assert ["under all_best" in one.text.lower() for one in told].count(True) == 1
    assert all("SE" in one.criteria for one in told)


def test_what_an_analysis_has_no_row_for_is_left_out(judge: Judge) -> None:
    weighted = [Image(one.patient, one.reads, one.score, one.sex, {"w": "2"}) for one in clean(silent=0)]
    results = judge(weighted, CRITERIA + '[weights]\ncolumn = "w"\n')
    assert list(results.sensitivity_verdicts["weighted"].verdicts) == ["SE"]
    assert {one.metric for one in results.sensitivity_analyses if one.analysis == "weighted"} >= {
        "sensitivity"
    }


def test_where_nothing_is_missing_the_extremes_are_the_study_against_itself(judge: Judge) -> None:
    results = judge(clean(silent=0), CRITERIA)
    for analysis in ("all_worst", "all_best", "processed_only"):
        assert {one.overall for one in results.sensitivity_verdicts.values()} == {results.verdict}
        for estimate in results.estimates[:13]:
            if estimate.metric != "prevalence":
                there = row(results, analysis, estimate.metric)
                assert (there.value, there.intervals) == (estimate.value, estimate.intervals)


def test_levels_are_judged_on_the_images_of_the_analysis_against_itself(judge: Judge) -> None:
    # Twice as a study of its own: without the images that have no score, and with them as the errors they count as.
    images = clean(silent=8)
    verdicts = judge(images, CRITERIA).sensitivity_verdicts
    answered = judge([one for one in images if one.score is not None], CRITERIA)
    wrong = judge([one if one.score is not None else replace(one, score=0.0) for one in images], CRITERIA)
    for name, study in (("processed_only", answered), ("all_worst", wrong)):
        assert verdicts[name].verdicts == {one.id: one.verdict for one in study.criteria}
