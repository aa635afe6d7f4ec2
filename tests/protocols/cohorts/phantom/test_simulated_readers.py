"""Simulated readers: error rates against signal detection theory, and who adjudicates what."""

from collections.abc import Iterator
from math import hypot, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from protocols.cohorts.phantom.simulated_readers import (
    ADJUDICATOR,
    DOUBT,
    READERS,
    SHARED_SPREAD,
    Evidence,
    Reader,
    verdicts,
)
from protocols.tables.records import Verdict

IMAGES = 3000
FAR = 4.5  # standard errors


def readings(evidence: Evidence) -> list[dict[str, Verdict]]:
    return [
        verdicts(evidence, np.random.Generator(np.random.Philox(key=[510, 4], counter=[0, 0, 0, number])))
        for number in range(IMAGES)
    ]


def expected_positive(reader: Reader, strength: float) -> float:
    return float(norm.sf((reader.criterion + DOUBT - strength) / hypot(reader.spread, SHARED_SPREAD)))


def cases() -> Iterator[tuple[Evidence, float]]:
    for conspicuity in (0.1, 0.3, 0.5):
        yield Evidence(opacity=True, conspicuity=conspicuity, mimicry=0.05), conspicuity
    yield Evidence(opacity=False, conspicuity=0.0, mimicry=0.2), 0.2


@pytest.mark.parametrize(("evidence", "strength"), list(cases()))
def test_positive_calls_against_theory(evidence: Evidence, strength: float) -> None:
    said = readings(evidence)
    for reader in READERS:
        share = np.mean([by_reader[reader.reader_id] == Verdict.POSITIVE for by_reader in said])
        theory = expected_positive(reader, strength)
        assert abs(share - theory) < FAR * sqrt(theory * (1 - theory) / IMAGES) + 1e-9


def test_misses_fall_with_conspicuity_against_theory() -> None:
    misses = [
        np.mean(
            [
                by_reader["R1"] != Verdict.POSITIVE
                for by_reader in readings(Evidence(opacity=True, conspicuity=conspicuity, mimicry=0.0))
            ]
        )
        for conspicuity in (0.1, 0.25, 0.4, 0.7)
    ]
    assert misses == sorted(misses, reverse=True)
    assert misses[0] > 0.9
    assert misses[-1] < 0.01


def test_the_adjudicator_reads_what_the_others_leave_open_by_hand() -> None:
    for said in readings(Evidence(opacity=True, conspicuity=0.32, mimicry=0.0)):
        others = {verdict for reader, verdict in said.items() if reader != ADJUDICATOR}
        assert (ADJUDICATOR in said) == (len(others) > 1 or Verdict.INDETERMINATE in others)


@pytest.mark.parametrize("opacity", [True, False])
def test_the_adjudicator_follows_the_truth_by_hand(opacity: bool) -> None:
    said = readings(Evidence(opacity=opacity, conspicuity=0.32 if opacity else 0.0, mimicry=0.32))
    truth = Verdict.POSITIVE if opacity else Verdict.NEGATIVE
    share = np.mean([by_reader[ADJUDICATOR] == truth for by_reader in said if ADJUDICATOR in by_reader])
    assert 0.94 < share < 1
