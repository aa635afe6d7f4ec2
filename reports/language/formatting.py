"""Numbers, intervals, proportions and dates -> the text that a report prints.

Owns decimals, separators and the words for missing values: nothing is ever blank or NaN. Names of metrics, levels and
rules are `vocabulary`. Independent of the machine's locale.
"""

import math
from datetime import UTC, datetime
from decimal import Decimal

from protocols.errors import BadInputError
from reports.provenance.source_marks import printed
from validation.results.results import Estimate
from validation.results.secondary import Interval

PLACES = 3
MOST_PLACES = 9
PLACES_OF_SCORES, PLACES_OF_RESAMPLING = 6, 4
MINUS = "\N{MINUS SIGN}"
NOT_APPLICABLE = "–"
DAGGER = "\N{DAGGER}"
TOO_FEW = "too few"
FEWEST_PATIENTS = 5  # of a class; below, no interval of a subgroup is plotted or printed
NOT_GIVEN = "not given"
NOT_ESTIMABLE = "not estimable"
NOT_ESTIMABLE_SHORT = "n.e."
SMALLEST_P = 0.001
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FEWEST_IN_THOUSANDS = 10_000
HASH_HEAD, HASH_TAIL = 8, 4


@printed
def count(number: int) -> str:
    """Return a whole number with thousands separators: ``5,366``."""
    return f"{number:,}"


@printed
def thousands(number: int) -> str:
    """Return a count in thousands, for a narrow cell: ``12.3k``; below 10,000 whole: ``9,876``."""
    return count(number) if number < FEWEST_IN_THOUSANDS else f"{number / 1000:.1f}k"


@printed
def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a whole number with its noun: ``1 image``, ``5,366 images``."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


@printed
def decimal(value: float, places: int = PLACES) -> str:
    """Return a number with fixed decimals and a true minus sign, never a negative zero: ``0.555``, ``−0.012``."""
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


