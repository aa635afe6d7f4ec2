"""Two implementations of one contract: every number of every row, on studies that break careless statistics."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.errors import BadInputError
from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import csv_text
from tests.conftest import PROTOCOL_HEAD, Study
from tests.validation.conftest import STANDARD, VERDICTS, Image
from validation.cohort.inputs import InputFiles
from validation.independent.comparison import Comparison, compare
from validation.independent.study import second_opinion
from validation.run import validate

BOOTSTRAP = "[bootstrap]\nreplicates = 1000\n"
TAIL = """
[minimum]
patients = 5
positive_patients = 2
negative_patients = 2
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = "weight"
cut_points = [0.5, 60, 61]
[[subgroups]]
axis = ["sex", "weight"]
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = 0.5
justification = "for the test"
[[criteria]]
id = "AUC"
metric = "auroc"
subgroup = { axis = "sex", level = "*" }
bound = "upper"
goal = 0.9
justification = "for the test"
[[criteria]]
id = "LR"
metric = "lr_negative"
subgroup = { axis = "sex", level = "O" }
bound = "estimate"
goal = 0.5
role = "consistency"
justification = "for the test"
"""
BY_PATIENT = '[analysis]\nunit = "patient"\n'
EXCLUDING = '[missing]\nindeterminate = "exclude"\nnot_processed = "exclude"\n'
BY_DRAWS = '[decision]\nproportion = "bca"\nother = "percentile"\n'
CLOSED = '[decision]\nproportion = "wilson_effective"\nother = "delong_clustered"\n'
TWO_LOOKS = "confidence_level = 0.8\n[looks]\nplanned = 2\n"


def written(folder: Path, images: Sequence[Image]) -> InputFiles:
    """The tables of a study, with a prediction and a read of an image that is not in it."""
    named = [(f"i{number:04}", image) for number, image in enumerate(images)]
    tables = {
        "studies": (
            ["image_id", "patient_id", "age_years", "sex", "view", "weight", "site"],
            [
                [
                    name,
                    one.patient,
                    "50",
                    one.sex,
                    "",
                    *(one.further.get(column, "") for column in ("weight", "site")),
                ]
                for name, one in named
            ],
        ),
        "reads": (
            ["image_id", "reader_id", "verdict"],
            [
                [name, f"R{reader}", VERDICTS[letter]]
                for name, one in [*named, ("elsewhere", Image("", "P", None))]
                for reader, letter in enumerate(one.reads)
                if letter != "-"
            ],
        ),
        "predictions": (
            ["image_id", "score", "status"],
            [
                [name, "", "failed"] if one.score is None else [name, repr(one.score), "ok"]
                for name, one in named
            ]
            + [["elsewhere", "0.5", "ok"]],
        ),
    }
    for name, (header, rows) in tables.items():
        (folder / f"{name}.csv").write_text(csv_text(header, rows), encoding="utf-8")
    return InputFiles(*(folder / f"{name}.csv" for name in tables))


def differences(
    folder: Path, images: Sequence[Image], further: str = "", *, standard: str = STANDARD
) -> list[Comparison]:
    """What the two implementations do not agree on."""
    files = written(folder, images)
    text = PROTOCOL_HEAD.replace(STANDARD, standard) + BOOTSTRAP + further + TAIL
    loaded = parse_protocol(text.encode(), source="p.toml")
    first = validate(loaded, files, silent).results
    comparisons = compare(first, second_opinion(loaded.protocol, files, silent), loaded.protocol)
    assert len(comparisons) > 1000
    return [comparison for comparison in comparisons if not comparison.equal]


def device(score_of_positive: float, score_of_negative: float, *, patients: int = 18) -> list[Image]:
    """Patients with one to three images, every second of them positive."""
    return [
        Image(
            f"p{k:02}",
            "PPP" if k % 2 else "NNN",
            score_of_positive if k % 2 else score_of_negative,
            "FMO"[k % 3],
        )
        for k in range(patients)
        for _ in range(1 + k % 3)
    ]


def uneven(images: Sequence[Image]) -> list[Image]:
    """Some wrong, some without a score, some that readers disagree on or did not read, some of unknown weight."""
    return [
        replace(
            one,
            score=None
            if number % 11 == 5
            else round(1 - (one.score or 0), 2)
            if number % 4 == 1
            else one.score,
            reads="PNI" if number % 9 == 2 else "---" if number % 13 == 7 else one.reads,
            further={"weight": str(number) if number % 5 else "x"},
        )
        for number, one in enumerate(images)
    ]


def at_sites(images: Sequence[Image], sites: int) -> list[Image]:
    """Every patient at one of some sites, the first of which is much the largest."""
    return [
        replace(
            one, further={**one.further, "site": f" s{max(0, int(one.patient[1:]) % (2 * sites) - sites)}"}
        )
        for one in images
    ]


GOOD = uneven(device(0.81, 0.23))
BY_SITE = 'cluster = "site"\n'
MANY = uneven(device(0.81, 0.23, patients=60))
STUDIES = {
    "missing and indeterminate": (GOOD, ""),
    "excluded where missing": (GOOD, EXCLUDING),
    "by patient": (GOOD, BY_PATIENT),
    "decided by draws": (GOOD, BY_DRAWS),
    "decided by closed methods": (GOOD, CLOSED),
    "two looks": (GOOD, TWO_LOOKS),
    "two looks decided by draws": (GOOD, TWO_LOOKS + BY_DRAWS),
    "two looks decided by closed methods": (GOOD, TWO_LOOKS + CLOSED),
    "two looks by patient of a perfect device": (device(0.9, 0.1), TWO_LOOKS + BY_PATIENT),
    "two looks at a single patient": ([replace(one, patient="p") for one in GOOD], TWO_LOOKS + CLOSED),
    "strata": (GOOD, 'strata = "class"\n'),
    "sites": (at_sites(MANY, 9), BY_SITE),
    "few sites": (at_sites(MANY, 5), BY_SITE),
    "sites, excluded where missing": (at_sites(MANY, 7), BY_SITE + EXCLUDING),
    "patients at sites": (at_sites(MANY, 9), BY_SITE + BY_PATIENT),
    "sites, perfect device": (at_sites(device(0.9, 0.1, patients=60), 6), BY_SITE),
    "sites, every score equal": (at_sites(device(0.5, 0.5, patients=60), 6), BY_SITE + BY_DRAWS),
    "perfect device": (device(0.9, 0.1), ""),
    "inverted device": (device(0.1, 0.9), ""),
    "every score equal": (device(0.5, 0.5), BY_DRAWS),
    "all positive": ([replace(one, reads="PPP") for one in GOOD], ""),
    "all negative": ([replace(one, reads="NNN") for one in GOOD], BY_PATIENT),
    "a word for every sex": ([replace(one, sex="Female") for one in GOOD], ""),
    "a word for some": ([replace(one, sex="Male" if one.sex == "M" else one.sex) for one in GOOD], ""),
    "a single patient": ([replace(one, patient="p") for one in GOOD], ""),
    "one image a patient": ([replace(one, patient=f"p{k}") for k, one in enumerate(GOOD)], ""),
    "one patient with 500 images": (
        [*device(0.8, 0.3, patients=10), *(Image("crowd", "PPP", 0.8 if k % 3 else 0.2) for k in range(500))],
        "",
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_both_implementations_agree(tmp_path: Path, name: str) -> None:
    images, further = STUDIES[name]
    assert differences(tmp_path, images, further) == []


@pytest.mark.parametrize("rule", ["unanimous", "any", "at_least:2", "adjudicated:R1"])
def test_both_agree_on_every_rule_of_the_reference_standard(tmp_path: Path, rule: str) -> None:
    images = [replace(one, reads=reads) for one in GOOD[::4] for reads in ("PNP", "P-N", "IIN", "PIP")]
    standard = STANDARD.replace("majority", rule)
    assert differences(tmp_path, images, standard=standard) == []


OVERALL = "".join(
    f'[[criteria]]\nid = "{metric}"\nmetric = "{metric}"\nsubgroup = "overall"\nbound = "{bound}"\ngoal = {goal}\n'
    f'role = "{"consistency" if bound == "estimate" else "acceptance"}"\njustification = "for the test"\n'
    for metric, bound, goal in (
        ("specificity", "lower", 0.35),
        ("f1", "lower", 0.3),
        ("ppv", "lower", 0.3),
        ("npv", "estimate", 0.7),
        ("accuracy", "upper", 0.8),
        ("balanced_accuracy", "lower", 0.35),
        ("lr_positive", "lower", 0.9),
        ("lr_negative", "upper", 0.9),
        ("prevalence", "lower", 0.2),
        ("auroc", "lower", 0.3),
        ("brier", "upper", 0.5),
    )
)
READ = ("PPP", "NNN", "PPN", "NNP", "PIN", "P-N", "-NN", "I-P", "--P", "PP-")
VARIED = [replace(one, reads=READ[(3 * k + k // 7) % len(READ)]) for k, one in enumerate([*GOOD, *GOOD])]
# Three patients with many unresolved images and many with one: the order in which they turn moves the intervals.
CROWDED = [
    *device(0.8, 0.2, patients=30),
    *(Image(f"z{k % 3}", ("PPP", "NNN")[k % 2], None) for k in range(18)),
    *(Image(f"s{k:02}", ("PPP", "NNN", "PNI")[k % 3], None if k % 3 < 2 else 0.6) for k in range(18)),
]


def test_both_turn_patients_with_most_unresolved_images_first(tmp_path: Path) -> None:
    assert differences(tmp_path, CROWDED, EXCLUDING + OVERALL) == []


@pytest.mark.parametrize("further", ["", EXCLUDING, BY_PATIENT, BY_DRAWS, CLOSED, 'strata = "class"\n'])
@pytest.mark.parametrize("rule", ["majority", "any", "adjudicated:R1"])
def test_both_agree_on_resampled_readers_and_tipping_points(tmp_path: Path, rule: str, further: str) -> None:
    standard = STANDARD.replace("majority", rule)
    assert differences(tmp_path, VARIED, further + OVERALL, standard=standard) == []


def test_text_mined_truth_is_inconclusive_in_both(tmp_path: Path) -> None:
    assert differences(tmp_path, GOOD, standard=STANDARD.replace("consensus", "text_mined")) == []


IMAGES = st.lists(
    st.builds(
        Image,
        patient=st.sampled_from([f"p{k}" for k in range(12)]),
        reads=st.text("PNI-", min_size=3, max_size=3),
        score=st.none() | st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]) | st.floats(0, 1),
        sex=st.sampled_from(["F", "M", "X"]),
        further=st.fixed_dictionaries({"weight": st.sampled_from(["", "0.2", "60", "7e9"])}),
    ),
    min_size=1,
    max_size=40,
).filter(lambda images: 2 * sum(one.reads != "---" for one in images) >= len(images))


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    images=IMAGES,
    further=st.sampled_from(["", BY_PATIENT, BY_DRAWS, CLOSED, TWO_LOOKS, TWO_LOOKS + BY_DRAWS]),
)
def test_both_agree_on_any_small_cohort(tmp_path: Path, images: list[Image], further: str) -> None:
    assert differences(tmp_path, images, further) == []


def test_the_study_of_the_other_tests_is_agreed_on(study: Study) -> None:
    loaded = parse_protocol(study.protocol.read_bytes(), source="p.toml")
    files = InputFiles(study.studies, study.reads, study.predictions)
    first = validate(loaded, files, silent).results
    opinion = second_opinion(loaded.protocol, files, silent)
    assert [one for one in compare(first, opinion, loaded.protocol) if not one.equal] == []
    assert opinion.verdict == "pass"


def test_no_image_to_analyse_is_refused(tmp_path: Path) -> None:
    files = written(tmp_path, [Image("p", "---", 0.5)])
    loaded = parse_protocol((PROTOCOL_HEAD + TAIL).encode(), source="p.toml")
    with pytest.raises(BadInputError, match="no image is left to analyse"):
        second_opinion(loaded.protocol, files, silent)
