"""A whole study computed independently: flow, cohort, resamples, rows, criteria and the verdict.

Owns the order. Rows are `estimate_rows`, counting is `cohort`, verdicts are `verdicts`; the comparison with
results.json is `comparison`. None of these files uses NumPy, SciPy or a formula of the first implementation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.errors import BadInputError
from protocols.model_folder import read_threshold
from protocols.progress import Progress
from protocols.schema.protocol import Protocol
from validation.cohort.inputs import InputFiles
from validation.independent import cohort
from validation.independent.best_and_worst_case import Extreme, extremes
from validation.independent.estimate_rows import Row, as_written, level_of_look, row_of
from validation.independent.reader_panels import ResampledReaders, resampled_readers
from validation.independent.replicates import OF_COUNTS, OF_SCORES, replicates_of, slice_of
from validation.independent.subgroup_levels import levels
from validation.independent.tipping_points import TippingOfStudy, tipping_of_study
from validation.independent.verdicts import Judged, judged, overall


@dataclass(frozen=True, slots=True)
class Opinion:
    """The results of the second implementation, under the keys of results.json."""

    flow: tuple[Mapping[str, str | int], ...]
    cohort: Mapping[str, object]
    input_account: Mapping[str, Sequence[Mapping[str, object]]]
    resampling: Mapping[str, str | int]
    looks: Mapping[str, int | float]
    estimates: tuple[Row, ...]
    sensitivity_analyses: tuple[Extreme, ...]
    reference_uncertainty: ResampledReaders
    tipping_points: TippingOfStudy
    criteria: tuple[Judged, ...]
    verdict: str


def second_opinion(protocol: Protocol, files: InputFiles, progress: Progress) -> Opinion:
    """Compute a study from its tables.

    Raises:
        BadInputError: a table that `validate` refuses, no image left to analyse, or a missing threshold.
    """
    counted = cohort.recount(files, protocol)
    analysed = [image for image in counted.images if cohort.leaves_at(image, protocol) is None]
    if not analysed:
        raise BadInputError(f"{files.studies}: no image is left to analyse.")
    threshold = _threshold(protocol, files)
    numbers = {name: k for k, name in enumerate(cohort.clusters(analysed))}
    grouped = protocol.bootstrap.cluster != "patient_id"
    of_level = levels(analysed, protocol)
    slices = {
        level: slice_of(
            images, cohort.units(images, protocol.analysis.unit, threshold), numbers, grouped=grouped
        )
        for level, images in of_level.items()
    }
    replicates = replicates_of(slices, cohort.strata(analysed, protocol), protocol, progress)
    rows = {
        (metric, level): row_of(metric, level, own, replicates.values[level, metric], protocol)
        for level, own in slices.items()
        for metric in (*OF_COUNTS, *OF_SCORES)
    }
    criteria = judged(of_level, rows, protocol)
    verdict = overall(one.verdict for one in criteria if one.role == "acceptance")
    return Opinion(
        flow=cohort.flow(counted, analysed, protocol),
        cohort=cohort.summary(counted, analysed),
        input_account={"tables": cohort.account(counted, protocol)},
        resampling={
            "cluster": protocol.bootstrap.cluster,
            "clusters": len(numbers),
            "draws_sha256": replicates.draws_sha256,
        },
        looks={
            "planned": protocol.looks.planned,
            "alpha_per_look": as_written(1 - level_of_look(protocol)),
            "deciding_confidence_level": as_written(level_of_look(protocol)),
        },
        estimates=tuple(rows.values()),
        sensitivity_analyses=extremes(counted, analysed, protocol, threshold),
        reference_uncertainty=resampled_readers(counted, analysed, rows, protocol, threshold, progress),
        tipping_points=tipping_of_study(counted, criteria, verdict, protocol, threshold),
        criteria=criteria,
        verdict=verdict,
    )


def _threshold(protocol: Protocol, files: InputFiles) -> float:
    stated = protocol.operating_point.threshold
    if stated is None and files.operating_point:
        stated = read_threshold(files.operating_point)[0].threshold
    if stated is None:
        raise BadInputError(
            'the threshold is taken from = "model", and the run folder contains no operating_point.json.'
        )
    return stated
