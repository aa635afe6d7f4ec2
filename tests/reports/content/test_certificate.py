import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports.content.certificate import (
    AUROC,
    F1,
    LEFT_OUT,
    MOVER,
    OF_SITES,
    ONE,
    PROPORTIONS,
    SEVERAL,
    SKEWED,
    highest_errors,
    kind_of_study,
)
from tests.reports.content.test_estimate_rows import estimate, row
from validation.results.results import ClusterCounts, CohortSummary, DataQuality

EVIDENCE = Path(__file__).parents[3] / "docs" / "evidence"


def cohort(**patients_by_images: int) -> CohortSummary:
    """A cohort by its patients with one image (``of1``), two (``of2``) and so on."""
    counts = {name.removeprefix("of"): patients for name, patients in patients_by_images.items()}
    images = sum(int(size) * patients for size, patients in counts.items())
    patients = sum(counts.values())
    quality = DataQuality(0, 0, 0, 0, 0, 0, 0)
    return CohortSummary(
        *(images, patients, 1, 1, 1, 1, 0.5, images / patients, counts, False), data_quality=quality
    )


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (cohort(of1=100), ONE),
        (cohort(of1=50, of2=50), SEVERAL),
        (cohort(of1=95, of5=5), SEVERAL),  # 25 of 120 images, a fifth would be 24
        (cohort(of1=95, of4=5), SEVERAL),
        (cohort(of1=90, of10=10), SKEWED),
    ],
)
def test_the_kind_of_study_by_hand(made: CohortSummary, kind: str) -> None:
    expected = SKEWED if made.patients_by_images == {"1": 95, "5": 5} else kind
    assert kind_of_study(made) == expected


def test_the_errors_against_the_page() -> None:
    """The default's highest error under each heading of the coverage pages."""

    def highest(page: str, heading: str, method: str) -> float:
        text = (EVIDENCE / page).read_text(encoding="utf-8")
        part = text[text.index(heading) :]
        found = re.search(rf"\*\*`{method}`\*\* \| [\d.]+ \| ([\d.]+) \|", part)
        assert found is not None
        return float(found[1])

    def of_proportions(*headings: str) -> float:
        return max(highest("coverage-proportions-by-method.md", one, "exact_clustered") for one in headings)

    assert {
        ONE: of_proportions("## One image per patient"),
        SEVERAL: of_proportions("## 2, 8, or 1 to 8 images", "every image, 2, 8, or 1 to 8 images"),
        SKEWED: of_proportions("## Skewed", "every image, skewed"),
    } == PROPORTIONS
    assert highest("coverage-f1.md", "# Coverage: F1", "exact_clustered") == F1
    headings = {ONE: "## One image per patient", SEVERAL: "## 8, or 1 to 8 images", SKEWED: "## Skewed"}
    of_pairs = {
        kind: highest("coverage-balanced-accuracy.md", heading, "mover") for kind, heading in headings.items()
    }
    assert of_pairs == MOVER


KINDS_OF_AUROC = {
    ONE: ("one image, fixed numbers", "one image, random numbers", "heavy ties"),
    SEVERAL: ("1 to 8 images", "reference of the patient", "heavy ties"),
    SKEWED: ("skewed", "skewed, more images harder", "one patient with 100 images"),
}
IMAGES = {ONE: "1", SEVERAL: "1 to 8", SKEWED: "skewed"}


