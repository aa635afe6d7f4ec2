"""Leave-one-out analyses by site and by reader: does the result depend on a single one?

Owns the choice of what is left out. The estimates are closed-form (`closed_form`), at the level of the interval that
decides, as criteria are judged on them. Leaving out a reader changes the
reference: an image that no other reader read leaves, and where indeterminate references are excluded, the analysed
images change with them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocols.schema.metrics import SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from validation.cohort.inputs import Records
from validation.cohort.join import INDETERMINATE, NO_TRUTH, TRUTH_CODES, JoinedCohort
from validation.cohort.outcomes import ResampledPatients, resampled_patients, sample_of
from validation.criteria import bound_of, compared
from validation.estimates.closed_form import closed_estimates
from validation.readers.consensus import verdicts_by_image
from validation.results.results import OVERALL_AXIS
from validation.results.secondary import ClosedEstimate, CriterionVerdict, LeftOut


def without_each_site(
    cohort: JoinedCohort, records: Records, drawn: ResampledPatients, protocol: Protocol
) -> tuple[LeftOut, ...]:
    """Return one entry per site of the analysed images, by code point; none where fewer than two sites are known."""
    sites = np.array(records.studies.further.get("site", ("",) * len(cohort.image_id)), dtype=object)
    names = sorted({site for site in sites[cohort.analysed] if site})
    return tuple(
        _left_out("site", name, cohort, cohort.analysed & (sites != name), drawn, protocol)
        for name in (names if len(names) > 1 else ())
    )


def without_each_reader(cohort: JoinedCohort, records: Records, protocol: Protocol) -> tuple[LeftOut, ...]:
    """Return one entry per reader by code point; none for a single reader, or without a consensus of readers.

    Where the protocol excludes indeterminate references, images that become determinate enter and others leave.
    """
    reads, standard, missing = records.reads, protocol.reference_standard, protocol.missing
    eligible = {cohort.image_id[row] for row in np.flatnonzero(cohort.eligible)}
    names = sorted(
        {reader for image, reader in zip(reads.image_id, reads.reader_id, strict=True) if image in eligible}
    )
    if standard.kind not in ("consensus", "adjudicated") or len(names) < 2:
        return ()
    drawn = resampled_patients(cohort, cohort.eligible)
    candidates = cohort.eligible
    if missing.not_processed == "exclude":
        candidates = candidates & ~np.isnan(cohort.score)
    left_out = []
    for name in names:
        verdicts = verdicts_by_image(reads.without(name), standard.rule)
        truth = np.array(
            [TRUTH_CODES[verdicts[image]] if image in verdicts else NO_TRUTH for image in cohort.image_id],
            dtype=np.int8,
        )
        members = candidates & (truth != NO_TRUTH)
        if missing.indeterminate == "exclude":
            members &= truth != INDETERMINATE
        judged, ties = replace(cohort, truth=truth), members & (truth == INDETERMINATE)
        left_out.append(_left_out("reader", name, judged, members, drawn, protocol))
        if ties.any():
            left_out.append(
                _left_out("reader", name, judged, members & ~ties, drawn, protocol, ties=int(ties.sum()))
            )
    return tuple(left_out)


def _left_out(
    kind: Literal["site", "reader"],
    name: str,
    cohort: JoinedCohort,
    members: NDArray[np.bool_],
    drawn: ResampledPatients,
    protocol: Protocol,
    *,
    ties: int = 0,
) -> LeftOut:
    sample = sample_of(cohort, members, drawn, unit=protocol.analysis.unit)
    estimates = closed_estimates(sample, SUBGROUP_METRICS, protocol.deciding_level)
    return LeftOut(
        kind=kind,
        name=name,
        images=sample.tally.images,
        patients=sample.tally.patients,
        indeterminate=ties or int((members & (cohort.truth == INDETERMINATE)).sum()),
        ties_excluded=ties > 0,
        estimates=estimates,
        verdicts=_verdicts(estimates, protocol),
    )


def _verdicts(estimates: Sequence[ClosedEstimate], protocol: Protocol) -> dict[str, CriterionVerdict]:
    """Judge the criteria on the whole cohort, by id, except those on other metrics than `SUBGROUP_METRICS`."""
    by_metric = {one.metric: one for one in estimates}
    found: dict[str, CriterionVerdict] = {}
    for criterion in protocol.criteria:
        if criterion.subgroup == OVERALL_AXIS and criterion.metric in by_metric:
            one = by_metric[criterion.metric]
            observed = bound_of(criterion.bound, one.value, one.interval)
            if observed is None or protocol.reference_standard.kind == "text_mined":
                found[criterion.id] = "inconclusive"
            else:
                found[criterion.id], _ = compared(criterion, observed)
    return found
