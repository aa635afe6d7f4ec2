"""Latent truth: known parameters recovered, the likelihood's maximum found elsewhere, symmetries, and refusals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from protocols.tables.records import Verdict
from tests.records import reads_of
from validation.readers.dawid_skene import LatentTruth, dawid_skene
from validation.readers.rating_arrays import votes_of
from validation.results.secondary import LatentReader

WORDS = {"P": Verdict.POSITIVE, "N": Verdict.NEGATIVE, "I": Verdict.INDETERMINATE}
Patterns = dict[str, int]  # one letter per reader, - where that one did not read -> images


def latent(patterns: Patterns, *, names: str = "ABCDEF", rule: Verdict = Verdict.NEGATIVE) -> LatentTruth:
    """The model on images with given patterns; the rule's verdict on every image is ``rule``."""
    kinds = [letters for letters, images in patterns.items() for _ in range(images)]
    rows = [
        (f"{number:05}{letters}", names[place], WORDS[letter])
        for number, letters in enumerate(kinds)
        for place, letter in enumerate(letters)
        if letter != "-"
    ]
    images = sorted({row[0] for row in rows})
    reads = reads_of("reads.csv", *zip(*rows, strict=True)) if rows else reads_of("reads.csv", (), (), ())
    return dawid_skene(votes_of(reads, images), dict.fromkeys(images, rule))


def verdict_of(found: LatentTruth, letters: str) -> str:
    """The verdict of all images of a pattern."""
    (verdict,) = {verdict for image, verdict in found.verdicts.items() if image[5:] == letters}
    return str(verdict)


def expected_patterns(
    images: int, prevalence: float, sensitivity: tuple[float, ...], specificity: tuple[float, ...]
) -> Patterns:
    """How many images would show each pattern on average; whole numbers by the choice of parameters."""
    patterns = {}
    for letters in itertools.product("PN", repeat=len(sensitivity)):
        positive, negative = prevalence, 1 - prevalence
        for letter, right, negatives_right in zip(letters, sensitivity, specificity, strict=True):
            positive *= right if letter == "P" else 1 - right
            negative *= negatives_right if letter == "N" else 1 - negatives_right
        patterns["".join(letters)] = round(images * (positive + negative))
    assert sum(patterns.values()) == images
    return patterns


def test_parameters_are_recovered_against_theory() -> None:
    # with three readers the model fits these counts exactly, so that its maximum is the truth
    found = latent(expected_patterns(10_000, 0.4, (0.9, 0.8, 0.7), (0.8, 0.9, 0.6))).summary
    assert found.note is None
    assert found.prevalence == pytest.approx(0.4, abs=1e-6)
    assert [reader.reader for reader in found.readers] == ["A", "B", "C"]
    assert [reader.sensitivity for reader in found.readers] == pytest.approx([0.9, 0.8, 0.7], abs=2e-6)
    assert [reader.specificity for reader in found.readers] == pytest.approx([0.8, 0.9, 0.6], abs=2e-6)


def log_likelihood(parameters: np.ndarray, patterns: Patterns) -> float:
    prevalence, *rates = 1 / (1 + np.exp(-parameters))
    readers = len(rates) // 2
    total = 0.0
    for letters, images in patterns.items():
        positive, negative = prevalence, 1 - prevalence
        for letter, right, negatives_right in zip(letters, rates[:readers], rates[readers:], strict=True):
            if letter != "-":
                positive *= right if letter == "P" else 1 - right
                negative *= negatives_right if letter == "N" else 1 - negatives_right
        total += images * math.log(positive + negative)
    return total


def test_the_likelihood_is_at_its_maximum_against_scipy() -> None:
    patterns = {
        "PPPP": 30,
        "PPPN": 9,
        "PNPP": 6,
        "PPNN": 5,
        "NNPN": 8,
        "NNNN": 60,
        "P-PP": 7,
        "N-NN": 9,
        "PN--": 3,
    }
    found = latent(patterns).summary
    ours = [
        found.prevalence,
        *(reader.sensitivity for reader in found.readers),
        *(reader.specificity for reader in found.readers),
    ]
    best = minimize(
        lambda parameters: -log_likelihood(parameters, patterns),
        np.array([0.0] + [1.5] * 8),
        method="BFGS",
        options={"gtol": 1e-7},
    )
    assert ours == pytest.approx((1 / (1 + np.exp(-best.x))).tolist(), abs=2e-4)
    clipped = np.clip(ours, 1e-9, 1 - 1e-9)
    assert log_likelihood(np.log(clipped / (1 - clipped)), patterns) >= -best.fun - 1e-4


def test_a_reader_who_is_often_wrong_weighs_less_by_hand() -> None:
    # C contradicts A and B wherever these agree half the time, so that A and B decide
    found = latent({"PPP": 20, "PPN": 20, "NNP": 20, "NNN": 20})
    assert found.summary.readers == (
        LatentReader("A", 1.0, 1.0),
        LatentReader("B", 1.0, 1.0),
        LatentReader("C", 0.5, 0.5),
    )
    assert {letters: verdict_of(found, letters) for letters in ("PPN", "NNP")} == {
        "PPN": "positive",
        "NNP": "negative",
    }
    assert found.summary.changed == 40  # the rule's verdict in this test is negative everywhere
    assert found.summary.prevalence == 0.5


