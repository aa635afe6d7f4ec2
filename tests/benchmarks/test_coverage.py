"""The coverage certificate: its formulas against the product's, its truths against large studies, six of its cells."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from tests.benchmarks.coverage import certificate as certificates
from tests.benchmarks.coverage.acceptance import SCENARIOS, cohort, verdicts
from tests.benchmarks.coverage.auroc_candidates import CLOSED, RESAMPLED
from tests.benchmarks.coverage.candidates import CANDIDATES, DEFAULT, FORMER, LEVEL, summary
from tests.benchmarks.coverage.certificate import (
    LABELLED_CELLS,
    PLANS,
    Certificate,
    Plan,
    certificate,
    simulated_to_the_end,
)
from tests.benchmarks.coverage.designs import (
    Cell,
    Kind,
    ProportionCell,
    TwoPointCell,
    cells,
    cells_beyond,
    simulated,
)
from tests.benchmarks.coverage.f1 import F1Cell, closed_f1, resampled_f1
from tests.benchmarks.coverage.labelled_studies import Labelled
from tests.benchmarks.coverage.ledger import Ledger
from tests.benchmarks.coverage.left_out import DECIDES as JACKKNIFE
from tests.benchmarks.coverage.left_out import ORDINARY
from tests.benchmarks.coverage.mover import INDEPENDENT, MOVER
from tests.benchmarks.coverage.page import TEMPLATES, pages
from tests.benchmarks.coverage.proportions import exact, resampled, simulation
from tests.benchmarks.coverage.scores import (
    BY_MODEL,
    DECIDES,
    ScoreCell,
    every_metric,
    simulated_study,
    the_protocol,
    truths,
)
from tests.benchmarks.coverage.site_areas import AREA_INTERVALS
from tests.benchmarks.coverage.site_tables import RULES
from tests.benchmarks.coverage.tally import ABOVE_CLUSTERED, COVERAGE, Tally
from tests.benchmarks.coverage.whole_studies import estimates
from validation.intervals.proportions import clustered_proportion, exact_clustered, wilson
from validation.metrics.counts import balanced_accuracy, confusion, lr_negative, lr_positive

PAGES = Path(__file__).parents[2] / "docs" / "evidence"
STUDIES = 4_000
# Few and many patients, few and many images, and where the rules before this one failed.
IN_CI = (
    Cell(20, "1 to 8", "independent", 0.3, 0.95),
    Cell(50, "1 to 8", "harder", 0.6, 0.80),
    Cell(100, "8", "independent", 0.1, 0.99),
    Cell(200, "1 to 8", "easier", 0.3, 0.90),
    Cell(200, "skewed", "harder", 0.6, 0.80),
    Cell(500, "skewed", "independent", 0.6, 0.95),
    Cell(90, "skewed", "much harder", 0.3, 0.80),
    Cell(200, "skewed", "much harder", 0.1, 0.90),
    TwoPointCell(100, "8", 0.02, 0.97),
    TwoPointCell(200, "1 to 8", 0.05, 0.90),
    TwoPointCell(500, "skewed", 0.02, 0.97),
    TwoPointCell(1000, "skewed", 0.02, 0.97),
)


@pytest.mark.parametrize("cell", IN_CI, ids=lambda cell: f"{cell.images}-{cell.model}-{cell.patients}")
def test_the_default_meets_its_targets_against_theory(cell: ProportionCell) -> None:
    tally = simulation(cell, STUDIES, np.random.default_rng([510, 1]))[DEFAULT]
    assert tally.held >= binom.ppf(0.001, STUDIES, COVERAGE)
    assert tally.above <= binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED)


def test_the_former_default_did_not_meet_them_against_theory() -> None:
    failing = TwoPointCell(100, "8", 0.02, 0.97)
    tally = simulation(failing, STUDIES, np.random.default_rng([510, 1]))[FORMER]
    assert tally.above > binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED)


@pytest.mark.parametrize("kind", [("1", 0.0), ("2", 0.6), ("8", 0.3), ("1 to 8", 0.1), ("skewed", 0.6)])
def test_formulas_on_arrays_against_the_product(kind: tuple[str, float]) -> None:
    cell = Cell(20, kind[0], "independent", kind[1], 0.9)
    ((right, images),) = simulated(cell, 60, np.random.default_rng(1))
    # Patients without images, copies of images, no errors and one patient alone occur as well.
    images[:5, :4], right[:5, :4] = 0, 0
    images[5:10], right[5:10] = 3 * images[5:10], 3 * right[5:10]
    right[10:12] = images[10:12]
    images[12, 1:], right[12, 1:] = 0, 0
    several = summary(right, images)
    default, by_score = CANDIDATES[DEFAULT], CANDIDATES["wilson_effective"]
    size = default.effective(several)
    low, high = default.bounds(size * several.proportion, size)
    misses = default.misses(size * several.proportion, size, cell.proportion)
    for study in range(len(right)):
        sample = clustered_proportion(right[study], images[study], LEVEL)
        expected = exact_clustered(sample, LEVEL)
        assert (low[study], high[study]) == pytest.approx(expected, abs=1e-9)
        assert misses.above[study] == (expected[0] > cell.proportion)
        assert misses.below[study] == (expected[1] < cell.proportion)
        if sample.effective_trials is not None:
            ends = by_score.bounds(size[study] * several.proportion[study], size[study])
            assert ends == pytest.approx(wilson(sample.proportion, sample.effective_trials, LEVEL), abs=1e-9)


def test_mid_p_lies_within_clopper_pearson_by_hand() -> None:
    # 7 of 10: P(X > 7) + P(X = 7) / 2 = 0.025 at the lower bound.
    low, high = CANDIDATES["mid_p"].bounds(np.array([7.0]), np.array([10.0]))
    for bound, tail in ((low[0], 0.025), (high[0], 0.975)):
        assert binom.sf(7, 10, bound) + binom.pmf(7, 10, bound) / 2 == pytest.approx(tail)


def test_one_image_a_patient_is_summed_exactly_by_hand() -> None:
    tallies = exact(Cell(20, "1", "independent", 0.0, 0.9))
    # 14 of 20 ends below 0.9 (0.881), 15 does not (0.913); 20 of 20 begins at 0.832.
    assert tallies[DEFAULT].coverage.value == pytest.approx(1 - binom.cdf(14, 20, 0.9))
    assert tallies[DEFAULT].too_high.value == 0


@pytest.mark.parametrize("model", ["independent", "easier", "harder"])
def test_the_truth_is_that_of_a_large_study_against_theory(model: str) -> None:
    cell = Cell(200_000, "skewed", model, 0.3, 0.9)
    ((right, images),) = simulated(cell, 1, np.random.default_rng(1))
    assert right.sum() / images.sum() == pytest.approx(0.9, abs=0.004)
    few, many = images <= 2, images >= 8
    gap = right[many].sum() / images[many].sum() - right[few].sum() / images[few].sum()
    assert np.sign(round(gap, 2)) == {"independent": 0, "easier": 1, "harder": -1}[model]


def test_patients_who_fail_on_every_image_against_theory() -> None:
    cell = TwoPointCell(200_000, "2", 0.05, 0.9)
    ((right, images),) = simulated(cell, 1, np.random.default_rng(1))
    assert right.sum() / images.sum() == pytest.approx(cell.truth, abs=0.003)
    alike = ((right == 2).mean() - cell.truth**2) / (cell.truth * (1 - cell.truth))
    assert alike == pytest.approx(cell.correlation, abs=0.01)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_code_behind_every_cell_exists(plan: Plan) -> None:
    assert [name for name in plan.code if not (PAGES.parents[1] / name).is_file()] == []


def test_two_images_of_a_patient_have_the_correlation_against_theory() -> None:
    ((right, _),) = simulated(Cell(200_000, "2", "independent", 0.3, 0.8), 1, np.random.default_rng(1))
    both_right = (right == 2).mean()
    assert (both_right - 0.8**2) / (0.8 * 0.2) == pytest.approx(0.3, abs=0.01)


def test_f1_holds_its_truth_against_theory() -> None:
    cell = F1Cell(50, "1 to 8", 0.3, 0.8)
    assert closed_f1(cell, studies=500, seed=[510, 2])[DEFAULT].held >= binom.ppf(0.001, 500, COVERAGE)
    large = closed_f1(F1Cell(100_000, "1", 0.0, 0.8), studies=1, seed=[510, 2])
    assert large["clopper_pearson"].held == 1
    assert large["clopper_pearson"].width < 0.01
    assert set(resampled_f1(cell, studies=5, seed=[510, 2])) == {"percentile", "bca", *CANDIDATES}


def test_the_bootstrap_of_proportions_comes_from_the_product_against_itself() -> None:
    cell = Cell(20, "1", "independent", 0.0, 0.95)
    tallies = resampled(cell, studies=50, seed=[510, 3])
    assert tallies["percentile"].studies == 50
    assert tallies["percentile"].missing > 0  # a study without errors has no percentile interval
    assert tallies[DEFAULT].missing == 0


def test_the_truths_of_scores_against_a_large_study() -> None:
    large = simulated_study(ScoreCell(200_000, "1 to 8", 0.3, 0.85), np.random.default_rng(1))
    counts = confusion(large.counts.sum(axis=0))
    expected = truths(0.85, 0.3)
    assert balanced_accuracy(counts) == pytest.approx(expected["balanced_accuracy"], abs=0.004)
    assert lr_positive(counts) == pytest.approx(expected["lr_positive"], rel=0.02)
    assert lr_negative(counts) == pytest.approx(expected["lr_negative"], rel=0.02)


def test_every_interval_of_a_study_with_scores_against_theory() -> None:
    cell = ScoreCell(50, "1 to 8", 0.3, 0.95)
    tallies = every_metric(cell, studies=20, seed=[510, 4])
    assert {name.split()[0] for name in tallies} == set(BY_MODEL)
    assert tallies[f"auroc {DECIDES}"].studies == 20


@pytest.mark.parametrize(
    ("protocol", "patients", "positives", "negatives"),
    [("chexnet-nih-rsna", 2331, 1108, 4258), ("nih-radiologists", 276, 129, 211), ("phantom", 315, 217, 468)],
)
def test_cohorts_of_the_librarys_protocols_by_hand(
    protocol: str, patients: int, positives: int, negatives: int
) -> None:
    of_positives, of_negatives = cohort(protocol)
    assert (len(of_positives), of_positives.sum(), of_negatives.sum()) == (patients, positives, negatives)


@pytest.mark.parametrize("protocol", ["nih-radiologists", "phantom"])
def test_an_acceptance_rule_is_judged_by_the_product_against_itself(protocol: str) -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.protocol == protocol)
    done = verdicts(scenario, studies=10, seed=[510, 5])
    assert done.passed <= min(done.met.values()) <= 3
    assert max(done.met.values()) == 10


def test_estimates_are_of_every_metric_against_itself() -> None:
    study = simulated_study(ScoreCell(50, "1", 0.0, 0.85), np.random.default_rng(1))
    metrics = [estimate.metric for estimate in estimates(study, the_protocol())]
    assert {"sensitivity", "f1", *BY_MODEL} <= set(metrics)


def test_a_share_is_judged_with_its_limits_by_hand() -> None:
    tally = Tally(studies=1_000, held=950, above=33, below=17, missing=0, width=0.1)
    assert tally.falls_short(clustered=True, strictly=True)  # the limits of 3.3 % reach beyond 3.5 %
    assert not tally.falls_short(clustered=True, strictly=False)
    assert tally.undecided(clustered=True)


def test_a_stopped_run_goes_on_by_hand(tmp_path: Path) -> None:
    made: list[str] = []
    of = ("tests/benchmarks/coverage/tally.py", "tests/benchmarks/coverage/cohorts.csv")

    def entry(settings: dict[str, Any]) -> Any:
        def make() -> dict[str, int]:
            made.append("once more")
            return {"held": 1}

        return Ledger(tmp_path, made.append).entry("section", "cell", settings, of, make).result

    assert entry({"studies": 1}) == entry({"studies": 1}) == {"held": 1}
    assert made.count("once more") == 1
    entry({"studies": 2})
    assert made.count("once more") == 2


def test_a_certificate_has_every_cell_once_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally(studies=10, held=9, above=1, below=0, missing=0, width=0.1)
    made: list[Kind] = []

    def simulate(cell: Kind, *, studies: int, seed: list[int]) -> dict[str, Tally]:
        made.append(cell)
        return {"one": tally}

    of_two = [Cell(size, "1 to 8", "independent", 0.3, 0.95) for size in (20, 50)]
    monkeypatch.setattr(certificates, "PLANS", {"proportions": Plan(of_two, simulate, (), 10)})
    monkeypatch.setattr(certificates, "SCENARIOS", ())
    monkeypatch.setattr(certificates, "LABELLED_CELLS", ())
    lines: list[str] = []
    for _ in range(2):
        done = certificate(Ledger(tmp_path, lines.append))
        assert done.sections == {"proportions": {cell: {"one": tally} for cell in of_two}}
    assert made == of_two
    assert len(lines) == 2


def test_a_judgement_left_open_is_refined_by_hand() -> None:
    asked: list[int] = []

    def simulate(cell: Kind, *, studies: int, seed: list[int]) -> dict[str, Tally]:
        asked.append(studies)
        held = studies * 945 // 1_000
        return {"one": Tally(studies, held, 0, studies - held, 0, 0.1)}

    cell = Cell(20, "1 to 8", "independent", 0.3, 0.95)
    simulated_to_the_end(Plan([cell], simulate, (), 5_000, "one", 400_000), cell, [1])
    assert asked == [5_000, 20_000, 80_000, 400_000]


@pytest.fixture(scope="module")
def anything() -> Certificate:
    """A certificate of made-up numbers in every cell."""
    tally = Tally(studies=1_000, held=960, above=20, below=20, missing=0, width=0.1)
    of_clusters = (MOVER, INDEPENDENT, *RULES, *AREA_INTERVALS)
    methods = dict.fromkeys(
        (*CANDIDATES, *CLOSED, "percentile", "bca", RESAMPLED, JACKKNIFE, ORDINARY, *of_clusters), tally
    )
    sections = {name: dict.fromkeys(plan.cells, methods) for name, plan in PLANS.items()}
    of_scores = (*(f"auroc {name}" for name in ("percentile", "bca", DECIDES)), "brier bca")
    sections["scored"] = dict.fromkeys(sections["scored"], dict.fromkeys(of_scores, tally))
    labelled = dict.fromkeys(LABELLED_CELLS, Labelled(studies=1_000, wrong=20, found=0))
    return Certificate(sections, {}, labelled, 360)


def test_the_pages_are_templates_filled_with_tables_by_hand(anything: Certificate) -> None:
    texts = pages(anything)
    assert [name for name, text in texts.items() if "$" in text] == []
    row = "| **`exact_clustered`** | 96.0 | 2.0 | 0 | 0 | 1.00 |"
    assert row in texts["coverage-proportions-by-method.md"]
    assert texts["coverage-proportions.csv"].count("\n") == 1 + len(cells()) + len(cells_beyond())
    assert "6 minutes" in texts["coverage.md"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_page_in_the_docs_has_the_text_of_its_template_against_itself(name: str) -> None:
    written = (PAGES / name).read_text(encoding="utf-8")
    lines = TEMPLATES[name].read_text(encoding="utf-8").splitlines()
    missing = [line for line in lines if "$" not in line and line not in written]
    assert missing == [], f"docs/evidence/{name} is older than its template: run make coverage"
