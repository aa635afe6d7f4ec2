"""What the suite's numbers must be by R's: which is compared with which, and what lies between by definition.

Each difference of definition is a factor or a step written out here, in words in `between` and in docs/evidence/r.md,
so that what remains is rounding.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from scipy import stats

LEVEL = 0.95
PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence", "f1")
SINGLE = "one image per patient"
OWN_PATIENTS = "K: only patients who contribute"
OUTSIDE = "A + z se > 1: pROC cuts at 1, ours is on the logit scale"
OfR = Mapping[str, float]
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """One number of R, and what ours must then be.

    Attributes:
        quantity: its name in `ours`.
        function: of R.
        between: what lies between the two by definition; empty where nothing does.
        of_r: R's number.
        expected: ours, by R.
    """

    quantity: str
    function: str
    between: str
    of_r: float
    expected: float

    @property
    def fitted(self) -> bool:
        """Whether the suite gives six decimals of it, as of all that comes from a fit."""
        return self.quantity.startswith(("in the large", "intercept", "slope"))

    def agrees(self, ours: float) -> bool:
        """Whether ours, with all digits, is the same in nine of them; of what is fitted, in six decimals."""
        return bool(ours == pytest.approx(self.expected, rel=1e-9, abs=6e-7 if self.fitted else 1e-12))

    def agrees_with_results(self, ours: float) -> bool:
        """Whether ours, as results.json has it, is the same in its nine decimals, or in six."""
        six = self.fitted or self.quantity.startswith("delong")
        return bool(ours == pytest.approx(self.expected, rel=1e-9, abs=6e-7 if six else 1e-9))


def _same(value: float) -> float:
    return value


def _f1_of_jaccard(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


def _bounds(
    quantity: str, function: str, between: str, bounds: Bounds, to_ours: Callable[[float], float] = _same
) -> Iterator[Comparison]:
    for side, bound in zip(("lower", "upper"), bounds, strict=True):
        yield Comparison(f"{quantity}, {side}", function, between, bound, to_ours(bound))


def _pair(r: OfR, name: str) -> Bounds:
    return r[f"{name}_low"], r[f"{name}_high"]


def of_proportions(r: OfR) -> Iterator[Comparison]:
    """Compare each metric that is made of x of n."""
    for metric in PROPORTIONS:
        yield from _of_proportion(metric, r)
    if "svyby_covariance" in r:
        everyone, covariance = r["all_patients"], r["svyby_covariance"]
        own = math.prod(r[f"{name} patients"] / (r[f"{name} patients"] - 1) for name in PROPORTIONS[:2])
        expected = covariance * math.sqrt(own) * (everyone - 1) / everyone
        yield Comparison("covariance of the classes", "svyby", OWN_PATIENTS, covariance, expected)


def _of_proportion(metric: str, r: OfR) -> Iterator[Comparison]:
    # R gets the Jaccard index, a proportion, of which F1 is a function.
    of_f1 = metric == "f1"
    name, to_ours, step = ("jaccard", _f1_of_jaccard, "2J/(1+J)") if of_f1 else (metric, _same, "")
    n, patients, p = (r[f"{name} {key}"] for key in ("n", "patients", "value"))
    exact = _pair(r, f"{name} binom_test")
    yield Comparison(metric, "mean", step, p, to_ours(p))
    yield from _bounds(f"{metric}, clopper_pearson", "binom.test", step, exact, to_ours)
    if p in (0, 1):
        return
    if not of_f1:
        yield from _standard_errors(metric, r)
    deff, beta = r[f"{name} svymean_deff"], _pair(r, f"{name} svyciprop_beta")
    if n == patients:
        yield Comparison(f"{metric}, design effect", "svymean", "", deff, deff)
        between = "; ".join(filter(None, [SINGLE, step]))
        yield from _bounds(f"{metric}, korn_graubard", "binom.test", between, exact, to_ours)
        yield from _bounds(f"{metric}, Clopper-Pearson on n-1", "svyciprop(beta)", step, beta, to_ours)
    else:
        yield Comparison(f"{metric}, design effect", "svymean", "× n/(n-1)", deff, deff * n / (n - 1))
        limited = _effective_size(r, name) > n
        function, bounds = ("binom.test", exact) if limited else ("svyciprop(beta)", beta)
        between = "; ".join(filter(None, ["n_eff at most n" if limited else "", step]))
        yield from _bounds(f"{metric}, korn_graubard", function, between, bounds, to_ours)


def _effective_size(r: OfR, name: str) -> float:
    """Korn and Graubard's effective size, which survey does not limit to n."""
    n, patients, p, se = (r[f"{name} {key}"] for key in ("n", "patients", "value", "svymean_se"))
    of_units, of_patients = (float(stats.t.ppf((1 + LEVEL) / 2, size - 1)) for size in (n, patients))
    return p * (1 - p) / se**2 * (of_units / of_patients) ** 2


