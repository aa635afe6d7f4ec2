"""Damage studies at random, for as long as one likes: each is refused, or no verdict is better without being told why.

    python -m tests.fuzz --seconds 3600 --seed 1 [--run runs/phantom] [--study chexnet --only 1234]

Prints how often each outcome came, and each violation with what makes it again (``--study``, ``--only``).
"""

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError
from protocols.tables.input_account import InputAccount
from tests.conftest import SHARED_DATA
from tests.damage import Step, Tables, steps
from tests.damaged_studies import VARIANTS, DamagedStudy, Variant, chexnet, of_run, run, synthetic
from validation.results.results import Results

RANK = {"not_met": 0, "inconclusive": 1, "met": 2, "fail": 0, "pass": 2}
EVERY = 50  # damages between two lines of progress


@dataclass(frozen=True)
class Outcome:
    """What became of a damage: ``violation`` is empty where all is as it should be."""

    what: str
    violation: str


def damaged(study: DamagedStudy, seed: str, folder: Path) -> Outcome:
    """Do the damage of this seed and judge what comes of it."""
    chance = random.Random(seed)
    variant, done = chance.choice(VARIANTS), steps(chance, study.tables, study.hurt)
    told = f"{study.name}, seed {seed!r}, {variant}: " + "; ".join(map(str, done))
    try:
        return _judged(study, variant, done, folder, told)
    except Exception:  # noqa: BLE001 - a crash is what is looked for
        return Outcome("crash", f"{told}\n{traceback.format_exc()}")


def _judged(study: DamagedStudy, variant: Variant, done: Sequence[Step], folder: Path, told: str) -> Outcome:
    protocol, sound = study.sound(variant, folder)
    tables = _applied(study, done)
    try:
        results = run(protocol, tables, folder)
    except BadInputError as error:
        return Outcome(
            "refused", "" if "\n" not in str(error).strip() else f"{told}\nmore than a sentence: {error}"
        )
    wrong = _wrong_sums(results.input_account, tables)
    gains = _gains(sound, results)
    if not gains:
        return Outcome("no gain", f"{told}\n{wrong}" if wrong else "")
    for step in done:  # to the fewest that do it
        fewer = [one for one in done if one != step]
        try:
            still = run(protocol, _applied(study, fewer), folder)
        except BadInputError:
            continue
        if smaller := _gains(sound, still):
            done, results, gains = fewer, still, smaller
    unnamed = [step for step in done if not step.named_by & _new_notices(sound, results)]
    if unnamed:
        wrong += f"better ({', '.join(gains)}) and not told of " + "; ".join(map(str, unnamed))
        wrong += (
            f"\nof {'; '.join(map(str, done))}\nnew notices: {sorted(map(str, _new_notices(sound, results)))}"
        )
    return Outcome("better, named", f"{told}\n{wrong}" if wrong else "")


def _applied(study: DamagedStudy, done: Sequence[Step]) -> Tables:
    tables = study.tables
    for step in done:
        tables = step.apply(tables)
    return tables


def _wrong_sums(account: InputAccount, tables: Tables) -> str:
    """What does not add up: rows of the file, rows read, and rows used and excluded."""
    for one in account.tables:
        counted = one.rows_used + sum(one.rows_excluded.values())
        in_file = len(tables[one.table])
        if not in_file == one.rows_read + one.rows_dropped_empty == counted + one.rows_dropped_empty:
            return f"{one.table}: {in_file} rows in the file, account {one}\n"
    return ""


def _gains(sound: Results, results: Results) -> list[str]:
    """Which criteria are met that were not, and whether the verdict is better; a criterion that is gone counts."""
    before, after = ({row.id: row.verdict for row in one.criteria} for one in (sound, results))
    of_levels = {name.partition("[")[0] for name in before}
    gone = sorted(of_levels - {name.partition("[")[0] for name in after})
    met = [name for name, verdict in after.items() if verdict == "met" != before.get(name, "not_met")]
    verdict = RANK[results.verdict] > RANK[sound.verdict]
    return [
        *(f"{name} gone" for name in gone),
        *met,
        *([f"{sound.verdict} -> {results.verdict}"] if verdict else []),
    ]


def _new_notices(sound: Results, results: Results) -> set[tuple[str, str | None]]:
    known = set(sound.input_account.notices)
    return {(one.kind, one.table) for one in results.input_account.notices if one not in known}


def studies(run_folder: Path | None) -> list[DamagedStudy]:
    """Those that can be had here."""
    there = [synthetic()]
    if SHARED_DATA.is_dir():
        there.append(chexnet(SHARED_DATA))
    return there + ([of_run(run_folder)] if run_folder else [])


def main() -> int:
    """Damage until the time is over; 1 where something is violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", type=Path, help="a finished run folder, such as runs/phantom")
    parser.add_argument("--study", help="of this name alone")
    parser.add_argument("--only", type=int, help="the damage of this number alone")
    asked = parser.parse_args()
    chosen = [study for study in studies(asked.run) if asked.study in (None, study.name)]
    outcomes: Counter[str] = Counter()
    violations, begun, number = 0, time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < begun + asked.seconds:
            number = number + 1 if asked.only is None else asked.only
            for study in chosen:
                outcome = damaged(study, f"{asked.seed}:{number}", Path(folder))
                outcomes[f"{study.name}: {outcome.what}"] += 1
                if outcome.violation:
                    violations += 1
                    print(f"VIOLATION {violations} (number {number}): {outcome.violation}", flush=True)
            if asked.only is not None:
                break
            if number % EVERY == 0:
                print(
                    f"{number} damages of each, {violations} violations: {dict(sorted(outcomes.items()))}",
                    flush=True,
                )
    for name, count in sorted(outcomes.items()):
        print(f"{name}: {count}")
    print(f"{sum(outcomes.values())} damages, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
