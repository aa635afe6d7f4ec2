"""Who trains and who tunes: patients, never images, and the same ones for ever."""

import math

import numpy as np
import pytest

from model.data.splits import divide, tunes
from protocols.errors import BadInputError
from protocols.schema.training import SplitRule, Training
from protocols.tables.records import Labels, Studies
from tests.records import studies

RULE = SplitRule(salt="nih", tune_share=0.5)
PATIENTS = ("a", "a", "b", "c", "d", "d")
ALTERNATING = (1.0, 0.0, 1.0, 0.0, 1.0, 0.0)
UNKNOWN = math.nan


def training_of(label: str, *heads: str) -> Training:
    return Training.model_construct(label=label, heads=heads)


ONE = training_of("Pneumonia")


def studies_of(split: tuple[str, ...] | None, patients: tuple[str, ...] = PATIENTS) -> Studies:
    return studies([f"i{number}" for number in range(len(patients))], patient_id=patients, split=split)


def labels_of(*values: float) -> Labels:
    ids = tuple(f"i{number}" for number in range(len(values)))
    return Labels("labels.csv", ids, {"Pneumonia": np.array(values), "Edema": np.array(values)})


@pytest.mark.parametrize(("tune_share", "expected"), [(0.789655, False), (0.789656, True)])
def test_split_of_a_patient_by_hand(tune_share: float, expected: bool) -> None:
    # printf 'nih\0p7' | sha256sum begins ca26e0ade19fc766; 0xca26e0ade19fc766 / 2^64 = 0.7896557
    assert tunes("p7", SplitRule(salt="nih", tune_share=tune_share)) is expected


def test_share_of_patients_against_theory() -> None:
    tuning = sum(tunes(str(number), SplitRule(salt="x", tune_share=0.2)) for number in range(10_000))
    assert abs(tuning - 2000) < 4 * math.sqrt(10_000 * 0.2 * 0.8)


def test_salt_and_patient_cannot_be_confused_by_hand() -> None:
    # were salt and id only joined, "ab" + "c" and "a" + "bc" would be one patient
    one = [tunes(f"c{n}", SplitRule(salt="ab", tune_share=0.5)) for n in range(64)]
    other = [tunes(f"bc{n}", SplitRule(salt="a", tune_share=0.5)) for n in range(64)]
    assert one != other


def test_studies_own_split_wins_over_the_hash_by_hand() -> None:
    split = ("train", "train", "tune", "tune", "test", "test")
    division = divide(studies_of(split), labels_of(*ALTERNATING), training=ONE, rule=RULE)
    assert division.origin == "studies"
    assert (division.train.rows.tolist(), division.tune.rows.tolist()) == ([0, 1], [2, 3])


def test_hash_divides_patients_and_never_touches_test() -> None:
    patients = tuple(f"p{number // 3}" for number in range(300))
    split = tuple("test" if number < 90 else "train" for number in range(300))
    studies = studies_of(split, patients)
    division = divide(studies, labels_of(*ALTERNATING * 50), training=ONE, rule=RULE)
    train = {patients[row] for row in division.train.rows}
    tune = {patients[row] for row in division.tune.rows}
    assert division.origin == "hash"
    assert not train & tune and train | tune == set(patients[90:])


def test_image_whose_primary_label_is_unknown_teaches_the_other_heads_by_hand() -> None:
    split = ("train",) * 4 + ("tune",) * 2
    ids = tuple(f"i{number}" for number in range(6))
    findings = {
        "Pneumonia": np.array([1.0, 0.0, UNKNOWN, UNKNOWN, 1.0, 0.0]),
        "Edema": np.array([0.0, UNKNOWN, 1.0, UNKNOWN, 0.0, 0.0]),
    }
    labels = Labels("labels.csv", ids, findings)
    heads = training_of("Pneumonia", "Edema", "Pneumonia")
    train = divide(studies_of(split), labels, training=heads, rule=None).train
    assert train.rows.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(train.labels, [[0, 1], [UNKNOWN, 0], [1, UNKNOWN]])
    assert (train.positives, train.negatives, train.unlabelled) == (1, 1, 1)
    assert (train.patients, train.known_patients) == (2, 1)
    assert train.known.tolist() == [0, 1] and train.primary_labels.tolist() == [1, 0]
    assert (train.of_head(0), train.of_head(1)) == ((1, 1), (1, 1))