def test_the_errors_of_scores_against_the_pages() -> None:
    """AUROC, average precision and Brier score: the highest error of a kind of study."""
    of_auroc = (EVIDENCE / "coverage-auroc.md").read_text(encoding="utf-8")
    table = of_auroc[of_auroc.index("## Kinds of study") : of_auroc.index("## Methods")]
    errors = dict(re.findall(r"^\| ([\w ,]+) \| \d+ \| [\d.]+ \| ([\d.]+) \|", table, re.MULTILINE))
    assert set(errors) == {name for names in KINDS_OF_AUROC.values() for name in names}
    assert {
        kind: max(float(errors[name]) for name in names) for kind, names in KINDS_OF_AUROC.items()
    } == AUROC
    of_both = (EVIDENCE / "coverage-average-precision-brier.md").read_text(encoding="utf-8")
    parts = dict(zip(LEFT_OUT, of_both[of_both.index("## Average") :].split("## Brier score"), strict=True))
    for metric, of_kinds in LEFT_OUT.items():
        found = re.findall(
            r"^\| ([\w ]+) \| \d+ \| `jackknife_student` \| \d+ \| [\d.]+ \| ([\d.]+) \|",
            parts[metric],
            re.MULTILINE,
        )
        assert {
            kind: max(float(error) for of, error in found if of == images) for kind, images in IMAGES.items()
        } == of_kinds


def test_the_errors_with_sites_as_clusters_against_the_page() -> None:
    text = (EVIDENCE / "coverage-sites.md").read_text(encoding="utf-8")
    kinds, of_auroc = (text[text.index(heading) :] for heading in ("### Kinds of study", "### Intervals"))
    rows = re.findall(r"^\| [\w ]+ \| \d+ \| [\d.]+ \| ([\d.]+) \|", kinds, re.MULTILINE)
    assert len(rows) == 3
    area = re.search(r"\*\*`delong_newcombe`\*\* \| [\d.]+ \| ([\d.]+) \|", of_auroc)
    assert area is not None
    assert {"exact_clustered": max(map(float, rows)), "delong_newcombe": float(area[1])} == OF_SITES


def test_the_sentence_by_hand() -> None:
    estimates = row("F").estimates
    told = highest_errors([estimates["sensitivity"], estimates["specificity"]], cohort(of1=9), 0.95)
    assert told == (
        "Seen at most (docs/evidence/coverage.md): 2.4 % of simulated studies for proportions with one image per "
        "patient."
    )
    assert highest_errors([estimates["sensitivity"]], cohort(of1=9), 0.9).startswith(
        "This level of confidence"
    )


def test_the_sentence_on_scores_by_hand() -> None:
    of_scores = [
        estimate("auroc", "F", "delong_newcombe"),
        estimate("brier", "F", "jackknife_student"),
        estimate("average_precision", "F", "bca"),
    ]
    assert highest_errors(of_scores, cohort(of1=9), 0.95) == (
        f"Seen at most (docs/evidence/coverage.md): {AUROC[ONE]} % of simulated studies for AUROC with one image per "
        f"patient and {LEFT_OUT['brier'][ONE]} % of simulated studies for the Brier score with one image per patient. "
        "Missing its targets in simulated studies (docs/evidence/coverage.md): bootstrap BCa."
    )


def test_the_sentence_on_two_proportions_and_on_sites_by_hand() -> None:
    balanced = estimate("balanced_accuracy", "F", "mover")
    assert highest_errors([balanced], cohort(of1=50, of2=50), 0.95) == (
        f"Seen at most (docs/evidence/coverage.md): {MOVER[SEVERAL]} % of simulated studies for balanced accuracy and "
        "likelihood ratios with several images per patient."
    )
    deciding = {
        "sensitivity": "exact_clustered",
        "auroc": "delong_newcombe",
        "f1": "exact_clustered",
        "lr_positive": "mover",
    }
    by_site = [
        replace(estimate(metric, "F", interval), clusters=ClusterCounts(9, 9, 9))
        for metric, interval in deciding.items()
    ]
    told = highest_errors(by_site, cohort(of1=9), 0.95)
    assert (
        f"{OF_SITES['exact_clustered']} % of simulated studies for proportions with sites as clusters" in told
    )
    assert f"{OF_SITES['delong_newcombe']} % of simulated studies for AUROC with sites as clusters" in told
    assert told.endswith(
        "Not simulated: exact clustered with groups of patients as clusters and MOVER with groups of patients as "
        "clusters."
    )
