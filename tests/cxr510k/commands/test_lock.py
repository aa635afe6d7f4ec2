"""`cxr510k lock` and `ledger`, and `validate` and `run` on a locked test set: the whole way, and refusals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from protocols.cohorts.phantom import generate as phantom
from protocols.ledger.chain import Event, Ledger, append, read_ledger
from protocols.progress import silent
from protocols.registration.registry import registry_of
from protocols.storage.canonical import sha256_file
from protocols.storage.run_folder import RunFolder
from tests.conftest import Outcome, Study
from tests.cxr510k.commands.test_run import PROTOCOL
from tests.protocols.sealed_study import clock

Command = Callable[..., Outcome]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def sealed(study: Study) -> Study:
    """The study with a confirmatory protocol; nothing is locked yet."""
    change(study.protocol, "version = 1", 'version = 1\nstage = "confirmatory"')
    return study


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lock_arguments(study: Study) -> list[object]:
    return ["lock", study.protocol, "--studies", study.studies, "--reads", study.reads]


def ledger_of(study: Study) -> Ledger:
    return read_ledger(study.folder / "ledger.jsonl")


def actions(study: Study) -> list[str]:
    return [entry.action for entry in ledger_of(study).entries]


def test_the_whole_way(command: Command, sealed: Study, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    refused = command(*sealed.arguments, "--out", first)
    assert (refused.code, "not registered; lock it first: cxr510k lock" in refused.err) == (2, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]
    assert not (sealed.folder / "ledger.jsonl").exists()
    locked = command(*lock_arguments(sealed), "--by", "Ada Example", "--role", "statistician")
    assert locked.code == 0
    assert json.loads(locked.out)["protocol"]["sha256"] == sha256_file(sealed.protocol)
    ended = [command(*sealed.arguments, "--out", out, "--by", "Ada Example") for out in (first, second)]
    assert [one.code for one in ended] == [0, 0]
    assert ["look 1 at the test set" in ended[0].out, "look 2 at the test set" in ended[1].out] == [
        True,
        True,
    ]
    assert actions(sealed) == ["register", "look", "results", "look", "results"]
    snapshot, now = (read_ledger(folder / "ledger.jsonl") for folder in (first, sealed.folder))
    assert now.continues(snapshot.head)
    assert len(snapshot.entries) == 3
    assert snapshot.entries[2].objects[0].after == sha256_file(first / "results.json")
    assert RunFolder(first).read_record().ledger == str((sealed.folder / "ledger.jsonl").resolve())
    (made,) = read_ledger(first / "trail.jsonl").entries
    assert (made.action, made.actor.name, made.facts["command"].split()[0]) == (
        "run",
        "Ada Example",
        "validate",
    )


def test_of_planned_looks_each_prints_its_alpha_and_one_beyond_them_a_notice(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    change(sealed.protocol, "replicates = 1000", "replicates = 2000\n[looks]\nplanned = 2")
    command(*lock_arguments(sealed))
    ended = [command(*sealed.arguments, "--out", tmp_path / f"run{look}") for look in (1, 2, 3)]
    printed = [one.out.replace("\N{NO-BREAK SPACE}", " ") for one in ended]
    for look, text in enumerate(printed[:2], start=1):
        assert f"look {look} of 2 planned at the test set" in text
    assert all("each look uses 2.5 % of the 5 %" in text and "97.5 % interval" in text for text in printed)
    assert ["but 2 were planned" in text for text in printed] == [False, False, True]
    # The number of a look is the ledger's alone, so that a rerun makes the same results.
    assert len({sha256_file(tmp_path / f"run{look}" / "results.json") for look in (1, 2, 3)}) == 1
    assert command("rerun", tmp_path / "run3", "--independent").code == 0


def test_a_bundle_names_the_look_of_its_own_run_though_a_later_one_came_to_the_same(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    command(*lock_arguments(sealed))
    command("keygen", "--out", tmp_path / "keys")
    ledger = ("--ledger", sealed.folder / "ledger.jsonl", "--key", tmp_path / "keys" / "private.pem")
    for look in (1, 2):
        command(*sealed.arguments, "--out", tmp_path / f"run{look}")
    first, second = (sha256_file(tmp_path / f"run{look}" / "results.json") for look in (1, 2))
    assert first == second
    for look in (1, 2):
        bundle = tmp_path / f"bundle{look}"
        command("bundle", tmp_path / f"run{look}", "--out", bundle, *ledger)
        ended = command("verify", bundle, "--pubkey", tmp_path / "keys" / "public.pem")
        assert ended.code == 0
        assert f"kept; look {look} at the locked test set, of 2 in the ledger" in ended.out


def test_the_very_same_again_prints_the_same_receipt_and_writes_it_to_a_file(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    first = command(*lock_arguments(sealed))
    ledger = (sealed.folder / "ledger.jsonl").read_bytes()
    again = command(*lock_arguments(sealed), "--receipt", tmp_path / "receipt.json")
    assert (again.code, again.out) == (0, first.out)
    assert (tmp_path / "receipt.json").read_text(encoding="utf-8") == first.out
    assert (sealed.folder / "ledger.jsonl").read_bytes() == ledger
    refused = command(*lock_arguments(sealed), "--receipt", tmp_path / "receipt.json")
    assert (refused.code, "receipt.json: exists" in refused.err) == (2, True)


@pytest.mark.fault(30, "protocol: duplicate key, unknown key, value of a foreign type")
@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("version = 1\nversion = 2", "is not valid TOML"),
        ("version = 1\nconfidence = 0.9", "confidence: this key is not known"),
        ('version = "!!python/object:os.system"', "version: "),
        ("version = 1 # \0", "is not valid TOML"),
    ],
)
@pytest.mark.parametrize("arguments", [lock_arguments, lambda study: [*study.arguments, "--out", "out"]])
def test_a_protocol_that_is_none_is_not_locked_and_not_used(
    command: Command, study: Study, arguments: Callable[[Study], list[object]], new: str, sentence: str
) -> None:
    change(study.protocol, "version = 1", new)
    ended = command(*arguments(study))
    assert (ended.code, sentence in ended.err) == (2, True)
    assert not (study.folder / "ledger.jsonl").exists()


@pytest.mark.fault(30, "protocol changed after registration")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("threshold = 0.5", "threshold = 0.4"),
        ("goal = 0.5", "goal = 0.4"),
        ("[bootstrap]", "# a word\n[bootstrap]"),
    ],
)
def test_a_protocol_changed_after_registration_is_refused_until_it_is_amended(
    command: Command, sealed: Study, tmp_path: Path, old: str, new: str
) -> None:
    command(*lock_arguments(sealed))
    change(sealed.protocol, old, new)
    refused = command(*sealed.arguments, "--out", tmp_path / "out")
    assert (refused.code, "is not what is registered: small version 1" in refused.err) == (2, True)
    refused = command(*lock_arguments(sealed), "--reason", "a slip")
    assert (refused.code, "Write version = 2 in the protocol" in refused.err) == (2, True)
    assert actions(sealed) == ["register"]
    change(sealed.protocol, "version = 1", "version = 2")
    refused = command(*lock_arguments(sealed))
    assert (refused.code, "give the reason with --reason TEXT" in refused.err) == (2, True)
    assert command(*lock_arguments(sealed), "--reason", "a slip").code == 0
    assert command(*sealed.arguments, "--out", tmp_path / "out").code in (0, 1)
    assert actions(sealed) == ["register", "amend", "look", "results"]


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("reads", "i003,R1,positive", "i003,R1,negative"),
        ("reads", "i003,R1,positive\n", ""),
        ("studies", "i003,p01,", "i003,p77,"),
        ("studies", "i119,p59,69,F,AP\n", ""),
    ],
)
def test_another_test_set_is_refused(
    command: Command, sealed: Study, tmp_path: Path, table: str, old: str, new: str
) -> None:
    change(sealed.reads, "i003,R1,negative", "i003,R1,positive")
    command(*lock_arguments(sealed))
    change(getattr(sealed, table), old, new)
    refused = command(*sealed.arguments, "--out", tmp_path / "out")
    assert (refused.code, "is registered for another test set" in refused.err) == (2, True)
    assert actions(sealed) == ["register"]


def test_rows_in_another_order_are_the_same_test_set(command: Command, sealed: Study, tmp_path: Path) -> None:
    command(*lock_arguments(sealed))
    for path in (sealed.studies, sealed.reads):
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    assert command(*sealed.arguments, "--out", tmp_path / "out").code == 0


def test_a_threshold_of_the_model_is_locked_with_its_file(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    change(
        sealed.protocol, 'threshold = 0.5\nsource = "stated for the test"', 'from = "model"\nrule = "youden"'
    )
    point = sealed.folder / "operating_point.json"
    point.write_text('{"rule": "youden", "threshold": 0.5}')
    arguments = [*sealed.arguments, "--operating-point", point]
    command(*lock_arguments(sealed))
    refused = command(*arguments, "--out", tmp_path / "out")
    assert (refused.code, "none is frozen for it; freeze it first" in refused.err) == (2, True)
    locked = command(*lock_arguments(sealed), "--operating-point", point)
    assert json.loads(locked.out)["threshold"] == {"sha256": sha256_file(point), "value": 0.5}
    point.write_text('{"rule": "youden", "threshold": 0.4}')
    for words in (
        [*arguments, "--out", tmp_path / "out"],
        [*lock_arguments(sealed), "--operating-point", point],
    ):
        refused = command(*words)
        assert (refused.code, "threshold is frozen at 0.5" in refused.err) == (2, True)
    point.write_text('{"rule": "youden", "threshold": 0.5}')
    assert command(*arguments, "--out", tmp_path / "out").code == 0
    assert actions(sealed) == ["register", "freeze", "look", "results"]


def test_exploratory_scoring_of_a_locked_test_set_is_counted(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    command(*lock_arguments(sealed))
    change(sealed.protocol, "confirmatory", "exploratory")
    ended = command(*sealed.arguments, "--out", tmp_path / "out")
    assert (ended.code, "look 1 at the test set" in ended.out) == (0, True)


def test_exploratory_scoring_without_a_ledger_leaves_none(
    command: Command, study: Study, tmp_path: Path
) -> None:
    assert command(*study.arguments, "--out", tmp_path / "out").code == 0
    assert not (study.folder / "ledger.jsonl").exists()
    assert not (tmp_path / "out" / "ledger.jsonl").exists()
    named = command(*study.arguments, "--out", tmp_path / "other", "--ledger", tmp_path / "ledger.jsonl")
    assert (named.code, "no look at it can be counted" in named.err) == (2, True)


def test_a_failure_after_the_look_began_stands_in_the_ledger(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    change(sealed.protocol, 'rule = "majority"', 'rule = "majority"\n[missing]\nindeterminate = "exclude"')
    text = sealed.reads.read_text(encoding="utf-8")
    for verdict in ("positive", "negative"):
        text = text.replace(verdict, "indeterminate")
    sealed.reads.write_text(text, encoding="utf-8")
    command(*lock_arguments(sealed))
    ended = command(*sealed.arguments, "--out", tmp_path / "out")
    assert (ended.code, "no image is left to analyse" in ended.err) == (2, True)
    last = ledger_of(sealed).entries[-1]
    assert (last.action, last.outcome, str(last.reason) in ended.err) == ("results", "failed", True)


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from cxr510k.main import main; main()", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.fault(50, "Ctrl+C or a request to end, after the look began")
@pytest.mark.parametrize(
    ("number", "outcome"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "interrupted"), (signal.SIGKILL, "begun")],
)
def test_a_stopped_look_stays_counted(
    command: Command, sealed: Study, tmp_path: Path, number: int, outcome: str
) -> None:
    change(sealed.protocol, "replicates = 1000", "replicates = 100000")
    command(*lock_arguments(sealed))
    with started(*sealed.arguments, "--out", tmp_path / "out") as process:
        assert process.stderr
        assert process.stderr.readline().startswith("resampling")
        os.kill(process.pid, number)
        process.communicate()
    assert not (tmp_path / "out").exists()
    assert [look.outcome for look in registry_of(ledger_of(sealed)).looks] == [outcome]
    checked = command("ledger", "verify", sealed.folder / "ledger.jsonl")
    assert (checked.code, "without a recorded end" in checked.out) == (0, outcome == "begun")


@pytest.mark.slow
@pytest.mark.fault(51, "two processes look at one test set")
def test_two_processes_at_once_get_two_numbers(command: Command, sealed: Study, tmp_path: Path) -> None:
    command(*lock_arguments(sealed))
    both = [started(*sealed.arguments, "--out", tmp_path / name) for name in ("one", "other")]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(
        line.split()[1] for text in said for line in text.splitlines() if line.startswith("look")
    ) == ["1", "2"]
    assert [look.outcome for look in registry_of(ledger_of(sealed)).looks] == ["done", "done"]


def test_a_rerun_needs_no_ledger_and_counts_no_look(command: Command, sealed: Study, tmp_path: Path) -> None:
    command(*lock_arguments(sealed))
    command(*sealed.arguments, "--out", tmp_path / "out")
    ledger = (sealed.folder / "ledger.jsonl").read_bytes()
    assert command("rerun", tmp_path / "out", "--level", 1).code == 0
    assert (sealed.folder / "ledger.jsonl").read_bytes() == ledger
    (sealed.folder / "ledger.jsonl").unlink()
    assert command("rerun", tmp_path / "out", "--level", 1).code == 0


@pytest.mark.fault(42, "ledger edited, truncated or rewritten, at the command line")
def test_verify_finds_what_was_done_to_a_ledger(command: Command, sealed: Study, tmp_path: Path) -> None:
    path, receipt = sealed.folder / "ledger.jsonl", tmp_path / "receipt.json"
    command(*lock_arguments(sealed))
    command(*sealed.arguments, "--out", tmp_path / "out")
    change(sealed.protocol, "version = 1", "version = 2")
    command(*lock_arguments(sealed), "--reason", "a slip", "--receipt", receipt)
    whole = path.read_bytes()
    sound = command("ledger", "verify", path, "--receipt", receipt)
    assert (sound.code, "receipt: the ledger goes on from it" in sound.out) == (0, True)
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:1]))  # the look is gone
    cut = command("ledger", "verify", path, "--receipt", receipt)
    assert (cut.code, "it was truncated or rewritten" in cut.out) == (1, True)
    assert command("ledger", "verify", path).code == 0  # without the receipt nobody can know
    path.write_bytes(whole.replace(b'"verdict":"pass"', b'"verdict":"fail"'))
    edited = command("ledger", "verify", path, "--receipt", receipt)
    assert (edited.code, "line 4 does not follow the line before it" in edited.err) == (1, True)


def test_verify_finds_a_confirmatory_look_before_its_registration(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    command(*lock_arguments(sealed))
    command(*sealed.arguments, "--out", tmp_path / "out")
    look, anew = ledger_of(sealed).entries[1], tmp_path / "anew.jsonl"
    append(anew, Event("look", facts=look.facts, outcome="begun"), clock()())
    ended = command("ledger", "verify", anew)
    assert (ended.code, "fault: entry 1: a confirmatory look that was not allowed" in ended.out) == (1, True)


def test_the_copy_of_a_ledger_in_a_run_folder_is_never_added_to(
    command: Command, sealed: Study, tmp_path: Path
) -> None:
    command(*lock_arguments(sealed))
    command(*sealed.arguments, "--out", tmp_path / "out")
    before = (tmp_path / "out" / "ledger.jsonl").read_bytes()
    copied = tmp_path / "out" / "protocol.toml"
    for words in (
        [*sealed.arguments, "--out", tmp_path / "other", "--ledger", tmp_path / "out" / "ledger.jsonl"],
        ["validate", copied, *sealed.arguments[2:], "--out", tmp_path / "other"],
        ["lock", copied, *lock_arguments(sealed)[2:]],
    ):
        ended = command(*words)
        assert (ended.code, "belongs to a run folder" in ended.err) == (2, True)
    ended = command(
        "validate",
        copied,
        *sealed.arguments[2:],
        "--out",
        tmp_path / "other",
        "--ledger",
        sealed.folder / "ledger.jsonl",
    )
    assert (ended.code, "look 2 at the test set" in ended.out) == (0, True)
    assert (tmp_path / "out" / "ledger.jsonl").read_bytes() == before


def test_an_exploratory_protocol_is_not_locked(command: Command, study: Study) -> None:
    refused = command(*lock_arguments(study))
    assert (refused.code, 'write stage = "confirmatory" in it' in refused.err) == (2, True)
    assert not (study.folder / "ledger.jsonl").exists()


def test_a_run_folder_without_a_ledger_gets_none(command: Command, study: Study, tmp_path: Path) -> None:
    command(*study.arguments, "--out", tmp_path / "out")
    copied = tmp_path / "out" / "protocol.toml"
    refused = command("lock", copied, *lock_arguments(study)[2:])
    assert (refused.code, "is in a run folder" in refused.err) == (2, True)
    assert command("validate", copied, *study.arguments[2:], "--out", tmp_path / "other").code == 0
    assert not (tmp_path / "out" / "ledger.jsonl").exists()


def test_show_prints_one_row_an_entry(command: Command, sealed: Study, tmp_path: Path) -> None:
    command(*lock_arguments(sealed), "--by", "Ada Example")
    command(*sealed.arguments, "--out", tmp_path / "out")
    shown = command("ledger", "show", sealed.folder / "ledger.jsonl")
    rows = [line for line in shown.out.splitlines() if line[:1].isdigit()]
    assert shown.code == 0
    assert [line.split()[0] for line in rows[:3]] == ["1", "2", "3"]
    assert "Ada Example" in rows[0]


@pytest.mark.parametrize("words", [["--by", "a\nb"], ["--role", "\udcff"]])
def test_a_name_that_cannot_be_printed_is_refused(command: Command, sealed: Study, words: list[str]) -> None:
    ended = command(*lock_arguments(sealed), *words)
    assert (ended.code, f"{words[0]}: contains a character" in ended.err) == (2, True)


# Met by the small device, so that the run ends with 0.
CRITERION = """
[minimum]
patients = 1
positive_patients = 1
negative_patients = 1
[[criteria]]
id = "AUROC"
metric = "auroc"
subgroup = "overall"
bound = "upper"
goal = 1.0
justification = "for the test"
"""


@pytest.mark.slow
def test_a_confirmatory_run_freezes_its_threshold_before_it_looks(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "cxr510k.workflow.stages.report", lambda folder, progress, fonts: {}
    )  # drawing it is not meant here
    cohort, out = tmp_path / "cohort", tmp_path / "run"
    cohort.mkdir()
    phantom.generate(cohort, seed=510, patients=40, workers=2, progress=partial(silent, "phantoms"))
    protocol = cohort / "protocol.toml"
    confirmatory = PROTOCOL.replace("version = 1", 'version = 1\nstage = "confirmatory"')
    protocol.write_text(confirmatory + CRITERION, encoding="utf-8")
    arguments = ["run", protocol, "--cohort", cohort, "--out", out]
    refused = command(*arguments)
    assert (refused.code, "not registered; lock it first" in refused.err) == (2, True)
    assert not (tmp_path / "run.work").exists()  # nothing was trained
    command("lock", protocol, "--cohort", cohort)
    ended = command(*arguments)
    assert (ended.code, "look 1 at the test set" in ended.out) == (0, True)
    ledger = read_ledger(cohort / "ledger.jsonl")
    assert [entry.action for entry in ledger.entries] == ["register", "freeze", "look", "results"]
    assert ledger.entries[1].objects[0].after == sha256_file(out / "model" / "operating_point.json")
