"""Random damage to whole studies, a fixed number of it; for as long as one likes: `python -m tests.fuzz`."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests import fuzz
from tests.damage import CELLS, KINDS, Step, Tables
from tests.damaged_studies import VARIANTS, DamagedStudy, Variant, chexnet, run, synthetic
from validation.results.results import Results

FEW, MANY = 25, 120


@pytest.fixture(scope="module")
def small() -> DamagedStudy:
    return synthetic()


def violations(study: DamagedStudy, numbers: range, folder: Path) -> tuple[Counter[str], list[str]]:
    outcomes = [fuzz.damaged(study, f"510:{number}", folder) for number in numbers]
    return Counter(one.what for one in outcomes), [one.violation for one in outcomes if one.violation]


@pytest.mark.slow
def test_no_verdict_is_better_without_being_told_why(small: DamagedStudy, tmp_path: Path) -> None:
    outcomes, violated = violations(small, range(FEW), tmp_path)
    assert violated == []
    assert set(outcomes) == {"refused", "no gain", "better, named"}


@pytest.mark.slow
def test_no_verdict_of_much_damage_is_better_without_being_told_why(
    small: DamagedStudy, tmp_path: Path
) -> None:
    assert violations(small, range(FEW, MANY), tmp_path)[1] == []


@pytest.mark.slow
def test_no_verdict_of_the_published_chexnet_is_better_without_being_told_why(
    shared_data: Path, tmp_path: Path
) -> None:
    assert violations(chexnet(shared_data), range(MANY), tmp_path)[1] == []


def in_silence(protocol: str, tables: Tables, folder: Path) -> Results:
    results = run(protocol, tables, folder)
    return replace(results, input_account=replace(results.input_account, notices=()))


def test_a_gain_in_silence_is_found_with_the_one_damage_that_made_it(
    small: DamagedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "run", in_silence)
    hurt = set(small.hurt[1].sort_values().index[-30:])
    rows = tuple(small.tables["reads"].index[small.tables["reads"]["image_id"].isin(hurt)])
    done = [
        Step("studies", "decimal point", ("age_years",), (0, 1), 1),
        Step("reads", "rows lost", ("rows",), rows, 2),
    ]
    monkeypatch.setattr(fuzz, "steps", lambda *_: done)
    monkeypatch.setattr(fuzz, "VARIANTS", [Variant("image", "worst_case", "goal")])
    found = fuzz.damaged(small, "any", tmp_path)
    assert found.what == "better, named"
    told = found.violation.splitlines()[1:]
    assert told[0].startswith("better (sensitivity, ")
    assert told[0].endswith(f"and not told of {done[1]}")


def test_a_crash_is_a_violation(small: DamagedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> Results:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(fuzz, "run", crash)
    found = fuzz.damaged(small, "any", tmp_path)
    assert (found.what, "ZeroDivisionError: by zero" in found.violation) == ("crash", True)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: f"{one.unit}-{one.missing}-{one.short_of}")
def test_every_criterion_of_an_undamaged_study_is_missed(
    small: DamagedStudy, variant: Variant, tmp_path: Path
) -> None:
    _, results = small.sound(variant, tmp_path)
    verdicts = {row.verdict for row in results.criteria if not row.id.startswith("star")}
    expected = {"goal": ({"not_met"}, "fail"), "patients": ({"inconclusive"}, "inconclusive")}
    assert (verdicts, results.verdict) == expected[variant.short_of]


def test_every_column_and_kind_of_damage_is_done_to_its_rows_alone(small: DamagedStudy) -> None:
    for (table, column), kinds in KINDS.items():
        for kind in kinds:
            if column in small.tables[table] and kind in CELLS:
                before = small.tables[table]
                after = Step(table, kind, (column,), (1, 5), 3).apply(small.tables)[table]
                assert set(before.index[(before != after).any(axis=1)]) <= {1, 5}
                pd.testing.assert_frame_equal(before.drop(columns=column), after.drop(columns=column))
