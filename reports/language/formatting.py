"""Numbers, intervals, shares and dates -> the text that a report prints.

Owns decimals, separators and the words for what does not exist: nothing is ever blank or NaN. Names of
metrics, levels and rules are `vocabulary`. Independent of the machine's locale.
"""

import math
from datetime import UTC, datetime
from decimal import Decimal

from protocols.errors import BadInputError
from reports.provenance.marks import printed
from validation.results.results import Estimate
from validation.results.secondary import Interval

PLACES = 3
MOST_PLACES = 9
PLACES_OF_SCORES, PLACES_OF_DRAWS = 6, 4
MINUS = "\N{MINUS SIGN}"
NOT_APPLICABLE = "–"
DAGGER = "\N{DAGGER}"
TOO_FEW = "too few"
FEWEST_PATIENTS = 5  # of a class; below, no interval is drawn or printed by subgroup
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
    """A whole number with thousands separators: ``5,366``."""
    return f"{number:,}"


@printed
def thousands(number: int) -> str:
    """A count in thousands, for a narrow cell: ``12.3k``; below 10,000 whole: ``9,876``."""
    return count(number) if number < FEWEST_IN_THOUSANDS else f"{number / 1000:.1f}k"


@printed
def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A whole number with its noun: ``1 image``, ``5,366 images``."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


@printed
def decimal(value: float, places: int = PLACES) -> str:
    """A number with a fixed number of decimals and a true minus sign: ``0.555``, ``−0.012``; never a negative zero."""
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