@printed
def stated(value: float) -> str:
    """Return a chosen number with all its decimals and at least one: ``0.02``, ``0.5``, ``1.0``."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


@printed
def plain(value: float) -> str:
    """Return a chosen number, without decimals where it is whole: ``18``, ``44.5``."""
    return stated(value).removesuffix(".0")


@printed
def goal(value: float) -> str:
    """Return a goal with three decimals, or with more where it was set with more, so that no goal is rounded."""
    written = stated(value)
    return decimal(value, max(PLACES, len(written.partition(".")[2])))


@printed
def against(value: float, limit: float) -> str:
    """Return a number compared with a goal, with enough decimals to distinguish the two.

    >>> against(0.80004, 0.8)
    '0.80004'
    """
    for places in range(PLACES, MOST_PLACES):
        if value == limit or decimal(value, places) != decimal(limit, places):
            return decimal(value, places)
    return decimal(value, MOST_PLACES)


def estimate(row: Estimate) -> str:
    """Return the value of an estimate, or why there is none: ``0.555``, ``not estimable (0 positives)``."""
    return f"{NOT_ESTIMABLE} ({_reason(row)})" if row.value is None else decimal(row.value)


def _reason(row: Estimate) -> str:
    if row.positives == 0:
        return "0 positives"
    return "0 negatives" if row.negatives == 0 else "denominator 0"


def fraction(row: Estimate | None) -> str:
    """Return x/n of a proportion, a dash for any other metric: ``615/1,108``."""
    if row is None or row.numerator is None or row.denominator is None:
        return NOT_APPLICABLE
    return f"{count(row.numerator)}/{count(row.denominator)}"


def counts(row: Estimate | None) -> str:
    """Return x/n of a proportion, positives and negatives of AUROC (``217 + 468``), a dash for any other metric."""
    if row is not None and row.metric == "auroc":
        return f"{count(row.positives)} + {count(row.negatives)}"
    return fraction(row)


def too_few(row: Estimate) -> bool:
    """Return whether a metric rests on too few patients of a class for an interval to be informative."""
    return min(row.patients_of_classes) < FEWEST_PATIENTS


def effective_size(row: Estimate) -> str:
    """Return n_eff with one decimal; a dash where the metric has none."""
    return NOT_APPLICABLE if row.effective_size is None else decimal(row.effective_size, 1)


def dagger(row: Estimate | None) -> str:
    """Return the mark of an interval to whose variance few patients contribute; empty for any other."""
    return DAGGER if row is not None and row.small_sample else ""


def interval(bounds: Interval | None) -> str:
    """Return lower and upper bound: ``0.497–0.612``; ``not given`` where there is none."""
    return NOT_GIVEN if bounds is None else f"{decimal(bounds[0])}–{decimal(bounds[1])}"


def half_width(bounds: Interval | None) -> str:
    """Return half the distance between the bounds: ``0.057``; ``not given`` where there are none."""
    return NOT_GIVEN if bounds is None else decimal((bounds[1] - bounds[0]) / 2)


def between(bounds: Interval | None) -> str:
    """Return bounds that may be negative: ``−0.012 to 0.250``; ``not given`` where there are none."""
    return NOT_GIVEN if bounds is None else f"{decimal(bounds[0])} to {decimal(bounds[1])}"


@printed
def signed(number: float | None) -> str:
    """Return a difference with its sign: ``+0.018``, ``−0.012``, ``0.000``; ``n.e.`` where it is not estimable."""
    if number is None:
        return NOT_ESTIMABLE_SHORT
    text = decimal(number)
    return f"+{text}" if number > 0 and text != decimal(0.0) else text


@printed
def score(number: float) -> str:
    """Return a score with six decimals, as `predict` writes it, or more to keep at least three significant digits."""
    leading = -math.floor(math.log10(number)) if 0 < number < 1 else 0
    return decimal(number, max(PLACES_OF_SCORES, leading + 2))


@printed
def value(number: float | None) -> str:
    """Return a number in a table; ``n.e.`` where it is not estimable, with the reason in a note."""
    return NOT_ESTIMABLE_SHORT if number is None else decimal(number)


@printed
def p_value(probability: float | None) -> str:
    """Return a p-value with three decimals, ``<0.001`` below them; ``n.e.`` where there is none."""
    if probability is None:
        return NOT_ESTIMABLE_SHORT
    return f"<{SMALLEST_P}" if probability < SMALLEST_P else decimal(probability)


@printed
def monte_carlo_error(error: float | None) -> str:
    """Return a Monte-Carlo error with four decimals, ``<0.0001`` below them; a dash where no resampling decides."""
    if not error:
        return NOT_APPLICABLE
    smallest = 10.0**-PLACES_OF_RESAMPLING
    return f"<{stated(smallest)}" if error < smallest else decimal(error, PLACES_OF_RESAMPLING)


def interval_of(row: Estimate, name: str) -> str:
    """Return an interval of an estimate by name; a dash where it does not apply to the metric."""
    return interval(row.intervals[name]) if name in row.intervals else NOT_APPLICABLE


def design_effect(row: Estimate) -> str:
    """Return a design effect with one decimal; ``n.e.`` where not estimable, a dash where the metric has none."""
    if row.design_effect is not None:
        return decimal(row.design_effect, 1)
    return NOT_ESTIMABLE_SHORT if "exact_clustered" in row.intervals else NOT_APPLICABLE


@printed
def proportion(part: int, whole: int) -> str:
    """Return a count with its proportion: ``2,326 (43.3 %)``; the count alone where the whole is 0."""
    return f"{count(part)} ({percent(part / whole)})" if whole else count(part)


@printed
def percent(value: float) -> str:
    """Return a proportion as per cent with one decimal: ``43.3 %``."""
    return f"{100 * value:.1f}\u00a0%"


@printed
def shift(change: float) -> str:
    """Return a signed change of a proportion, in percentage points with one decimal: ``+5.0 pp``; a dash for none."""
    if not change:
        return NOT_APPLICABLE
    return f"{'+' if change > 0 else MINUS}{100 * abs(change):.1f}\u00a0pp"


@printed
def level(confidence_level: float) -> str:
    """Return a level of confidence, or a chosen proportion, as per cent: ``95 %``, ``97.5 %``."""
    return f"{Decimal(repr(confidence_level)) * 100:f}".rstrip("0").rstrip(".") + "\u00a0%"


@printed
def alpha(probability: float) -> str:
    """Return a level of significance as per cent with three significant digits: ``5 %``, ``1.67 %``."""
    return f"{_three_digits(probability):f}\u00a0%"


@printed
def level_of_look(confidence_level: float) -> str:
    """Return a level of confidence as 100 % less alpha with three significant digits: ``97.5 %``, ``98.33 %``."""
    return f"{100 - _three_digits(1 - confidence_level):f}\u00a0%"


def _three_digits(probability: float) -> Decimal:
    return Decimal(f"{100 * probability:.3g}")


def short_hash(digest: str) -> str:
    """Return the ends of a SHA-256: ``e6fd4706…d626``."""
    return f"{digest[:HASH_HEAD]}…{digest[-HASH_TAIL:]}"


def moment(started: str) -> datetime:
    """Return the time of a run record, in UTC.

    Raises:
        BadInputError: it is not written as ``2026-01-31T12:00:00Z``.
    """
    try:
        return datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInputError(
            f"run.json: started is {started!r}; it must be a UTC time such as 2026-01-31T12:00:00Z."
        ) from error


def date(time: datetime) -> str:
    """Return a day in full: ``20 November 2026``."""
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}"


def date_and_time(time: datetime) -> str:
    """Return a day and time in full: ``20 November 2026, 13:00 UTC``."""
    return f"{date(time)}, {time:%H:%M} UTC"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names in a sentence: ``a``, ``a and b``, ``a, b and c``; ``none`` where there are none."""
    if not names:
        return "none"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