def capped(r: OfR) -> list[str]:
    """The metrics whose effective size would be above n."""
    return [
        metric for metric in PROPORTIONS if metric != "f1" and _effective_size(r, metric) > r[f"{metric} n"]
    ]


def _standard_errors(metric: str, r: OfR) -> Iterator[Comparison]:
    """Compare the standard error in three ways: of the metric's images alone, as a subset of all, and by a GEE."""
    n, patients, p, everyone = (
        r[key] for key in (f"{metric} n", f"{metric} patients", f"{metric} value", "all_patients")
    )
    alone, subset, gee = (
        r[f"{metric} {key}"] for key in ("svymean_se", "svymean_domain_se", "geeglm_logit_se")
    )
    quantity, single = f"{metric}, standard error", n == patients
    # One image per patient: the binomial p(1-p)/n, where survey has p(1-p)/(n-1).
    binomial, of_single = (math.sqrt((n - 1) / n), f"× sqrt((n-1)/n): {SINGLE}") if single else (1.0, "")
    yield Comparison(quantity, "svymean", of_single, alone, alone * binomial)
    own = math.sqrt(patients / (patients - 1) * (everyone - 1) / everyone)
    between = "; ".join(filter(None, [OWN_PATIENTS, of_single]))
    yield Comparison(quantity, "svymean, subset", between, subset, subset * own * binomial)
    corrected = 1.0 if single else math.sqrt(patients / (patients - 1))
    between = "× p(1-p)" + ("" if single else " sqrt(K/(K-1))")
    yield Comparison(quantity, "geeglm", between, gee, gee * p * (1 - p) * corrected)
    if not single:
        bounds = _pair(r, f"{metric} svyciprop_xlogit")
        yield from _bounds(f"{metric}, logit and t", "svyciprop(xlogit)", "", bounds)


def of_auroc(r: OfR) -> Iterator[Comparison]:
    """Compare the area, its variance and its intervals; those of pROC with one image per patient."""
    area, variance = r["auc"], r["obuchowski_variance"]
    yield Comparison("auroc", "pROC::auc", "", area, area)
    yield Comparison("auroc", "wilcox.test", "/ (m n)", r["wilcox_test_area"], r["wilcox_test_area"])
    jackknife = r["rank_jackknife_variance"]
    yield Comparison("auroc, variance of the jackknife", "rank", "", jackknife, jackknife)
    yield Comparison("auroc, variance", "Obuchowski afresh", "", variance, variance)
    inside = r["obuchowski_low"] >= 0 and r["obuchowski_high"] <= 1
    written = "obuchowski" if inside else "obuchowski_logit"
    yield from _bounds("delong_clustered", "Obuchowski afresh", "" if inside else OUTSIDE, _pair(r, written))
    degrees = r["obuchowski_degrees"]
    yield Comparison("auroc, degrees of freedom", "Obuchowski afresh", "", degrees, degrees)
    yield from _bounds("delong_student", "Obuchowski afresh", "", _pair(r, "obuchowski_student"))
    if "delong_variance" in r:
        of_proc = r["delong_variance"]
        yield Comparison("auroc, variance", "pROC::var", "", of_proc, of_proc)
        if inside:
            yield from _bounds("delong_clustered", "pROC::ci.auc", "", _pair(r, "ci_auc"))
        else:
            half = float(stats.norm.ppf((1 + LEVEL) / 2)) * math.sqrt(of_proc)
            bounds = [_moved_on_logit(area, side * half) for side in (-1, 1)]
            for side, bound, ours in zip(("lower", "upper"), _pair(r, "ci_auc"), bounds, strict=True):
                yield Comparison(f"delong_clustered, {side}", "pROC::ci.auc", OUTSIDE, bound, ours)


def _moved_on_logit(area: float, half: float) -> float:
    odds = area / (1 - area) * math.exp(half / (area * (1 - area)))
    return odds / (1 + odds)


def of_calibration(r: OfR) -> Iterator[Comparison]:
    """Compare the recalibration: value ± t sqrt(K/(K-1)) se of geepack, and ± t se of survey."""
    patients, t = r["all_patients"], r["student"]
    for quantity, name in (("in the large", "in_the_large"), ("intercept", "intercept"), ("slope", "slope")):
        value = r[f"{name} geeglm"]
        yield Comparison(quantity, "geeglm", "", value, value)
        for function, key, factor, between in (
            ("geeglm", "geeglm_se", math.sqrt(patients / (patients - 1)), "± t sqrt(K/(K-1)) se"),
            ("svyglm", "svyglm_se", 1.0, "± t se"),
        ):
            se = r[f"{name} {key}"]
            for side, sign in (("lower", -1), ("upper", 1)):
                bound = value + sign * t * factor * se
                yield Comparison(f"{quantity}, {side}", function, between, se, bound)


def comparisons(r: OfR) -> list[Comparison]:
    """Every comparison of a study; ``r`` are R's numbers of it."""
    return [*of_proportions(r), *of_auroc(r), *of_calibration(r)]
