"""results.json -> every sum in it that does not come out: margins, parts of a whole, steps of the flow, proportions.

Owns the arithmetic that any reader could do with the printed numbers. It reads the document as it lies in the file
and shares no code with what made it; what a page prints of it is `check`'s.
Source: the contract ("results.json"); docs/reference/results.md.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

RESULTS = "results.json"
TOLERANCE = 1e-6
STANDING, WITHIN = ("source", "all", "analysed"), ("indeterminate", "not_processed")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Numbers that contradict one another: where, by which rule, and in a sentence how."""

    key: str
    rule: str
    sentence: str

    @property
    def told(self) -> str:
        """The sentence with its place."""
        return f"{self.key}: {self.sentence}"


def disagreements(results: Mapping[str, Any]) -> tuple[Disagreement, ...]:
    """Return every contradiction within results; values that are no numbers come alone, as no sum holds with them."""
    broken = tuple(_not_finite(results, f"{RESULTS}#"))
    if broken:
        return broken
    estimates = [*results["estimates"], *results["sensitivity_analyses"]]
    return (
        *(found for estimate in estimates for found in _of_estimate(estimate)),
        *_margins(results["estimates"]),
        *_parts(results),
        *_flow(results),
        *_cohort(results),
    )


def _not_finite(value: Any, key: str) -> Iterator[Disagreement]:
    if isinstance(value, float) and not math.isfinite(value):
        yield Disagreement(key, "non-finite", f"{value} is no number that can be printed")
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _not_finite(one, f"{key}{'' if key.endswith('#') else '.'}{name}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, one in enumerate(value):
            yield from _not_finite(one, f"{key}[{place}]")


def _key(estimate: Mapping[str, Any]) -> str:
    subgroup = estimate["subgroup"]
    analysis = f", {estimate['analysis']}" if "analysis" in estimate else ""
    return f"{RESULTS}#estimates[{estimate['metric']}, {subgroup['axis']}={subgroup['level']}{analysis}]"


def _of_estimate(estimate: Mapping[str, Any]) -> Iterator[Disagreement]:
    key, value = _key(estimate), estimate["value"]
    numerator, denominator = estimate["numerator"], estimate["denominator"]
    if numerator is not None and denominator is not None and "analysis" not in estimate:
        if numerator > denominator:
            yield Disagreement(key, "x/n", f"{numerator} of {denominator} is more than all")
        elif value is not None and denominator and abs(value - numerator / denominator) > TOLERANCE:
            yield Disagreement(
                key,
                "x/n",
                f"the estimate is {value}, and {numerator}/{denominator} is {numerator / denominator:.9f}",
            )
    for name, bounds in estimate["intervals"].items():
        if bounds is not None and bounds[0] > bounds[1]:
            yield Disagreement(
                key, "interval", f"{name}: the lower bound {bounds[0]} is above the upper {bounds[1]}"
            )
    deciding = estimate["intervals"].get(estimate["decision_interval"])
    if value is None or deciding is None or estimate["status"] != "ok":
        return
    if not deciding[0] - TOLERANCE <= value <= deciding[1] + TOLERANCE:
        sentence = f"the estimate {value} lies outside its interval {deciding[0]} to {deciding[1]}"
        yield Disagreement(key, "interval", sentence)


def _margins(estimates: Sequence[Mapping[str, Any]]) -> Iterator[Disagreement]:
    """Check the 2x2 table of each subgroup: the counts of its proportions must be of one table."""
    rows: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for estimate in estimates:
        subgroup = estimate["subgroup"]
        rows.setdefault((subgroup["axis"], subgroup["level"]), {})[estimate["metric"]] = estimate
    for row in rows.values():
        counted = {name: (one["numerator"], one["denominator"]) for name, one in row.items()}
        if not {"sensitivity", "specificity", "accuracy"} <= counted.keys():
            continue
        if any(None in counted[name] for name in ("sensitivity", "specificity", "accuracy")):
            continue
        (tp, positives), (tn, negatives) = counted["sensitivity"], counted["specificity"]
        expected = {
            "accuracy": (tp + tn, positives + negatives),
            "ppv": (tp, tp + negatives - tn),
            "npv": (tn, tn + positives - tp),
        }
        for name, (numerator, denominator) in expected.items():
            if name in counted and None not in counted[name] and counted[name] != (numerator, denominator):
                found = counted[name]
                yield Disagreement(
                    _key(row[name]),
                    "margins",
                    f"{found[0]}/{found[1]} is printed, and sensitivity and specificity give {numerator}/{denominator}",
                )


def _parts(results: Mapping[str, Any]) -> Iterator[Disagreement]:
    """Check that the levels of an axis of images, unknown ones included, contain each image of the whole once."""
    if results["analysis"]["unit"] != "image":
        return
    of_metric = [one for one in results["estimates"] if one["metric"] == "sensitivity"]
    (whole,) = (one for one in of_metric if one["subgroup"]["axis"] == "overall")
    levels = [one for one in of_metric if one is not whole]
    for axis, found in groupby(levels, key=lambda one: one["subgroup"]["axis"]):
        group = list(found)
        for name in ("images", "positives", "negatives"):
            total = sum(one[name] for one in group)
            if total != whole[name]:
                yield Disagreement(
                    f"{RESULTS}#estimates[sensitivity, {axis}].{name}",
                    "subgroups",
                    f"the levels of {axis} have {total} {name} together, and the whole has {whole[name]}",
                )


def _flow(results: Mapping[str, Any]) -> Iterator[Disagreement]:
    """Check that each step has what was there before less what left."""
    standing: int | None = None
    for step in results["flow"]:
        name, images = step["step"], step["images"]
        key = f"{RESULTS}#flow[{name}].images"
        if name in WITHIN:
            if standing is not None and images > standing:
                yield Disagreement(key, "flow", f"{images} of {standing} images is more than all")
        elif name not in STANDING:
            standing = None if standing is None else standing - images
        else:
            if standing is not None and images != standing:
                yield Disagreement(
                    key, "flow", f"{images} images stand here, and {standing} are left of those before"
                )
            standing = images
    analysed = [step["images"] for step in results["flow"] if step["step"] == "analysed"]
    if analysed and analysed[-1] != results["cohort"]["images"]:
        yield Disagreement(
            f"{RESULTS}#cohort.images",
            "flow",
            f"the cohort has {results['cohort']['images']} images, and the flow ends with {analysed[-1]}",
        )


def _cohort(results: Mapping[str, Any]) -> Iterator[Disagreement]:
    cohort, key = results["cohort"], f"{RESULTS}#cohort"
    spread = {int(images): patients for images, patients in cohort["patients_by_images"].items()}
    for name, stated, counted in (
        ("patients", cohort["patients"], sum(spread.values())),
        ("images", cohort["images"], sum(images * patients for images, patients in spread.items())),
    ):
        if stated != counted:
            yield Disagreement(
                f"{key}.{name}",
                "cohort",
                f"{stated} {name}, and the patients by number of images give {counted}",
            )
    if results["analysis"]["unit"] == "image":
        among = {step["step"]: step["images"] for step in results["flow"]}.get("indeterminate", 0)
        known = cohort["positives"] + cohort["negatives"]
        if known + among != cohort["images"]:
            yield Disagreement(
                f"{key}.positives",
                "margins",
                f"{cohort['positives']} positive, {cohort['negatives']} negative and {among} indeterminate images are "
                f"not the {cohort['images']} of the cohort",
            )
        if (
            cohort["prevalence"] is not None
            and abs(cohort["prevalence"] - cohort["positives"] / known) > TOLERANCE
        ):
            yield Disagreement(
                f"{key}.prevalence", "x/n", f"{cohort['prevalence']} is not {cohort['positives']}/{known}"
            )
