"""Cohort source ``chexpert``: the CheXpert test set, 500 studies that five radiologists read for 14 findings.

Owns the conversion of the published label files to studies and reads of one finding. A study, which may have
several radiographs, is the suite's image here: its id is the file's ``Study``, so that published decisions of models
and benchmark radiologists can be read unchanged. The files do not state age, sex or view.
Source: Irvin et al., AAAI 2019 (the majority of five radiologists is the reference, three others a benchmark).
"""

import re
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from protocols.cohorts.assembly import finish_cohort
from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.tables.checks import checked
from protocols.tables.column_rules import Column, Kind, TableRule
from protocols.tables.reading import listing, read_table
from protocols.tables.records import Verdict


class Mark(StrEnum):
    """A reader's verdict on one finding, as in the files."""

    POSITIVE = "1"
    NEGATIVE = "0"


READERS = ("bc1", "bc2", "bc3", "bc5", "bc7")
STUDY = "Study"
VERDICTS = {Mark.POSITIVE.value: Verdict.POSITIVE.value, Mark.NEGATIVE.value: Verdict.NEGATIVE.value}
PATIENT = re.compile(r"(?:.*/)?(patient\d+)/study\d+")


def chexpert(folder: Path, request: CohortRequest, *, finding: str) -> Cohort:
    """Make a cohort of the CheXpert test set's studies.

    Args:
        folder: of the published labels; contains ``radiologists/groundtruth/bc1_gt.csv`` and four more.
        request: the output folder, and the images to take.
        finding: a column of these files, such as ``Consolidation``.

    Returns:
        Studies in the order of the first reader's file, without age, sex and view; five reads each.

    Raises:
        BadInputError: a file is missing or breaks a rule of tables, lacks the finding, has a duplicate study, has other
            studies than the first file, or contains a cell that is not 0 or 1.
    """
    calls = {reader: _calls(_file_of(folder, reader), finding) for reader in READERS}
    studies = tuple(calls[READERS[0]].index)
    for reader in READERS[1:]:
        _refuse_other_studies(_file_of(folder, reader), set(calls[reader].index), set(studies))
    patients = tuple(_patient_of(study, folder) for study in studies)
    unknown = ("",) * len(studies)
    selection = Selection.of_source(studies, patients, "studies of the CheXpert test set")
    columns = {
        "image_id": studies,
        "patient_id": patients,
        "age_years": unknown,
        "sex": unknown,
        "view": unknown,
    }
    cohort = finish_cohort(selection, columns, request)
    kept = cohort.studies["image_id"]
    reads = {
        "image_id": tuple(np.repeat(kept, len(READERS)).tolist()),
        "reader_id": READERS * len(kept),
        "verdict": tuple(pd.DataFrame(calls).loc[list(kept)].to_numpy().ravel().tolist()),
    }
    return replace(cohort, reads=reads)


def _file_of(folder: Path, reader: str) -> Path:
    file = folder / "radiologists" / "groundtruth" / f"{reader}_gt.csv"
    if not file.is_file():
        raise BadInputError(
            f"{file}: is missing; name the folder of the CheXpert test set's labels, in which "
            f"radiologists/groundtruth contains the files of {', '.join(READERS)}."
        )
    return file


def _calls(file: Path, finding: str) -> pd.Series:
    """Return one reader's verdict on each study, by study."""
    table = read_table(file)
    table.require([STUDY])
    findings = [name for name in table.frame if name != STUDY]
    if finding not in findings:
        raise BadInputError(f"{file}: has no finding {finding!r}; those are {listing(findings)}.")
    columns = (Column(STUDY, Kind.IDENTIFIER), Column(finding, Kind.CHOICE, Mark))
    frame = checked(table, TableRule("reads", columns, key=(STUDY,), one_row="study"))
    return frame.set_index(STUDY)[finding].map(VERDICTS)


def _refuse_other_studies(file: Path, here: set[str], expected: set[str]) -> None:
    if here != expected:
        other = min(here ^ expected)
        raise BadInputError(
            f"{file}: has {len(here)} studies and {READERS[0]} {len(expected)}, and {other!r} is of one of them "
            "only; all five readers read the same studies."
        )


def _patient_of(study: str, folder: Path) -> str:
    match = PATIENT.fullmatch(study)
    if match is None:
        raise BadInputError(
            f"{folder}: study {study!r} does not end in a patient and a study, such as patient64741/study1."
        )
    return match[1]
