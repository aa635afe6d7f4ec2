"""Student's t and Fisher's F, made of the incomplete beta function."""

import pytest
from scipy import stats

from validation.intervals.distributions import f_tail, student_quantile


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (10, 2.228), (30, 2.042), (120, 1.980)]
)
def test_student_against_published(degrees: int, quantile: float) -> None:
    """Table III of Fisher & Yates 1963, P = 0.05."""
    assert student_quantile(0.95, degrees) == pytest.approx(quantile, abs=5e-4)


@pytest.mark.parametrize("degrees", [1, 2, 3.7, 19, 2330, 1e6])
@pytest.mark.parametrize("level", [0.5001, 0.9, 0.95, 0.9999])
def test_student_against_scipy(degrees: float, level: float) -> None:
    assert student_quantile(level, degrees) == pytest.approx(stats.t.ppf((1 + level) / 2, degrees), rel=2e-10)


def test_one_degree_of_freedom_by_hand() -> None:
    """Student's t with one degree is Cauchy's distribution, whose upper quartile is 1."""
    assert student_quantile(0.5, 1) == pytest.approx(1, rel=1e-14)


def test_f_by_hand() -> None:
    """With 2 and d degrees the tail is (1 + 2 F / d)^(-d/2)."""
    assert f_tail(3.0, 2, 4) == pytest.approx(2.5**-2, rel=1e-14)


@pytest.mark.parametrize("degrees", [(1, 1), (3, 9), (4, 120.5), (30, 2000)])
@pytest.mark.parametrize("statistic", [0.0, 0.3, 1.0, 4.2, 50.0])
def test_f_against_scipy(statistic: float, degrees: tuple[float, float]) -> None:
    assert f_tail(statistic, *degrees) == pytest.approx(
        stats.f.sf(statistic, *degrees), rel=1e-10, abs=1e-300
    )
