"""The class of each image of a cohort for the finding of its profile.

Owns the choice of the finding and the rule: the label where it is known, else the majority of the readers. It is not
the reference standard of a study, which `validation.readers.consensus` decides by a protocol.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protocols.cohorts.profile.profile_parts import (
    CLASSES,
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    Classes,
    ClassName,
    ClassSource,
    LabelAndReads,
    Source,
)
from protocols.errors import BadInputError
from protocols.tables.reading import listing
from protocols.tables.records import Labels, Reads, Verdict

PREFERRED = ("pneumonia", "opacity", "lung opacity")


@dataclass(frozen=True, slots=True)
class ImageClasses:
    """One entry per image: its class and the class's source, which is empty where the class is unknown."""

    names: tuple[str, ...]
    sources: tuple[str, ...]
    label_and_reads: tuple[LabelAndReads, ...]

    def counted(self) -> Classes:
        """Count all images by class."""
        return classes_of(self.names)

    def by_source(self) -> tuple[ClassSource, ...]:
        """Count images by class for each source that occurs."""
        found: list[ClassSource] = []
        sources: tuple[Source, ...] = ("labels", "reads")
        for source in sources:
            names = [name for name, of in zip(self.names, self.sources, strict=True) if of == source]
            if names:
                found.append(ClassSource(source=source, classes=classes_of(names)))
        return tuple(found)


def classes_of(names: Sequence[str]) -> Classes:
    """Count images by class."""
    counts = Counter(names)
    return Classes(**{name: counts[name] for name in CLASSES})


def chosen_finding(asked: str | None, labels: Labels | None, of_reads: Sequence[str]) -> str | None:
    """Return the finding of a profile: the one asked for, else pneumonia or opacity, else the first.

    Args:
        asked: None for the default.
        labels: the labels, if any.
        of_reads: the findings that the reads name.

    Returns:
        None where neither labels nor reads name a finding.

    Raises:
        BadInputError: there is no such finding.
    """
    there = list(dict.fromkeys([*(labels.findings if labels else ()), *of_reads]))
    if asked is not None:
        if asked not in there:
            raise BadInputError(
                f"The profile is asked for finding {asked!r}, which neither labels nor reads have; "
                f"there is {listing(there) or 'none'}."
            )
        return asked
    by_preference = {name.lower(): name for name in reversed(there)}
    preferred = [by_preference[word] for word in PREFERRED if word in by_preference]
    return next(iter([*preferred, *there]), None)


def image_classes(
    image_id: Sequence[str], labels: Labels | None, reads: Reads | None, finding: str | None
) -> ImageClasses:
    """Return the class of each image: its label, 1 or 0, else the majority of its readers' verdicts.

    Indeterminate verdicts count for neither class; a tie leaves the class unknown.
    """
    by_label = _by_label(labels, finding)
    by_readers = _by_readers(reads)
    names, sources = [], []
    for image in image_id:
        name = by_label.get(image)
        source = "labels" if name else ""
        if name is None:
            name = by_readers.get(image, UNKNOWN)
            source = "reads" if name != UNKNOWN else ""
        names.append(name)
        sources.append(source)
    return ImageClasses(tuple(names), tuple(sources), _label_and_reads(image_id, by_label, by_readers))


def _label_and_reads(
    image_id: Sequence[str], by_label: Mapping[str, str], by_readers: Mapping[str, str]
) -> tuple[LabelAndReads, ...]:
    pairs = Counter(
        (by_label[image], by_readers.get(image, UNKNOWN)) for image in image_id if image in by_label
    )
    labels: tuple[ClassName, ...] = ("positive", "negative")
    rows = tuple(
        LabelAndReads(label=label, reads=Classes(**{name: pairs[label, name] for name in CLASSES}))
        for label in labels
    )
    return rows if any(row.reads.known for row in rows) else ()


def _by_label(labels: Labels | None, finding: str | None) -> Mapping[str, str]:
    if labels is None or finding is None or finding not in labels.findings:
        return {}
    marks = labels.findings[finding]
    return {
        image: POSITIVE if mark == 1 else NEGATIVE
        for image, mark in zip(labels.image_id, marks.tolist(), strict=True)
        if not np.isnan(mark)
    }


def _by_readers(reads: Reads | None) -> Mapping[str, str]:
    if reads is None:
        return {}
    balance: Counter[str] = Counter()
    for image, verdict in zip(reads.image_id, reads.verdict, strict=True):
        balance[image] += (verdict == Verdict.POSITIVE) - (verdict == Verdict.NEGATIVE)
    return {image: POSITIVE if lead > 0 else NEGATIVE for image, lead in balance.items() if lead}
