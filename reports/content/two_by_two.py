"""The 2x2 table of a run, and the check that line listing and results agree.

Owns the 2x2 table that results imply and the refusal of evidence that contradicts itself: counts and AUROC from the
listing must equal those of results.json, or nothing is rendered.
"""

from dataclasses import dataclass

from protocols.errors import EvidenceDiffersError
from protocols.storage.run_folder import RunFolder
from reports.content.estimate_rows import LevelRow
from reports.run_files.line_listing import Listing, roc, scores_by_truth
from validation.results.results import Results

AREA_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class TwoByTwoTable:
    """The four counts behind the primary proportions, missing ones included as the protocol counts them."""

    tp: int
    fp: int
    fn: int
    tn: int

    def __str__(self) -> str:
        """Return the counts as a message names them."""
        return f"TP {self.tp}, FP {self.fp}, FN {self.fn}, TN {self.tn}"


def confusion_of(whole: LevelRow) -> TwoByTwoTable:
    """Return the counts of sensitivity and specificity of a row."""
    sensitivity, specificity = whole.estimates["sensitivity"], whole.estimates["specificity"]
    tp, positives = sensitivity.numerator or 0, sensitivity.denominator or 0
    tn, negatives = specificity.numerator or 0, specificity.denominator or 0
    return TwoByTwoTable(tp=tp, fp=negatives - tn, fn=positives - tp, tn=tn)


def refuse_contradiction(
    run: RunFolder, results: Results, listing: Listing, confusion: TwoByTwoTable
) -> None:
    """Refuse a listing that does not give the numbers of the results.

    Raises:
        EvidenceDiffersError: number of images, counts or AUROC differ.
    """
    counted = listing.outcomes()
    again = TwoByTwoTable(*(counted.get(name, 0) for name in ("TP", "FP", "FN", "TN")))
    of_results = results.estimate("auroc").value
    curve = roc(scores_by_truth(listing, results.analysis.unit, in_order=True))
    area, fault = curve.area if curve is not None else None, None
    if len(listing.patient_id) != results.cohort.images:
        fault = (
            f"has {len(listing.patient_id)} analysed images, {run.results.name} has {results.cohort.images}"
        )
    elif results.analysis.unit == "image" and again != confusion:
        fault = f"counts {again}, {run.results.name} has {confusion}"
    elif (area is None) != (of_results is None) or (
        area is not None and of_results is not None and abs(area - of_results) > AREA_TOLERANCE
    ):
        fault = f"gives AUROC {area}, {run.results.name} has {of_results}"
    if fault:
        raise EvidenceDiffersError(f"{run.line_listing}: {fault}; validate again, both come from one run.")
