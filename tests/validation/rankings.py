"""Small samples of ranked units, with ties and patients of several units."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from validation.cohort.outcomes import Units

PATIENTS = 6


def units(patient: Sequence[int], truth: Sequence[int], score: Sequence[float]) -> Units:
    return Units(
        np.array(patient, dtype=np.intp),
        np.array(truth, dtype=np.int8),
        np.array(score, dtype=np.float64),
        np.zeros(len(patient), dtype=np.bool_),
    )


def taken(ranked: Units, rows: np.ndarray) -> Units:
    return Units(ranked.patient[rows], ranked.truth[rows], ranked.score[rows], ranked.called[rows])


CLUSTERED = st.lists(
    st.tuples(
        st.integers(0, PATIENTS - 1), st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.2, 0.5, 0.7, 0.9])
    ),
    min_size=2,
    max_size=25,
).map(lambda rows: units(*zip(*rows, strict=True)))


def both_classes(ranked: Units) -> bool:
    return 0 < ranked.truth.sum() < len(ranked.truth)


def with_positives(ranked: Units) -> bool:
    return bool(ranked.truth.any())


def random_units(seed: int, *, images_of: Sequence[int], distinct: int) -> Units:
    """Patients with so many units each, of scores that go with truth and with each other, rounded to be tied."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(len(images_of)), images_of)
    truth = random.random(len(patient)) < random.random(len(images_of))[patient]
    latent = truth + random.normal(size=len(images_of))[patient] + random.normal(size=len(patient))
    score = np.floor(distinct / (1 + np.exp(-latent))) / distinct
    order = random.permutation(len(patient))
    return units(patient[order].tolist(), truth[order].astype(int).tolist(), score[order].tolist())
