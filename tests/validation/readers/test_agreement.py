"""Agreement of readers on cohorts of patients: by hand, against other libraries, and where nothing can be given."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from protocols.tables.records import Verdict
from tests.records import reads_of
from validation.intervals.bootstrap import draw, quantile, resample_chunks
from validation.intervals.proportions import clopper_pearson
from validation.readers.agreement import agreement_of, agreement_sums
from validation.readers.rating_arrays import votes_of
from validation.results.secondary import Agreement, DawidSkene, Measured

WORDS = {"P": Verdict.POSITIVE, "N": Verdict.NEGATIVE, "I": Verdict.INDETERMINATE}
LATENT = DawidSkene(0, None, (), 0, 0, "not asked for here")
LEVEL = 0.95
Rows = list[tuple[int, str]]  # per image its patient and one letter per reader; - where that one did not read


def agreement(rows: Rows, *, replicates: int = 1_000, turned: bool = False) -> Agreement:
    images = [f"i{number:05}" for number in range(len(rows))]
    reads = [
        (image, f"R{place}", WORDS[letter])
        for image, (_, letters) in zip(images, rows, strict=True)
        for place, letter in enumerate(letters)
        if letter != "-"
    ]
    order = slice(None, None, -1 if turned else 1)
    votes = votes_of(reads_of("reads.csv", *zip(*reads[order], strict=True)), images[order])
    patient = np.array([owner for owner, _ in rows], dtype=np.intp)[order]
    patients = int(patient.max()) + 1
    table = agreement_sums(votes, patient, patients)
    drawn = np.concatenate(
        [chunk.weights.T @ table.sums for chunk in resample_chunks(510, replicates, patients)]
    )
    return agreement_of(table, drawn, LEVEL, LATENT)


SMALL = [(0, "PP"), (0, "PN"), (1, "NN"), (2, "NN"), (3, "P-"), (4, "NI")]


def test_a_small_study_by_hand() -> None:
    found = agreement(SMALL)
    assert (found.images, found.patients, found.categories) == (
        5,
        4,
        ("positive", "negative", "indeterminate"),
    )
    assert found.percent.value == 3 / 5
    assert [(r.reader, r.images, r.positive, r.negative, r.indeterminate) for r in found.readers] == [
        ("R0", 6, 3, 3, 0),
        ("R1", 5, 1, 3, 1),
    ]
    assert found.patterns == {
        "2 positive": 1,
        "1 positive, 1 negative": 1,
        "1 positive": 1,
        "2 negative": 2,
        "1 negative, 1 indeterminate": 1,
    }
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.images, pair.percent.value) == ("R0", "R1", 5, 0.6)
    # observed 15 of 25, by chance 2 * 1 + 3 * 3 + 0 * 1 of 25
    assert pair.kappa.value == pytest.approx((15 - 11) / (25 - 11), abs=1e-9)


def test_values_of_three_readers_against_statsmodels() -> None:
    random = np.random.default_rng(3)
    rows = [(number // 2, "".join(random.choice(list("PPNNNI"), 3))) for number in range(80)]
    found = agreement(rows)
    counts = np.array([[letters.count(letter) for letter in "PNI"] for _, letters in rows])
    assert found.fleiss_kappa.value == pytest.approx(fleiss_kappa(counts), abs=1e-9)
    for pair in found.pairs:
        first, second = (int(name[1]) for name in (pair.first, pair.second))
        columns = ([letters[place] for _, letters in rows] for place in (first, second))
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(*columns), abs=1e-9)


def test_one_image_per_patient_is_the_ordinary_method_against_sklearn() -> None:
    random = np.random.default_rng(5)
    rows = [(patient, "".join(random.choice(list("PNN"), 2))) for patient in range(60)]
    (pair,) = agreement(rows, replicates=300).pairs
    both = sum(a == b for _, (a, b) in rows)
    assert pair.percent == agreement(rows).percent
    assert pair.percent.interval == pytest.approx(clopper_pearson(both, 60, LEVEL), abs=1e-9)
    draws = [draw(510, replicate, [60]) for replicate in range(300)]
    first, second = (np.array([letters[place] for _, letters in rows]) for place in (0, 1))
    kappas = np.sort([cohen_kappa_score(first[drawn], second[drawn]) for drawn in draws])
    expected = quantile(kappas, 0.025), quantile(kappas, 0.975)
    assert pair.kappa.interval == pytest.approx(expected, abs=1e-9)


def test_images_doubled_within_patients_change_no_bootstrap_against_itself() -> None:
    random = np.random.default_rng(7)
    letters = ["".join(random.choice(list("PPN"), 3)) for _ in range(50)]
    single = agreement(list(enumerate(letters)))
    fourfold = agreement([(patient, reads) for patient, reads in enumerate(letters) for _ in range(4)])
    assert fourfold.fleiss_kappa == single.fleiss_kappa
    assert fourfold.gwet_ac1 == single.gwet_ac1
    assert fourfold.percent.value == single.percent.value


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.text("PNI-", min_size=3, max_size=3)).filter(
            lambda row: row[1] != "---"
        ),
        min_size=1,
        max_size=25,
    )
)
def test_what_is_not_estimable_is_reported_by_law(rows: Rows) -> None:
    found = agreement(rows, replicates=50)
    measured = [found.percent, found.fleiss_kappa, found.gwet_ac1, found.krippendorff_alpha]
    measured += [part for pair in found.pairs for part in (pair.percent, pair.kappa)]
    for one in measured:
        assert (one.note is None) == (one.value is not None and one.interval is not None)
        if one.value is not None and one.interval is not None:
            low, high = one.interval
            assert low < high
            assert low <= one.value <= high
    assert sum(found.patterns.values()) == len(rows)
    assert agreement(rows, replicates=50, turned=True) == found


def test_a_single_reader_an_image_by_hand() -> None:
    found = agreement([(0, "P-"), (1, "-N"), (2, "N-")])
    nothing = Measured(None, None, "not estimable: no image has two reads")
    assert (found.images, found.patients, found.pairs) == (0, 0, ())
    assert [found.percent, found.fleiss_kappa, found.gwet_ac1] == [nothing] * 3
    assert found.patterns == {"1 positive": 1, "1 negative": 2}


def test_readers_who_are_all_alike_by_hand() -> None:
    found = agreement([(patient, "NNN") for patient in range(40)])
    alike = Measured(None, None, "not estimable: all verdicts are alike")
    assert found.percent.value == 1
    assert found.percent.interval is not None
    assert found.percent.interval[1] == 1
    assert [found.fleiss_kappa, found.gwet_ac1, found.pairs[0].kappa] == [alike] * 3


def test_readers_who_always_agree_by_hand() -> None:
    found = agreement([(patient, "PPP" if patient % 2 else "NNN") for patient in range(40)])
    # 40 patients of three pairs each count as 40
    assert found.percent == Measured(1.0, (round(clopper_pearson(40, 40, LEVEL)[0], 9), 1.0))
    assert found.fleiss_kappa == Measured(1.0, None, "zero width")
    assert found.gwet_ac1 == Measured(1.0, None, "zero width")


def test_a_rare_finding_by_hand() -> None:
    # both classes are in about 63 % of replicates only
    found = agreement([(patient, "PP" if patient == 0 else "NN") for patient in range(40)])
    assert found.fleiss_kappa.value == 1
    assert found.fleiss_kappa.interval is None
    assert found.fleiss_kappa.note is not None
    assert found.fleiss_kappa.note.startswith("undefined in 3")
    assert found.fleiss_kappa.note.endswith("of 1000 replicates")


def test_a_single_patient_by_hand() -> None:
    found = agreement([(0, "PP"), (0, "PN"), (0, "NN")])
    assert found.percent == Measured(0.666666667, (0.0, 1.0))
    assert found.fleiss_kappa.interval is None
    assert found.fleiss_kappa.note == "zero width"


def test_one_patient_with_500_images_by_hand() -> None:
    rows = [(0, "PN")] * 500 + [(patient, "PP" if patient % 2 else "NN") for patient in range(1, 21)]
    found = agreement(rows)
    assert found.percent.value == pytest.approx(20 / 520, abs=1e-9)
    assert found.percent.interval is not None
    assert found.percent.interval[1] > 0.9  # one patient is no evidence of 500


def test_a_reader_with_one_read_by_hand() -> None:
    found = agreement([(0, "PPP"), (1, "NN-"), (2, "PN-"), (3, "NN-")])
    assert [pair.images for pair in found.pairs] == [4, 1, 1]
    assert found.pairs[1].percent.value == 1
    assert found.pairs[1].kappa == Measured(None, None, "not estimable: all verdicts are alike")


@pytest.mark.parametrize(("patients", "readers"), [(30, 2), (50, 3), (100, 5)])
def test_per_cent_covers_against_theory(patients: int, readers: int) -> None:
    # reads right with probability 0.9 on every image: two agree with 0.82
    random, studies, held = np.random.default_rng(510), 300, 0
    for _ in range(studies):
        owner = np.repeat(np.arange(patients), random.integers(1, 4, patients))
        truth = random.random(patients)[owner] < 0.3
        right = random.random((len(owner), readers)) < 0.9
        calls = np.where(right, truth[:, None], ~truth[:, None])
        rows = [
            (int(patient), "".join("NP"[call] for call in row))
            for patient, row in zip(owner, calls.astype(int), strict=True)
        ]
        interval = agreement(rows, replicates=1).percent.interval
        assert interval is not None
        held += interval[0] <= 0.82 <= interval[1]
    assert held >= binom.ppf(0.01, studies, 0.95)


# --- real readers ----------------------------------------------------------------------------------


def test_radiologists_and_text_labels_against_published(shared_data: Path) -> None:
    # the text-mined label Pneumonia of NIH beside RSNA's radiologists, 26,684 images
    with gzip.open(shared_data / "rsna" / "rsna_to_nih.csv.gz", "rt") as file:
        rsna = pd.read_csv(file, dtype=str)
    with gzip.open(shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz", "rt") as file:
        nih = pd.read_csv(file, dtype=str).set_index("Image Index")
    entries = nih.loc[rsna["nih_image_index"]]
    radiologists = (rsna["detailed_class"] == "Lung Opacity").to_numpy()
    mined = entries["Finding Labels"].str.split("|").map(lambda names: "Pneumonia" in names).to_numpy()
    _, patient = np.unique(entries["Patient ID"], return_inverse=True)
    images = rsna["rsna_patient_id"].tolist()
    words = np.array(["N", "P"])
    rows = [
        (image, name, WORDS[letter])
        for name, calls in (("rsna", radiologists), ("nih", mined))
        for image, letter in zip(images, words[calls.astype(int)], strict=True)
    ]
    votes = votes_of(reads_of("reads.csv", *zip(*rows, strict=True)), images)
    table = agreement_sums(votes, patient, int(patient.max()) + 1)
    found = agreement_of(table, table.sums.sum(axis=0)[None], LEVEL, LATENT)
    assert found.images == 26_684
    assert found.percent.value == pytest.approx(0.771923, abs=5e-7)
    assert found.pairs[0].kappa.value == pytest.approx(0.056977, abs=5e-7)
    assert found.pairs[0].percent.value == found.percent.value