@printed
def stated(value: float) -> str:
    """A number that a person chose, with all the decimals it has and at least one: ``0.02``, ``0.5``, ``1.0``."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


@printed
def plain(value: float) -> str:
    """A number that a person chose, without decimals where it is whole: ``18``, ``44.5``."""
    return stated(value).removesuffix(".0")


@printed
def goal(value: float) -> str:
    """A goal: three decimals, more where it was set with more, so that no promise is rounded."""
    written = stated(value)
    return decimal(value, max(PLACES, len(written.partition(".")[2])))


@printed
def against(value: float, limit: float) -> str:
    """A number beside the goal it is compared with: as many decimals as it takes to tell them apart.

    >>> against(0.80004, 0.8)
    '0.80004'
    """
    for places in range(PLACES, MOST_PLACES):
        if value == limit or decimal(value, places) != decimal(limit, places):
            return decimal(value, places)
    return decimal(value, MOST_PLACES)


def estimate(row: Estimate) -> str:
    """The value of an estimate, or why there is none: ``0.555``, ``not estimable (0 positives)``."""
    return f"{NOT_ESTIMABLE} ({_lack(row)})" if row.value is None else decimal(row.value)


def _lack(row: Estimate) -> str:
    if row.positives == 0:
        return "0 positives"
    return "0 negatives" if row.negatives == 0 else "denominator 0"


def fraction(row: Estimate | None) -> str:
    """x/n of a proportion, a dash for what is none: ``615/1,108``."""
    if row is None or row.numerator is None or row.denominator is None:
        return NOT_APPLICABLE
    return f"{count(row.numerator)}/{count(row.denominator)}"


def counts(row: Estimate | None) -> str:
    """Return x/n of a proportion; of AUROC its positives and negatives; a dash for what has neither: ``217 + 468``."""
    if row is not None and row.metric == "auroc":
        return f"{count(row.positives)} + {count(row.negatives)}"
    return fraction(row)


def too_few(row: Estimate) -> bool:
    """Whether so few patients of a class stand behind a metric that an interval would say nothing."""
    return min(row.patients_of_classes) < FEWEST_PATIENTS


def effective_size(row: Estimate) -> str:
    """Return n_eff with one decimal; a dash where the metric has none."""
    return NOT_APPLICABLE if row.effective_size is None else decimal(row.effective_size, 1)


def dagger(row: Estimate | None) -> str:
    """Return the mark of an interval that the rule for few patients widened; nothing for any other."""
    return DAGGER if row is not None and row.small_sample else ""


def interval(bounds: Interval | None) -> str:
    """Lower and upper bound: ``0.497–0.612``; ``not given`` where there is none."""
    return NOT_GIVEN if bounds is None else f"{decimal(bounds[0])}–{decimal(bounds[1])}"


def half_width(bounds: Interval | None) -> str:
    """Half the distance between the bounds: ``0.057``; ``not given`` where there are none."""
    return NOT_GIVEN if bounds is None else decimal((bounds[1] - bounds[0]) / 2)


def between(bounds: Interval | None) -> str:
    """Bounds of what may be negative: ``−0.012 to 0.250``; ``not given`` where there are none."""
    return NOT_GIVEN if bounds is None else f"{decimal(bounds[0])} to {decimal(bounds[1])}"


@printed
def signed(number: float | None) -> str:
    """A difference with its sign: ``+0.018``, ``−0.012``, ``0.000``; ``n.e.`` where it is not estimable."""
    if number is None:
        return NOT_ESTIMABLE_SHORT
    text = decimal(number)
    return f"+{text}" if number > 0 and text != decimal(0.0) else text


@printed
def score(number: float) -> str:
    """A score: six decimals, as `predict` writes them, more where fewer than three digits of it would be left."""
    leading = -math.floor(math.log10(number)) if 0 < number < 1 else 0
    return decimal(number, max(PLACES_OF_SCORES, leading + 2))


@printed
def value(number: float | None) -> str:
    """A number in a table; ``n.e.`` where it is not estimable, for which a note says why."""
    return NOT_ESTIMABLE_SHORT if number is None else decimal(number)


@printed
def p_value(probability: float | None) -> str:
    """Three decimals, ``<0.001`` below them; ``n.e.`` where there is none."""
    if probability is None:
        return NOT_ESTIMABLE_SHORT
    return f"<{SMALLEST_P}" if probability < SMALLEST_P else decimal(probability)


@printed
def draws_error(error: float | None) -> str:
    """A Monte-Carlo error: four decimals, ``<0.0001`` below them; a dash where no draws decide."""
    if not error:
        return NOT_APPLICABLE
    smallest = 10.0**-PLACES_OF_DRAWS
    return f"<{stated(smallest)}" if error < smallest else decimal(error, PLACES_OF_DRAWS)


def interval_of(row: Estimate, name: str) -> str:
    """One of the intervals of an estimate by name; a dash where it does not apply to the metric."""
    return interval(row.intervals[name]) if name in row.intervals else NOT_APPLICABLE


def design_effect(row: Estimate) -> str:
    """One decimal; ``n.e.`` where it is not estimable, a dash where the metric has none."""
    if row.design_effect is not None:
        return decimal(row.design_effect, 1)
    return NOT_ESTIMABLE_SHORT if "exact_clustered" in row.intervals else NOT_APPLICABLE


@printed
def share(part: int, whole: int) -> str:
    """A count with its share: ``2,326 (43.3 %)``; the count alone where the whole is 0."""
    return f"{count(part)} ({percent(part / whole)})" if whole else count(part)


@printed
def percent(value: float) -> str:
    """A share as per cent with one decimal: ``43.3 %``."""
    return f"{100 * value:.1f}\u00a0%"


@printed
def shift(share: float) -> str:
    """A change of a share with its sign, in percentage points with one decimal: ``+5.0 pp``; a dash for none."""
    if not share:
        return NOT_APPLICABLE
    return f"{'+' if share > 0 else MINUS}{100 * abs(share):.1f}\u00a0pp"


@printed
def level(confidence_level: float) -> str:
    """A level of confidence, or a share that a person chose, as it is usually written: ``95 %``, ``97.5 %``."""
    return f"{Decimal(repr(confidence_level)) * 100:f}".rstrip("0").rstrip(".") + "\u00a0%"


def short_hash(digest: str) -> str:
    """The ends of a SHA-256: ``e6fd4706…d626``."""
    return f"{digest[:HASH_HEAD]}…{digest[-HASH_TAIL:]}"


def moment(started: str) -> datetime:
    """The time of a run record, in UTC.

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
    """A day in full: ``20 November 2026``."""
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}"


def date_and_time(time: datetime) -> str:
    """A moment in full: ``20 November 2026, 13:00 UTC``."""
    return f"{date(time)}, {time:%H:%M} UTC"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Names in a sentence: ``a``, ``a and b``, ``a, b and c``; ``none`` where there are none."""
    if not names:
        return "none"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]