def test_a_posterior_of_one_half_is_indeterminate_by_hand() -> None:
    # all is symmetric under swapping the classes and the two who were asked about the last images
    found = latent({"PPP": 20, "NNN": 20, "PN-": 5, "NP-": 5})
    assert verdict_of(found, "PN-") == verdict_of(found, "NP-") == "indeterminate"


def test_indeterminate_reads_are_a_third_category_by_hand() -> None:
    found = latent({"PPP": 30, "NNN": 30, "PPI": 10, "NNI": 5})
    assert found.summary.readers[2] == LatentReader("C", 0.75, round(30 / 35, 6))
    assert verdict_of(found, "PPI") == "positive"


def test_a_reader_of_one_class_alone_is_left_out_by_hand() -> None:
    found = latent({"PPP-": 30, "NNN-": 30, "NNNN": 1})
    assert [reader.reader for reader in found.summary.readers] == ["A", "B", "C"]
    assert verdict_of(found, "NNNN") == "negative"


def test_positive_is_what_more_readers_call_so_by_hand() -> None:
    # most reads of the first class are negative, yet all readers call it positive more often than the other
    found = latent(expected_patterns(10_000, 0.5, (0.4, 0.4, 0.4), (0.9, 0.9, 0.9))).summary
    assert all(reader.sensitivity == pytest.approx(0.4, abs=1e-6) for reader in found.readers)


def test_readers_with_both_verdicts_name_the_classes_by_hand() -> None:
    # A never reads positive and B never negative; only C separates the two classes
    found = latent({"NIP": 11, "IPN": 8, "NIN": 2})
    assert found.summary.readers[2] == LatentReader("C", round(11 / 13, 6), 1.0)
    assert {verdict_of(found, "NIP"), verdict_of(found, "NIN")} == {"positive"}


@pytest.mark.parametrize(
    ("patterns", "note"),
    [
        ({}, "no image has three reads"),
        ({"P": 5, "-N": 5, "--P": 5}, "no image has three reads"),
        ({"PP-": 5, "N-N": 5, "-PP": 5}, "no image has three reads"),
        ({"NNN": 5}, "no verdict is positive"),
        ({"PPP": 5}, "no verdict is negative"),
        ({"III": 5, "NNI": 3}, "no verdict is positive"),
    ],
)
def test_what_is_not_estimable_by_hand(patterns: Patterns, note: str) -> None:
    found = latent(patterns)
    assert (found.verdicts, found.summary.prevalence, found.summary.readers) == ({}, None, ())
    assert found.summary.note == f"not estimable: {note}"


def test_no_settling_is_reported_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.readers.dawid_skene.MOST_ITERATIONS", 3)
    found = latent({"PPP": 20, "PPN": 7, "NNP": 5, "NNN": 20, "PNN": 3})
    assert found.summary.note == "not estimable: not settled after 3 iterations"
    assert (found.verdicts, found.summary.iterations) == ({}, 3)


KINDS = ["".join(letters) for letters in itertools.product("PN", repeat=3)] + ["PPI", "P--", "N-P"]
FEW_ITERATIONS = 400  # small studies often do not converge, and the law is valid for those too
STUDIES = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 12), min_size=3)


def quickly(patterns: Patterns, *, names: str = "ABC") -> LatentTruth:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("validation.readers.dawid_skene.MOST_ITERATIONS", FEW_ITERATIONS)
        return latent(patterns, names=names)


@settings(max_examples=50)
@given(STUDIES)
def test_order_and_names_change_nothing_against_itself(patterns: Patterns) -> None:
    found, turned = quickly(patterns), quickly(dict(reversed(patterns.items())))
    assert turned.summary == found.summary
    renamed = quickly(patterns, names="ZYX")
    assert renamed.verdicts == found.verdicts
    assert renamed.summary.prevalence == found.summary.prevalence
    rates = [[(one.sensitivity, one.specificity) for one in fit.summary.readers] for fit in (found, renamed)]
    assert rates[1] == rates[0][::-1]


@settings(max_examples=50)
@given(STUDIES)
def test_classes_swap_by_law(patterns: Patterns) -> None:
    swapped = {letters.translate(str.maketrans("PN", "NP")): images for letters, images in patterns.items()}
    found, mirrored = quickly(patterns).summary, quickly(swapped).summary
    assert [one.specificity for one in mirrored.readers] == [one.sensitivity for one in found.readers]
    assert [one.sensitivity for one in mirrored.readers] == [one.specificity for one in found.readers]
    if found.prevalence is not None and mirrored.prevalence is not None:
        assert mirrored.prevalence == pytest.approx(1 - found.prevalence, abs=1e-9)
