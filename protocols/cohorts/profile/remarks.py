"""Remarks on a cohort: one sentence with its numbers for each stated rule that applies.

Owns the rules and their limits. Remarks are descriptive: they test nothing and decide nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from protocols.cohorts.profile.profile_parts import (
    NEGATIVE,
    POSITIVE,
    AgeProfile,
    ClassSource,
    LabelAndReads,
    LabelProfile,
    Level,
    Missing,
    Part,
    PictureProfile,
    ReadsProfile,
    Remark,
)
from protocols.cohorts.profile.profile_record import Profile
from protocols.storage.canonical import rounded

FEWEST = 30  # images on each side before proportions are compared; a smaller class is called few
RAREST = 0.05
AGREED = 0.90
APART = 0.10  # difference of two proportions
APART_YEARS = 5.0
APART_GREY = 10.0
MUCH_MISSING = 0.05
TOGETHER = 0.5
MANY_A_PATIENT = 1.5

SPACE = "\u00a0"  # no-break space between a number and its sign


def _percent(proportion: float, places: int = 1) -> str:
    return f"{100 * proportion:.{places}f}{SPACE}%"


RULES = {
    "few": f"a finding, or a class within a split, has fewer than {FEWEST} positive or negative images",
    "rare": f"the smaller class of a finding is less than {_percent(RAREST, 0)} of the known images",
    "together": f"half or more of a finding's positives, {FEWEST} at least, are positive for another too",
    "sources": "the class comes from labels for some images and from readers for others",
    "agreement": f"label and readers agree on less than {_percent(AGREED, 0)} of {FEWEST} images or more that have "
    "both",
    "associated": f"a level's share differs by {_percent(APART, 0)} or more between the classes, each with {FEWEST} "
    "images of known level or more",
    "ages": f"the mean ages of the classes, {FEWEST} known ages each, differ by {APART_YEARS:g} years or more",
    "grey": f"the mean grey levels of the classes, {FEWEST} pictures each, differ by {APART_GREY:g} of 256 or more",
    "splits": f"the shares of positives of two splits, {FEWEST} known images each, differ by {_percent(APART, 0)} or "
    "more",
    "readers": f"the shares of positive verdicts of two readers, {FEWEST} determinate verdicts each, differ by "
    f"{_percent(APART, 0)} or more",
    "repeated": f"patients have {MANY_A_PATIENT:g} images each or more, on average",
    "missing": f"a column is unknown for {_percent(MUCH_MISSING, 0)} of its rows or more",
    "unusable": "a column holds cells that the suite cannot use",
    "files": "image files are missing, cannot be decoded or have one grey level only",
    "phantoms": "images are synthetic",
}


def remarks(profile: Profile) -> tuple[Remark, ...]:
    """Return the sentence of every rule that applies, in the order of `RULES`; ignores ``profile.remarks``."""
    said = {
        "few": _few(profile.labels, profile.splits),
        "rare": _rare(profile.labels),
        "together": _together(profile.labels),
        "sources": _sources(profile.class_sources, profile.finding),
        "agreement": _agreement(profile.label_and_reads, profile.finding),
        "associated": _associated(profile.levels),
        "ages": _ages(profile.ages),
        "grey": _grey(profile.pictures),
        "splits": _splits(profile.splits),
        "readers": _readers(profile.reads),
        "repeated": _repeated(profile.images, profile.patients),
        "missing": _missing(profile.missing),
        "unusable": _unusable(profile.missing),
        "files": _files(profile.pictures),
        "phantoms": _phantoms(profile.images, profile.phantoms),
    }
    return tuple(Remark(rule=rule, sentence=sentence) for rule, found in said.items() for sentence in found)


def _few(labels: LabelProfile | None, splits: Sequence[Part]) -> Iterator[str]:
    findings = labels.findings if labels else ()
    for word, numbers in (
        ("positive", {finding.name: finding.positives for finding in findings}),
        ("negative", {finding.name: finding.negatives for finding in findings}),
    ):
        small = [f"{name} {number}" for name, number in numbers.items() if number < FEWEST]
        if small:
            yield f"Few labels are {word}: {', '.join(small)}."
    for part in splits:
        for name in (POSITIVE, NEGATIVE):
            if part.name and part.classes.known and part.classes.of(name) < FEWEST:
                yield f"Split {part.name} has {_counted(part.classes.of(name), f'{name} image')}."


def _rare(labels: LabelProfile | None) -> Iterator[str]:
    shares = {finding.name: finding.prevalence for finding in (labels.findings if labels else ())}
    rare = {name: share for name, share in shares.items() if share is not None and 0 < share < RAREST}
    common = {name: share for name, share in shares.items() if share is not None and 0 < 1 - share < RAREST}
    for found, word, call in ((rare, "Rare", "negative"), (common, "Nearly always positive", "positive")):
        if found:
            listed = ", ".join(f"{name} {_percent(share)}" for name, share in found.items())
            yield (
                f"{word} among the labelled images: {listed}. Whoever calls all of them {call} is right in more than "
                f"{_percent(1 - RAREST, 0)}; accuracy says little here."
            )


def _together(labels: LabelProfile | None) -> Iterator[str]:
    if labels is None:
        return
    for row, one in enumerate(labels.findings):
        for column, other in enumerate(labels.findings):
            both = labels.co_occurrence[row][column]
            if row != column and one.positives >= FEWEST and both >= TOGETHER * one.positives:
                yield (
                    f"Of {_counted(one.positives, 'image')} positive for {one.name}, {_number(both)} "
                    f"({_percent(both / one.positives)}) are positive for {other.name} too."
                )


def _sources(sources: Sequence[ClassSource], finding: str | None) -> Iterator[str]:
    if len(sources) < 2:
        return
    of_labels, of_reads = (
        f"{_counted(source.classes.known, 'image')} ({_percent(source.classes.prevalence or 0.0)} positive)"
        for source in sources
    )
    yield (
        f"The class of {of_labels} is the label {finding}, that of {of_reads} what the readers say; the two need not "
        "mean the same."
    )


def _agreement(rows: Sequence[LabelAndReads], finding: str | None) -> Iterator[str]:
    both = sum(row.reads.known for row in rows)
    agreed = sum(row.reads.of(row.label) for row in rows)
    if both >= FEWEST and agreed < AGREED * both:
        yield (
            f"Label {finding} and the readers agree on {_percent(agreed / both)} of the {_counted(both, 'image')} that "
            "have both."
        )


def _associated(levels: Sequence[Level]) -> Iterator[str]:
    for column, group in groupby(levels, key=lambda level: level.column):
        known = [level for level in group if level.level]
        positives = sum(level.classes.positive for level in known)
        negatives = sum(level.classes.negative for level in known)
        if min(positives, negatives) < FEWEST:
            continue
        shares = [(level.classes.positive / positives, level.classes.negative / negatives) for level in known]
        place = max(range(len(known)), key=lambda index: abs(shares[index][0] - shares[index][1]))
        of_positives, of_negatives = shares[place]
        if _apart(of_positives, of_negatives, APART):
            yield (
                f"Class and {column} are associated: {known[place].level} among positives "
                f"{_percent(of_positives)}, among negatives {_percent(of_negatives)}."
            )


def _ages(ages: AgeProfile) -> Iterator[str]:
    spreads = [ages.spread[name] for name in (POSITIVE, NEGATIVE) if name in ages.spread]
    if len(spreads) == 2 and min(spread.number for spread in spreads) >= FEWEST:
        positive, negative = (spread.mean for spread in spreads)
        if _apart(positive, negative, APART_YEARS):
            yield (
                f"Class and age are associated: positives are {positive:.1f} years old on average, negatives "
                f"{negative:.1f}."
            )


def _grey(pictures: PictureProfile | None) -> Iterator[str]:
    looks = (
        [pictures.looks[name] for name in (POSITIVE, NEGATIVE) if name in pictures.looks] if pictures else []
    )
    if len(looks) == 2 and min(look.pictures for look in looks) >= FEWEST:
        positive, negative = (look.means.mean for look in looks)
        if _apart(positive, negative, APART_GREY):
            yield (
                f"Class and brightness are associated: the mean grey level of positives is {positive:.1f}, "
                f"that of negatives {negative:.1f}."
            )


def _splits(splits: Sequence[Part]) -> Iterator[str]:
    shares = [
        (share, part.name)
        for part in splits
        if part.classes.known >= FEWEST and (share := part.classes.prevalence) is not None
    ]
    if shares and _apart(max(shares)[0], min(shares)[0], APART):
        (low, of_low), (high, of_high) = min(shares), max(shares)
        yield f"Splits differ: {_percent(high)} of {of_high} are positive, {_percent(low)} of {of_low}."


def _readers(reads: ReadsProfile | None) -> Iterator[str]:
    shares = [
        (reader.share_positive, reader.reader_id)
        for reader in (reads.readers if reads else ())
        if reader.positive + reader.negative >= FEWEST and reader.share_positive is not None
    ]
    if shares and _apart(max(shares)[0], min(shares)[0], APART):
        (low, of_low), (high, of_high) = min(shares), max(shares)
        yield (
            f"Readers differ: {of_high} calls {_percent(high)} of the images positive, {of_low} {_percent(low)}."
        )


def _repeated(images: int, patients: int) -> Iterator[str]:
    if images >= MANY_A_PATIENT * patients:
        yield (
            f"Patients have {images / patients:.2f} images on average: images of one patient are alike, so split by "
            "patient and cluster every interval by patient."
        )


def _missing(missing: Sequence[Missing]) -> Iterator[str]:
    for column in missing:
        lost = column.empty + column.unusable
        if column.rows and lost >= MUCH_MISSING * column.rows:
            share = _percent(lost / column.rows)
            yield f"{_name(column)} is unknown in {_number(lost)} of {_number(column.rows)} rows ({share})."


def _unusable(missing: Sequence[Missing]) -> Iterator[str]:
    for column in missing:
        if column.unusable:
            cells = _counted(column.unusable, "cell")
            yield f"{_name(column)} holds {cells} that the suite cannot use and takes for unknown."


def _files(pictures: PictureProfile | None) -> Iterator[str]:
    if pictures is None:
        return
    if pictures.missing:
        images = _counted(pictures.missing + pictures.found, "image")
        yield f"{_number(pictures.missing)} of {images} {'has' if pictures.missing == 1 else 'have'} no file."
    for fault in pictures.faults:
        sampled = _counted(pictures.sampled, "sampled picture")
        yield f"{_number(fault.pictures)} of {sampled} cannot be decoded: the file {fault.reason}."
    if pictures.constant:
        decoded = _counted(pictures.decoded, "decoded picture")
        verb = "holds" if pictures.constant == 1 else "hold"
        yield f"{_number(pictures.constant)} of {decoded} {verb} one grey level only."


def _phantoms(images: int, phantoms: int) -> Iterator[str]:
    if phantoms:
        verb = "is" if phantoms == 1 else "are"
        yield f"{_number(phantoms)} of {_counted(images, 'image')} {verb} synthetic (phantoms)."


def _apart(one: float, other: float, limit: float) -> bool:
    """Return whether two numbers differ by the limit or more, rounded against the last bit of their difference."""
    return rounded(abs(one - other)) >= limit


def _name(column: Missing) -> str:
    return column.column if column.table == "studies" else f"Label {column.column}"


def _number(value: int) -> str:
    return f"{value:,}"


def _counted(value: int, noun: str) -> str:
    return f"{value:,} {noun}{'' if value == 1 else 's'}"
