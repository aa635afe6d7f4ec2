"""Leakage in words, by hand; that it is found, counted and refused is with the trainings of test_train."""

import pytest

from model.artifact.plan import tuning_leakage
from model.data.leakage import refuse_leakage
from protocols.errors import BadInputError
from protocols.images.hashes import Like
from protocols.model_folder import TuningLeakage


def test_five_pairs_are_named_by_hand() -> None:
    found = {f"tune{n}": Like(f"train{n}", "identical" if n else "near") for n in range(7)}
    with pytest.raises(BadInputError) as refusal:
        refuse_leakage(found)
    sentence = str(refusal.value)
    assert sentence.startswith("leakage: 7 tuning images are also training images under another patient_id")
    assert "tune0 is nearly the same as train0; tune1 is the same as train1; " in sentence
    assert "tune4 is the same as train4; and 2 more." in sentence and "tune5" not in sentence


def test_without_pairs_nothing_is_refused() -> None:
    refuse_leakage({})
    assert tuning_leakage({}) == TuningLeakage(identical=0, near=0)


def test_pairs_are_counted_by_kind_by_hand() -> None:
    kinds = ("near", "identical", "near")
    found = {f"tune{n}": Like(f"train{n}", kind) for n, kind in enumerate(kinds)}
    assert tuning_leakage(found) == TuningLeakage(identical=1, near=2)
