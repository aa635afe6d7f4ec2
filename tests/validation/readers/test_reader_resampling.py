"""Readers resampled together with patients: by hand, and against the patients alone."""

from math import comb

import numpy as np
import pytest
from scipy import stats

from tests.validation.conftest import TABLES, Image, Judge, criterion
from validation.intervals.bootstrap import READERS, draw
from validation.readers.reader_resampling import MOST_REPLICATES
from validation.results.results import Results
from validation.results.verdict_sensitivity import ReaderResampledMetric

ADJUDICATED = '[reference_standard]\nkind = "adjudicated"\nrule = "adjudicated:R2"\n'
ANY = '[reference_standard]\nkind = "consensus"\nrule = "any"\n'
CRITERION = criterion("SP", "specificity", 0.6)


def device(positive: str, negative: str, patients: int = 40) -> list[Image]:
    """Patients with one to three images, every second positive; every seventh image has the wrong score."""
    return [
        Image(f"p{k:02}", positive if k % 2 else negative, (0.9 if k % 2 else 0.1, 0.4)[k % 7 == 0])
        for k in range(patients)
        for _ in range(1 + k % 3)
    ]


def metric(results: Results, name: str) -> ReaderResampledMetric:
    return next(one for one in results.reference_uncertainty.metrics if one.metric == name)


@pytest.mark.parametrize("readers", [2, 3])
@pytest.mark.parametrize("unit", ["image", "patient"])
def test_readers_who_agree_change_nothing_against_the_primary_interval(
    judge: Judge, readers: int, unit: str
) -> None:
    images = [*device("P" * readers, "N" * readers), Image("q", "P" * readers, None)]
    results = judge(images, TABLES + f'[analysis]\nunit = "{unit}"\n')
    uncertain = results.reference_uncertainty
    assert (uncertain.replicates, uncertain.panels) == (1000, comb(2 * readers - 1, readers))
    for one in uncertain.metrics:
        assert one.interval == pytest.approx(results.estimate(one.metric).intervals["percentile"], abs=1e-9)
        assert one.decision == results.estimate(one.metric).decision


def test_readers_who_never_agree_by_hand(judge: Judge) -> None:
    # Panel R0 R0: everything is positive; R1 R1: nothing; R0 R1: undecided, so FP if called and FN if not.
    images = [Image(f"p{k:02}", "PN", 0.9 if k % 2 else 0.1) for k in range(40)]
    results = judge(images, TABLES + CRITERION)
    assert metric(results, "prevalence").interval == (0.0, 1.0)
    # Without positives sensitivity is undefined: a quarter of the panels.
    note = metric(results, "sensitivity").note
    assert note is not None
    assert note.startswith("not estimable: undefined in 2")
    assert metric(results, "sensitivity").interval is None
    assert results.reference_uncertainty.verdicts == {"SP": "inconclusive"}


def test_images_that_no_resampled_reader_read_leave_by_hand(judge: Judge) -> None:
    # R2 alone read the positives: without R2, which is (2/3)^3 of the panels, there is none.
    images = [Image(f"p{k:02}", "--P" if k < 10 else "NNN", 0.9 if k < 10 else 0.1) for k in range(40)]
    results = judge(images, standard=ANY)
    prevalence, sensitivity = metric(results, "prevalence"), metric(results, "sensitivity")
    assert prevalence.interval is not None
    assert prevalence.interval[0] == 0
    expected = stats.binom(1000, 8 / 27)
    assert expected.ppf(0.001) <= sensitivity.undefined_replicates <= expected.ppf(0.999)
    assert metric(results, "specificity").interval is None  # always 1
    assert metric(results, "specificity").note == "zero width"