def test_images_taken_out_are_gone_from_every_count_by_hand() -> None:
    split = ("train",) * 4 + ("tune",) * 2
    train = divide(studies_of(split), labels_of(*ALTERNATING), training=ONE, rule=None).train
    left = train.without({0, 3})
    assert (left.rows.tolist(), left.patient_id) == ([1, 2], ("a", "b"))
    assert (left.positives, left.negatives) == (1, 1)


def test_head_of_one_kind_is_allowed_and_one_that_no_label_knows_is_refused_by_hand() -> None:
    split = ("train",) * 4 + ("tune",) * 2
    labels = labels_of(*ALTERNATING)
    heads = training_of("Pneumonia", "Pneumonia", "Edema")
    labels.findings["Edema"][:] = 0.0
    assert divide(studies_of(split), labels, training=heads, rule=None).train.of_head(1) == (0, 4)
    labels.findings["Edema"][:4] = UNKNOWN
    with pytest.raises(BadInputError, match="no train image has a known label of 'Edema'; take them out"):
        divide(studies_of(split), labels, training=heads, rule=None)


def test_misspelt_heads_are_all_listed() -> None:
    heads = training_of("Pneumonia", "Pneumonia", "Oedema", "Effusion")
    with pytest.raises(
        BadInputError,
        match="'Effusion', 'Oedema' are no findings of the labels; there are 'Edema', 'Pneumonia'",
    ):
        divide(studies_of(("train",) * 6), labels_of(*ALTERNATING), training=heads, rule=RULE)


def test_unknown_labels_are_left_out_and_counted_by_hand() -> None:
    split = ("train",) * 4 + ("tune",) * 2
    labels = labels_of(1.0, 0.0, UNKNOWN, 0.0, 1.0, 0.0)
    train = divide(studies_of(split), labels, training=ONE, rule=None).train
    assert train.rows.tolist() == [0, 1, 3]
    assert (train.positives, train.negatives, train.patients, train.unlabelled) == (1, 2, 2, 1)


REFUSED = [
    # no split column
    (None, ALTERNATING, "Pneumonia", RULE, r"has no column 'split'.*cohort \.\.\. --hold-out"),
    # nothing to train on
    (("test",) * 6, ALTERNATING, "Pneumonia", RULE, "no image is marked train"),
    # nobody tunes and no rule says who should
    (("train",) * 6, ALTERNATING, "Pneumonia", None, r"no image is marked tune.*\[split\] table"),
    # a misspelt finding
    (("train",) * 6, ALTERNATING, "Pnuemonia", RULE, "'Pnuemonia' is no finding.*'Edema', 'Pneumonia'"),
    # every training image positive
    (
        ("train",) * 4 + ("tune",) * 2,
        (1.0, 1.0, 1.0, 1.0, 1.0, 0.0),
        "Pneumonia",
        None,
        "4 of the train images have 'Pneumonia' = 1 and 0 have 0",
    ),
    # every tuning label unknown
    (
        ("train",) * 4 + ("tune",) * 2,
        (1.0, 0.0, 1.0, 1.0, UNKNOWN, UNKNOWN),
        "Pneumonia",
        None,
        "0 of the tune images have 'Pneumonia' = 1 and 0 have 0",
    ),
]


@pytest.mark.parametrize(("split", "values", "label", "rule", "sentence"), REFUSED)
def test_unusable_material_is_refused(
    split: tuple[str, ...] | None,
    values: tuple[float, ...],
    label: str,
    rule: SplitRule | None,
    sentence: str,
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        divide(studies_of(split), labels_of(*values), training=training_of(label), rule=rule)
