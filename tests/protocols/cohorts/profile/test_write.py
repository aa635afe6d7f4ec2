"""A cohort folder -> profile.json: every number of a tiny cohort, the order of rows, what is refused."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.cohorts.cohort import write_cohort
from protocols.cohorts.profile.profile_parts import Classes
from protocols.cohorts.profile.profile_record import MONTAGE, PROFILE, read_profile
from protocols.cohorts.profile.write import write_profile
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.nih import nih
from protocols.cohorts.sources.rsna import rsna
from protocols.errors import BadInputError
from protocols.progress import silent

Tiny = Callable[..., Path]


def profile_of(folder: Path, finding: str | None = None, workers: int = 1):
    return write_profile(folder, folder, finding=finding, progress=silent, workers=workers)


def test_a_tiny_cohort_by_hand(tiny: Tiny) -> None:
    profile = profile_of(tiny())
    assert (profile.images, profile.patients, profile.phantoms) == (6, 4, 0)
    assert profile.images_a_patient == {"1": 2, "2": 2}
    assert profile.finding == "Pneumonia"
    # a1 and a2 by label, b1 by label, c1 by two readers of three; d1 is a tie and d2 indeterminate
    assert profile.classes == Classes(positive=3, negative=1, unknown=2)
    assert [(one.source, one.classes) for one in profile.class_sources] == [
        ("labels", Classes(positive=2, negative=1, unknown=0)),
        ("reads", Classes(positive=1, negative=0, unknown=0)),
    ]
    assert [(row.label, row.reads) for row in profile.label_and_reads] == [
        ("positive", Classes(positive=0, negative=1, unknown=1)),
        ("negative", Classes(positive=0, negative=0, unknown=1)),
    ]
    assert [(part.name, part.patients, part.classes) for part in profile.splits] == [
        ("train", 2, Classes(positive=2, negative=1, unknown=0)),
        ("test", 2, Classes(positive=1, negative=0, unknown=2)),
    ]
    assert [(step.step, step.images) for step in profile.flow] == [("source", 7), ("not_within", 1)]


def test_what_a_tiny_cohort_lacks_by_hand(tiny: Tiny) -> None:
    lacks = {
        (column.table, column.column): (column.rows, column.empty, column.unusable)
        for column in profile_of(tiny()).missing
        if column.empty or column.unusable
    }
    assert lacks == {
        ("studies", "age_years"): (6, 1, 1),
        ("studies", "sex"): (6, 0, 1),
        ("studies", "view"): (6, 1, 0),
        ("studies", "site"): (6, 1, 0),
        ("labels", "Edema"): (3, 1, 0),
    }


def test_pictures_of_a_tiny_cohort_by_hand(tiny: Tiny) -> None:
    folder = tiny()
    pictures = profile_of(folder).pictures
    assert pictures is not None
    assert (pictures.found, pictures.missing, pictures.sampled, pictures.decoded) == (5, 1, 5, 4)
    assert [(fault.reason, fault.pictures) for fault in pictures.faults] == [("is empty (0 bytes)", 1)]
    assert pictures.constant == 3
    assert [(size.columns, size.rows, size.pictures) for size in pictures.sizes] == [(8, 4, 3), (4, 8, 1)]
    # the positives are black and half white: means 0 and 127.5
    assert pictures.looks["positive"].means.mean == 63.75
    assert pictures.looks["positive"].deviations.highest == 127.5
    assert pictures.looks["positive"].histogram[0] == 0.75
    assert pictures.looks["positive"].histogram[-1] == 0.25
    assert (folder / MONTAGE).read_bytes().startswith(b"\x89PNG")


def test_it_reads_back_against_itself(tiny: Tiny) -> None:
    folder = tiny()
    assert profile_of(folder) == read_profile(folder / PROFILE)


def test_rows_in_another_order_give_the_same_bytes_against_itself(tiny: Tiny) -> None:
    folder, other = tiny(), tiny()
    profile_of(folder)
    for name in ("studies", "labels", "reads"):
        head, *rows = (other / f"{name}.csv").read_text().splitlines()
        random.Random(3).shuffle(rows)
        (other / f"{name}.csv").write_text("\n".join([head, *rows]) + "\n")
    profile_of(other)
    for name in (PROFILE, MONTAGE):
        assert (folder / name).read_bytes() == (other / name).read_bytes()


def test_another_number_of_processes_gives_the_same_bytes_against_itself(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny()
    profile_of(folder)
    alone = (folder / PROFILE).read_bytes()
    monkeypatch.setattr("protocols.cohorts.profile.pictures.POOL_FROM", 1)
    profile_of(folder, workers=2)
    assert (folder / PROFILE).read_bytes() == alone


def test_without_pictures_labels_and_reads_by_hand(tiny: Tiny) -> None:
    bare = [("image_id", "patient_id", "age_years", "sex", "view"), ("x", "X", "", "", "")]
    folder = tiny(studies=bare, labels=None, reads=None, flow=None)
    profile = profile_of(folder)
    assert (profile.finding, profile.labels, profile.reads, profile.pictures) == (None, None, None, None)
    assert profile.classes == Classes(positive=0, negative=0, unknown=1)
    assert [(part.name, part.patients) for part in profile.splits] == [("", 1)]
    assert not (folder / MONTAGE).exists()


def test_the_finding_that_is_asked_for_by_hand(tiny: Tiny) -> None:
    profile = profile_of(tiny(reads=None), finding="Edema")
    assert profile.finding == "Edema"
    assert profile.classes == Classes(positive=1, negative=1, unknown=4)


def test_a_finding_that_nobody_has_is_refused_by_hand(tiny: Tiny) -> None:
    with pytest.raises(BadInputError, match=r"'Odema', which neither .* have; there is 'Edema', 'Pneumonia'"):
        profile_of(tiny(), finding="Odema")


def test_reads_of_several_findings_by_hand(tiny: Tiny) -> None:
    reads = [
        ("image_id", "reader_id", "finding", "verdict"),
        ("a1", "R1", "Edema", "positive"),
        ("a1", "R1", "Pneumonia", "negative"),
        ("b1", "R1", "Pneumonia", "positive"),
    ]
    profile = profile_of(tiny(labels=None, reads=reads))
    assert profile.finding == "Pneumonia"
    assert profile.classes == Classes(positive=1, negative=1, unknown=4)
    assert profile.reads is not None
    assert profile.reads.finding == "Pneumonia"


@pytest.mark.parametrize("damage", ["{", '{"schema": "cxr510k-profile/9"}', "[]"])
def test_another_file_is_no_profile_by_hand(damage: str, tmp_path: Path) -> None:
    (tmp_path / PROFILE).write_text(damage)
    with pytest.raises(BadInputError, match="is not cxr510k-profile/1"):
        read_profile(tmp_path / PROFILE)
    with pytest.raises(BadInputError, match="cannot be read"):
        read_profile(tmp_path / "nothing.json")


def test_its_json_has_whole_or_rounded_numbers(tiny: Tiny) -> None:
    folder = tiny()
    profile_of(folder)

    def numbers(value: object):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                yield from numbers(part)
        elif isinstance(value, float):
            yield value

    assert all(number == round(number, 9) for number in numbers(json.loads((folder / PROFILE).read_text())))


@pytest.mark.slow
def test_nih_against_the_published_counts(shared_data: Path, tmp_path: Path) -> None:
    entries = shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz"
    write_cohort(nih(entries, CohortRequest(out=tmp_path)), tmp_path)
    profile = profile_of(tmp_path)
    assert (profile.images, profile.patients) == (112_120, 30_805)
    assert profile.labels is not None
    positives = {finding.name: finding.positives for finding in profile.labels.findings}
    # Wang et al., CVPR 2017 and the release's own list
    assert (positives["No Finding"], positives["Infiltration"], positives["Hernia"]) == (60_361, 19_894, 227)
    assert positives["Pneumonia"] == 1_431
    assert profile.pictures is None


@pytest.mark.slow
def test_rsna_against_the_published_agreement(shared_data: Path, tmp_path: Path) -> None:
    entries = shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz"
    mapping = shared_data / "rsna" / "rsna_to_nih.csv.gz"
    write_cohort(rsna(mapping, CohortRequest(out=tmp_path), metadata=entries), tmp_path)
    rows = profile_of(tmp_path).label_and_reads
    agreed, both = sum(row.reads.of(row.label) for row in rows), sum(row.reads.known for row in rows)
    assert agreed / both == pytest.approx(0.7719, abs=0.001)