def test_the_adjudicator_is_not_resampled_by_hand(judge: Judge) -> None:
    # R0 R0 and R1 R1 agree with themselves; where R0 and R1 differ R2 decides.
    images = [Image(f"p{k:02}", "PN" + "PN"[k % 2], 0.9 if k % 2 else 0.1) for k in range(40)]
    results = judge(images, TABLES, standard=ADJUDICATED)
    uncertain = results.reference_uncertainty
    assert (uncertain.readers, uncertain.adjudicator, uncertain.panels) == (("R0", "R1"), "R2", 3)
    assert metric(results, "prevalence").interval == (0.0, 1.0)


def test_an_interval_that_excludes_the_estimate_is_given_with_a_note_by_hand(judge: Judge) -> None:
    # Each of seven readers alone knows a seventh of the positives, so only a panel of all seven (0.6 %) finds them all.
    reads = ["".join("P" if place == reader else "N" for place in range(7)) for reader in range(7)]
    images = [Image(f"p{k:03}", reads[k % 7], 0.9) for k in range(210)]
    images += [Image(f"n{k:03}", "NNNNNNN", 0.1) for k in range(90)]
    one = metric(judge(images, standard=ANY), "prevalence")
    assert one.value == 0.7
    assert one.interval is not None
    assert one.interval[1] < 0.7
    assert one.note == "excludes the estimate"


def test_criteria_are_judged_on_these_intervals_by_hand(judge: Judge) -> None:
    # R0 alone takes d for negative: panels with two or three times R0 (7 of 27) have no positive but p.
    images = [Image(f"p{k:02}", "PPP", 0.9) for k in range(40)]
    images += [Image(f"n{k:02}", "NNN", 0.1) for k in range(40)]
    images += [Image(f"d{k:02}", "NPP", 0.9) for k in range(40)]
    results = judge(images, TABLES + CRITERION)
    assert (results.criteria[0].observed or 0) > 0.9
    assert results.criteria[0].verdict == "met"
    # Then d are false positives: 40 of 80, less than the goal of 0.6.
    assert results.reference_uncertainty.verdicts == {"SP": "not_met"}
    (notice,) = [one for one in results.input_account.notices if one.kind == "verdict_hangs_on_readers"]
    assert (notice.text, notice.criteria) == (
        "With the readers resampled together with the patients a criterion has another verdict (SP not met).",
        ("SP",),
    )


@pytest.mark.parametrize(
    ("images", "standard", "note"),
    [
        (device("PPP", "NNN"), ANY.replace("consensus", "single_reader"), "of kind single_reader"),
        (device("PPP", "NNN"), ANY.replace("consensus", "text_mined"), "of kind text_mined"),
        (device("P", "N"), ANY, "one reader: R0"),
        (device("P-P", "N-P"), ADJUDICATED, "one reader beside the adjudicator R2: R0"),
        (device("P-", "-N"), ANY, "no image was read by two readers"),
    ],
)
def test_what_has_no_panel_is_not_resampled_by_hand(
    judge: Judge, images: list[Image], standard: str, note: str
) -> None:
    uncertain = judge(images, standard=standard).reference_uncertainty
    assert note in (uncertain.note or "")
    assert (uncertain.metrics, uncertain.panels, uncertain.panels_sha256) == ((), 0, None)


def test_the_order_of_rows_changes_nothing_against_itself(judge: Judge) -> None:
    images = [Image(one.patient, reads, one.score) for one in device("", "") for reads in ("PPN", "N-P")]
    order = np.random.default_rng(3).permutation(len(images)).tolist()
    first, second = judge(images), judge(images, order=order)
    assert first.reference_uncertainty == second.reference_uncertainty


def test_every_reader_is_equally_likely_against_theory() -> None:
    counts = sum(np.bincount(draw(510, one, [5], READERS), minlength=5) for one in range(MOST_REPLICATES))
    assert stats.chisquare(counts).pvalue > 0.001


def test_readers_and_patients_are_resampled_independently_against_theory() -> None:
    pairs = np.array(
        [(draw(510, one, [5])[0], draw(510, one, [5], READERS)[0]) for one in range(MOST_REPLICATES)]
    )
    assert stats.chi2_contingency(np.histogram2d(*pairs.T, bins=5)[0]).pvalue > 0.001
