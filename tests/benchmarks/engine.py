"""The suite's own engine on a study: what the benchmark times, and what every rival is given as well.

Run as a program, it times one workload, so that its peak of memory is its own:
``python -m tests.benchmarks.engine {counts,auroc} PROTOCOL STUDIES READS PREDICTIONS``.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.progress import silent
from protocols.schema.load import load_protocol
from protocols.schema.protocol import Protocol
from tests.benchmarks.studies import Study
from validation.cohort.inputs import InputFiles, read_records
from validation.cohort.join import JoinedCohort, join
from validation.cohort.outcomes import Sample, Units, resampled_patients, sample_of
from validation.cohort.subgroups import axes_of
from validation.estimates.estimates import estimates_of
from validation.estimates.replication import replicate
from validation.readers.consensus import reference_verdicts
from validation.results.results import WHOLE, Estimate, Subgroup


@dataclass(frozen=True, slots=True)
class Joined:
    """A study whose tables are read and joined; ``levels`` are the overall row and every level of every axis."""

    protocol: Protocol
    cohort: JoinedCohort
    levels: Mapping[Subgroup, NDArray[np.bool_]]


def joined(study: Study) -> Joined:
    """Read and join the tables of a study whose threshold the protocol states."""
    protocol = load_protocol(study.protocol).protocol
    records = read_records(study.files, protocol)
    reference = reference_verdicts(records.reads, protocol.reference_standard.rule)
    threshold = protocol.operating_point.threshold
    assert threshold is not None
    cohort = join(records, reference, threshold=threshold, missing=protocol.missing)
    analysed = cohort.analysed
    levels = {WHOLE: analysed} | {
        Subgroup(axis.name, level): analysed & axis.members(level)
        for axis in axes_of(protocol, records.studies)
        for level in axis.emitted(analysed)
    }
    return Joined(protocol, cohort, levels)


def samples_of(study: Joined, *, auroc: bool) -> list[Sample]:
    """Counts by patient of every level, with or without what AUROC needs."""
    drawn = resampled_patients(study.cohort, study.cohort.analysed)
    samples = [sample_of(study.cohort, images, drawn, unit="image") for images in study.levels.values()]
    return samples if auroc else [replace(sample, ranked=_none_of(sample.ranked)) for sample in samples]


def all_estimates(study: Joined, *, auroc: bool) -> list[Estimate]:
    """Every metric of every level with every interval."""
    samples = samples_of(study, auroc=auroc)
    drawn = replicate(samples, study.protocol.bootstrap, silent).replicates
    return [
        estimate
        for subgroup, sample, replicates in zip(study.levels, samples, drawn, strict=True)
        for estimate in estimates_of(sample, replicates, subgroup, study.protocol)
    ]


def _none_of(units: Units) -> Units:
    return Units(units.patient[:0], units.truth[:0], units.score[:0], units.called[:0])


def main() -> None:
    """Print the seconds of one workload, tables read and joined beforehand."""
    workload, protocol, *tables = sys.argv[1:]
    study = joined(Study(workload, Path(protocol), InputFiles(*map(Path, tables))))
    begun = time.perf_counter()
    all_estimates(study, auroc=workload == "auroc")
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
