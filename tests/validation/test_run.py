"""A whole validation: the published study on real data, and laws that hold for any study."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.cohorts.cohort import write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.rsna import rsna
from protocols.progress import silent
from protocols.schema.load import library_protocol, load_protocol
from tests.conftest import Study
from validation.cohort.inputs import InputFiles
from validation.results.results import Estimate, Results, results_from_json
from validation.run import validate


@pytest.fixture(scope="session")
def published_files(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> InputFiles:
    """The tables of chexnet-nih-rsna from the shared data."""
    folder = tmp_path_factory.mktemp("rsna")
    write_cohort(
        rsna(
            shared_data / "rsna" / "rsna_to_nih.csv.gz",
            CohortRequest(
                out=folder,
                within=shared_data / "chexnet" / "preds.csv.gz",
                boxes=shared_data / "rsna" / "stage_2_train_labels.csv.gz",
            ),
            metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
        ),
        folder,
    )
    return InputFiles(
        folder / "studies.csv",
        folder / "reads.csv",
        shared_data / "chexnet" / "preds.csv.gz",
        flow=folder / "flow.csv",
    )


@pytest.fixture(scope="session")
def published(published_files: InputFiles) -> Results:
    """chexnet-nih-rsna on the shared data."""
    return validate(library_protocol("chexnet-nih-rsna"), published_files, silent).results


def confusion_of(results: Results, axis: str = "overall", level: str = "all") -> tuple[int, int, int, int]:
    """TP, FN, FP, TN of a row."""
    right, negatives_right = (results.estimate(name, axis, level) for name in ("sensitivity", "specificity"))
    assert right.numerator is not None
    assert right.denominator is not None
    assert negatives_right.numerator is not None
    assert negatives_right.denominator is not None
    return (
        right.numerator,
        right.denominator - right.numerator,
        negatives_right.denominator - negatives_right.numerator,
        negatives_right.numerator,
    )


@pytest.mark.parametrize(
    ("axis", "level", "counts"),
    [
        ("overall", "all", (615, 493, 680, 3578)),
        ("sex", "F", (248, 219, 245, 1614)),
        ("view", "AP", (489, 371, 340, 1204)),
        ("age_years", ">=65", (80, 65, 101, 494)),
    ],
)
def test_counts_against_published(
    published: Results, axis: str, level: str, counts: tuple[int, int, int, int]
) -> None:
    assert confusion_of(published, axis, level) == counts


def test_flow_against_published(published: Results) -> None:
    assert [(step.step, step.images, step.patients) for step in published.flow if step.images][:4] == [
        ("source", 26684, 11439),
        ("duplicate_match", 21, 21),
        ("not_within", 21297, 9108),
        ("all", 5366, 2331),
    ]


@pytest.mark.parametrize(
    ("metric", "interval", "expected"),
    [
        ("sensitivity", "percentile", (0.49857779, 0.610084226)),
        ("sensitivity", "exact_clustered", (0.494805292, 0.614128042)),
        ("f1", "exact_clustered", (0.467080005, 0.555822313)),
        ("auroc", "percentile", (0.772418888, 0.813524352)),
        ("average_precision", "percentile", (0.442695346, 0.536619375)),
    ],
)
def test_intervals_against_published(
    published: Results, metric: str, interval: str, expected: tuple[float, float]
) -> None:
    assert published.estimate(metric).intervals[interval] == expected


def test_other_numbers_against_published(published: Results) -> None:
    assert published.estimate("auroc").value == 0.793433745
    assert published.estimate("sensitivity").design_effect == 3.633569446
    assert published.resampling.draws_sha256.startswith("9f1e6266ef204f25")
    assert published.verdict == "fail"


def test_calibration_against_statsmodels(published: Results) -> None:
    # GLM Binomial with patients as clusters and K/(K-1), run once on the same scores; Brier by scikit-learn.
    fitted = published.calibration
    assert (fitted.slope.value, fitted.slope.interval) == (1.157843, (1.048692, 1.266995))
    assert (fitted.intercept.value, fitted.intercept.interval) == (3.745969, (3.280820, 4.211119))
    assert (fitted.in_the_large.value, fitted.in_the_large.interval) == (3.090919, (2.968525, 3.213312))
    assert fitted.brier is not None
    assert fitted.brier.brier == published.estimate("brier").value == 0.195372


def test_projection_against_bayes(published: Results) -> None:
    (ppv,) = (one for one in published.projections if (one.metric, one.prevalence) == ("ppv", 0.1))
    se, sp = 615 / 1108, 3578 / 4258
    assert ppv.value == round(0.1 * se / (0.1 * se + 0.9 * (1 - sp)), 9)
    assert ppv.intervals["bca"] == (0.257012377, 0.302168923)


def test_the_locked_row_of_other_thresholds_against_itself(published: Results) -> None:
    (locked,) = (row for row in published.threshold_sensitivity if row.shift == 0)
    assert locked.threshold == published.operating_point.threshold
    for one in locked.estimates:
        assert one.interval == published.estimate(one.metric).intervals["exact_clustered"]


def test_one_image_a_patient_by_hand(published: Results) -> None:
    # Clustered and ordinary intervals are the same where every patient has one image.
    rows = {
        row.metric: row for row in published.sensitivity_analyses if row.analysis == "one_image_per_patient"
    }
    assert rows["accuracy"].images == rows["accuracy"].patients == 2331
    for metric in ("sensitivity", "specificity", "f1", "ppv", "npv", "accuracy", "prevalence"):
        assert rows[metric].intervals["exact_clustered"] == rows[metric].intervals["clopper_pearson"]


def test_poor_matches_leave_seventeen_images_against_published(published: Results) -> None:
    rows = [row for row in published.sensitivity_analyses if row.analysis == "poor-matches"]
    assert {row.images for row in rows} == {5366 - 17}
    (left_out,) = published.sensitivity_exclusions
    assert len(left_out.image_ids) == 17


def test_results_survive_their_bytes_against_itself(published: Results) -> None:
    assert results_from_json(published.to_json().encode(), source="results.json") == published


def small(study: Study) -> Results:
    files = InputFiles(study.studies, study.reads, study.predictions)
    return validate(load_protocol(study.protocol), files, silent).results


def test_numbers_of_the_small_study_by_hand(study: Study) -> None:
    # 120 images, 60 positive; every seventh image (18 of 120) is called wrong, 9 in each class.
    sensitivity = small(study).estimate("sensitivity")
    assert (sensitivity.numerator, sensitivity.denominator) == (51, 60)


def test_every_interval_holds_its_estimate_and_has_a_width(study: Study, published: Results) -> None:
    for results in (small(study), published):
        for row in (*results.estimates, *results.sensitivity_analyses):
            _check_row(row)


def _check_row(row: Estimate) -> None:
    assert set(row.interval_notes) == {name for name, interval in row.intervals.items() if interval is None}
    assert (row.status == "undefined") == (row.value is None)
    for interval in row.intervals.values():
        if interval is not None and row.value is not None:
            assert interval[0] < interval[1]
            # delong_clustered carries 6 decimals
            assert interval[0] - 1e-6 <= row.value <= interval[1] + 1e-6


def test_a_perfect_device_has_no_zero_width_interval(study: Study) -> None:
    lines = study.reads.read_text(encoding="utf-8").splitlines()[1:]
    truth = {line.split(",")[0]: line.endswith("positive") for line in lines}
    rows = [f"{image},{0.9 if positive else 0.1}" for image, positive in truth.items()]
    study.predictions.write_text("\n".join(["image_id,score", *rows]) + "\n", encoding="utf-8")
    results = small(study)
    deciding = {
        name: results.estimate(name).decision_interval
        for name in ("sensitivity", "auroc", "balanced_accuracy")
    }
    assert deciding == {
        "sensitivity": "exact_clustered",
        "auroc": "wilson_patients",
        "balanced_accuracy": "mover",
    }
    assert results.estimate("sensitivity").intervals["percentile"] is None


@pytest.mark.parametrize("verdict", ["positive", "negative"])
@pytest.mark.fault(26)
def test_without_positives_or_negatives_metrics_are_undefined_not_zero(study: Study, verdict: str) -> None:
    text = study.reads.read_text(encoding="utf-8")
    study.reads.write_text(text.replace("positive", verdict).replace("negative", verdict), encoding="utf-8")
    results = small(study)
    missing = "specificity" if verdict == "positive" else "sensitivity"
    assert (results.estimate(missing).value, results.estimate("auroc").status) == (None, "undefined")


def test_excluded_images_come_back_at_the_extremes(study: Study) -> None:
    # Six images of patients of their own get no score: excluded from the primary analysis, not from the extremes.
    lines = study.predictions.read_text(encoding="utf-8").splitlines()
    study.predictions.write_text("\n".join(lines[:-6]) + "\n", encoding="utf-8")
    text = study.protocol.read_text(encoding="utf-8")
    study.protocol.write_text(
        text.replace("[bootstrap]", '[missing]\nnot_processed = "exclude"\n[bootstrap]'), encoding="utf-8"
    )
    results = small(study)
    images = {row.analysis: row.images for row in results.sensitivity_analyses if row.metric == "accuracy"}
    assert (results.cohort.images, images["all_best"], images["other_unit"]) == (114, 120, 114)
    accuracy = {row.analysis: row.value for row in results.sensitivity_analyses if row.metric == "accuracy"}
    assert accuracy["all_worst"] < results.estimate("accuracy").value < accuracy["all_best"]  # type: ignore[operator]


def test_patients_as_units_are_one_image_each_against_itself(study: Study) -> None:
    text = study.protocol.read_text(encoding="utf-8")
    study.protocol.write_text(
        text.replace("[bootstrap]", '[analysis]\nunit = "patient"\n[bootstrap]'), encoding="utf-8"
    )
    row = small(study).estimate("specificity")
    assert (row.denominator, row.images, row.design_effect) == (30, 120, 1.0)
    assert row.intervals["exact_clustered"] == row.intervals["clopper_pearson"]


def test_levels_add_up_to_the_whole_against_itself(published: Results) -> None:
    for axis in ("age_years", "sex", "view", "sex,view"):
        rows = [row for row in published.estimates if row.metric == "accuracy" and row.subgroup.axis == axis]
        assert sum(row.numerator or 0 for row in rows) == published.estimate("accuracy").numerator


@pytest.mark.slow
def test_the_hardest_images_that_are_not_answered_raise_nothing(
    published: Results, published_files: InputFiles, tmp_path: Path
) -> None:
    # The 50 positives with the lowest scores are said to have failed, then the 50 negatives with the highest as well.
    listing = validate(library_protocol("chexnet-nih-rsna"), published_files, silent).line_listing
    images = [row for row in csv.DictReader(io.StringIO(listing)) if row["step"] == "analysed"]
    by_score = sorted(images, key=lambda row: float(row["score"]))
    positives = [row["image_id"] for row in by_score if row["reference"] == "positive"][:50]
    negatives = [row["image_id"] for row in by_score if row["reference"] == "negative"][-50:]
    before, failed = published, set[str]()
    for silenced in (positives, negatives):
        failed |= set(silenced)
        path = tmp_path / f"{len(failed)}.csv"
        rows = [
            f"{row['image_id']},{'' if row['image_id'] in failed else row['score']},"
            f"{'failed' if row['image_id'] in failed else 'ok'}"
            for row in images
        ]
        path.write_text("\n".join(["Image Index,prob_Pneumonia,status", *rows]) + "\n", encoding="utf-8")
        files = replace(published_files, predictions=path)
        after = validate(library_protocol("chexnet-nih-rsna"), files, silent).results
        for metric in ("auroc", "average_precision"):
            higher, lower = before.estimate(metric), after.estimate(metric)
            assert higher.value is not None
            assert lower.value is not None
            assert lower.value < higher.value
            for name, interval in lower.intervals.items():
                bounds = higher.intervals[name]
                assert interval is not None
                assert bounds is not None
                assert interval[0] < bounds[0]
                assert interval[1] < bounds[1]
        before = after
