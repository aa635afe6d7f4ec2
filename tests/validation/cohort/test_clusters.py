"""Sites as clusters: what is refused, which numbers equal those of other studies, and which rows are too small."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from protocols.errors import BadInputError
from protocols.progress import silent
from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from tests.validation.conftest import TABLES, Image, Judge, criterion, tables
from validation.results.results import ClusterCounts, Results
from validation.run import validate

BY_SITE = TABLES.replace("[bootstrap]", '[bootstrap]\ncluster = "site"')
CRITERION = criterion("SE", "sensitivity", 0.5, subgroup='{ axis = "sex", level = "M" }')
# Of both kinds of clusters alike; the others know how many patients a cluster has.
SAME_INTERVALS = ("percentile", "bca", "korn_graubard", "clopper_pearson", "delong_clustered")


def study(sites: int, *, patients: int = 72) -> list[Image]:
    """One to three images of each patient, some wrong, patients spread over sites of unlike sizes."""
    return [
        Image(
            f"p{k:03}",
            ("PPP", "NNN", "PPN")[(k + image) % 3],
            (0.9, 0.2, 0.6, 0.3)[(k * 5 + image + k // 7) % 4],
            "FM"[k % 2],
            {"site": f"s{min(k % sites, k % (sites + 2)):02}"},
        )
        for k in range(patients)
        for image in range(1 + k % 3)
    ]


def rows(results: Results) -> list[dict[str, Any]]:
    """Estimates and their intervals that do not depend on what a cluster is."""
    return [
        {
            "of": (one.metric, one.subgroup, one.value, one.undefined_replicates, one.design_effect),
            "intervals": {name: one.intervals[name] for name in SAME_INTERVALS if name in one.intervals},
        }
        for one in results.estimates
    ]


def test_resampling_by_site_is_that_of_patients_named_so_against_itself(judge: Judge) -> None:
    # A study whose patients bear their site's name: the same clusters, so the same draws, sums and influences.
    images = study(9)
    by_site = judge(images, BY_SITE)
    low = "[minimum]\npatients = 2\npositive_patients = 2\nnegative_patients = 2\n"
    as_patients = judge([replace(one, patient=one.further["site"]) for one in images], TABLES + low)
    assert by_site.resampling.clusters == as_patients.resampling.clusters == 9
    assert by_site.resampling.draws_sha256 == as_patients.resampling.draws_sha256
    assert rows(by_site) == rows(as_patients)
    assert by_site.calibration.slope == as_patients.calibration.slope
    assert by_site.calibration.spiegelhalter == as_patients.calibration.spiegelhalter
    assert by_site.decision_curve == as_patients.decision_curve
    assert by_site.agreement.gwet_ac1 == as_patients.agreement.gwet_ac1
    assert by_site.homogeneity == as_patients.homogeneity


def test_patients_as_a_column_resample_as_patients_against_itself(judge: Judge) -> None:
    # One patient a cluster, under other names in the same order; only what allows for the sizes of groups differs.
    images = [replace(one, further={"site": f"x{one.patient}"}) for one in study(9)]
    by_site, by_patient = judge(images, BY_SITE), judge([replace(one, further={}) for one in images])
    assert by_site.resampling.draws_sha256 == by_patient.resampling.draws_sha256
    assert rows(by_site) == rows(by_patient)
    assert asdict(by_site.cohort) == asdict(by_patient.cohort)
    counts = [(one.patients, one.positive_patients, one.status) for one in by_patient.estimates]
    assert [(one.patients, one.positive_patients, one.status) for one in by_site.estimates] == counts
    assert {one.clusters for one in by_patient.estimates} == {None}


def test_a_study_by_patient_does_not_depend_on_sites_against_itself(judge: Judge) -> None:
    images = study(9)
    known, unknown = judge(images), judge([replace(one, further={}) for one in images])
    assert known.estimates == unknown.estimates
    assert known.criteria == unknown.criteria


def test_patients_remain_the_units_and_the_minimum_by_hand(judge: Judge) -> None:
    results = judge(study(9), BY_SITE + '[analysis]\nunit = "patient"\n')
    row = results.estimate("sensitivity")
    assert (row.patients, row.positives + row.negatives) == (72, 72)
    assert row.clusters == ClusterCounts(any=9, positive=9, negative=0)  # every patient has a positive image
    assert row.status == "ok"


def test_a_row_with_too_few_clusters_is_insufficient_by_hand(judge: Judge) -> None:
    # Men are at four of six sites only.
    images = [
        Image(f"p{site}{sex}{k}", "PN"[k % 2], 0.9 if k % 5 else 0.1, sex, {"site": f"s{site}"})
        for site in range(6)
        for sex in ("F", "M" if site < 4 else "F")
        for k in range(20)
    ]
    head = '[reference_standard]\nkind = "single_reader"\nrule = "majority"\n'
    results = judge(images, BY_SITE + CRITERION, standard=head)
    men = results.estimate("sensitivity", "sex", "M")
    assert (men.status, men.clusters) == ("insufficient", ClusterCounts(any=4, positive=4, negative=4))
    assert results.estimate("sensitivity", "sex", "F").status == "ok"
    (criterion,) = results.criteria
    assert criterion.verdict == "inconclusive"
    assert criterion.why == ("4 clusters (site), 5 needed; 4 clusters (site) with a positive image, 5 needed")


@pytest.mark.parametrize(("sites", "warned"), [(5, True), (14, True), (15, False)])
def test_few_clusters_are_a_caution_and_a_notice_by_hand(judge: Judge, sites: int, warned: bool) -> None:
    images = [replace(one, further={"site": f"s{int(one.patient[1:]) % sites}"}) for one in study(sites)]
    results = judge(images, BY_SITE)
    assert ("bootstrap.cluster" in {one.about for one in results.cautions}) == warned
    notices = [one.text for one in results.input_account.notices if f"rests on {sites} clusters" in one.text]
    assert len(notices) == warned


def test_few_sites_left_give_no_interval_by_hand(judge: Judge) -> None:
    results = judge(
        [replace(one, further={"site": f"s{int(one.patient[1:]) % 5}"}) for one in study(5)], BY_SITE
    )
    without = [one for one in results.leave_one_out if one.kind == "site"]
    assert len(without) == 5
    assert {(one.interval, one.note) for left in without for one in left.estimates} == {
        (None, "4 clusters, 5 needed")
    }


GOOD = study(6)


@pytest.mark.parametrize(
    ("images", "column", "sentence"),
    [
        # no such column
        (GOOD, "scanner", r"bootstrap\.cluster 'scanner' is not a column of the studies"),
        # a cell without a site
        (
            [*GOOD[:-1], replace(GOOD[-1], further={"site": " "})],
            "site",
            r"bootstrap\.cluster 'site' is empty for image 'i0143'",
        ),
        # a patient at two sites
        (
            [*GOOD[:-1], replace(GOOD[-1], further={"site": "s99"})],
            "site",
            r"patient 'p071' has images with site 's05' and 's99'",
        ),
        # four sites
        (
            study(4),
            "site",
            r"have 4 values of site \('s00', 's01', 's02', 's03'\), and bootstrap\.cluster needs at least 5",
        ),
    ],
)
def test_refused_before_a_look_is_counted(
    tmp_path: Path, images: Sequence[Image], column: str, sentence: str
) -> None:
    looks: list[object] = []
    text = PROTOCOL_HEAD + BY_SITE.replace('"site"', f'"{column}"', 1)
    loaded = parse_protocol(text.encode(), source="p.toml")
    with pytest.raises(BadInputError, match=sentence):
        validate(loaded, tables(tmp_path, images), silent, lambda *look: looks.append(look))
    assert looks == []


def test_the_clusters_belong_to_the_content_of_the_studies(judge: Judge) -> None:
    ward = BY_SITE.replace('"site"', '"ward"', 1)
    images = [replace(one, further={"ward": one.further["site"]}) for one in study(9)]
    moved = [replace(one, further={"ward": one.further["ward"].replace("s00", "z")}) for one in images]
    first, second, ignored, same = (
        judge(some, how).inputs.studies.content_sha256
        for some, how in ((images, ward), (moved, ward), (images, TABLES), (moved, TABLES))
    )
    assert first != second
    assert ignored == same


def test_notes_on_null_intervals_name_clusters_by_hand(judge: Judge) -> None:
    # One site alone has negative images: without it specificity is undefined.
    images = [
        Image(
            f"p{k:03}",
            "N" if k % 10 == 0 and k % 4 == 0 else "P",
            0.9 if k % 3 else 0.1,
            "F",
            {"site": f"s{k % 10}"},
        )
        for k in range(120)
    ]
    head = '[reference_standard]\nkind = "single_reader"\nrule = "majority"\n'
    by_site, by_patient = judge(images, BY_SITE, standard=head), judge(images, standard=head)
    notes = by_site.estimate("specificity").interval_notes
    assert notes["bca"] == "undefined without one of the clusters"
    assert "patient" not in "".join(note for one in by_site.estimates for note in one.interval_notes.values())
    assert "cluster" not in "".join(
        note for one in by_patient.estimates for note in one.interval_notes.values()
    )
