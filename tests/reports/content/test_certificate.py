import re
from pathlib import Path

import pytest

from reports.content.certificate import (
    AUROC,
    F1,
    ONE,
    PROPORTIONS,
    SEVERAL,
    SKEWED,
    highest_errors,
    kind_of_study,
)
from tests.reports.content.test_estimate_rows import row
from validation.results.results import CohortSummary, DataQuality

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
    assert highest("coverage-auroc.md", "# Coverage: AUROC", "delong_newcombe") == AUROC


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
