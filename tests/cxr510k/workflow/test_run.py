"""The order of a run with stages that do next to nothing, its trail and its ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cxr510k.workflow.invocation import Invocation
from cxr510k.workflow.run import LedgerPlace, run_study
from cxr510k.workflow.run_additions import add_report
from cxr510k.workflow.stages import Stages, TrainingRun
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.ledger.chain import read_ledger
from protocols.progress import Progress, silent
from protocols.registration.counted_look import CountLook
from protocols.registration.entry_facts import Threshold
from protocols.registration.register import register
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import sha256_bytes, sha256_file
from protocols.storage.manifest import check_manifest
from protocols.storage.run_folder import RunFolder
from tests.protocols.sealed_study import MODEL, SET, clock, protocol, tables

POINT = '{"rule": "youden", "threshold": 0.43}'


@dataclass
class Recorded:
    """Stages that say in which order they were called, and of which ``fails`` raises."""

    fails: str = ""
    error: BaseException = field(default_factory=KeyboardInterrupt)
    called: list[str] = field(default_factory=list)

    def _call(self, name: str) -> None:
        self.called.append(name)
        if name == self.fails:
            raise self.error

    def bring(self, folder: RunFolder, loaded: LoadedProtocol, progress: Progress) -> ImageFolder:
        self._call("cohort")
        rows = ["image_id,patient_id,age_years,sex,view", *(f"i{n},p{max(1, n - 1)},,," for n in (1, 2, 3))]
        (folder.inputs / "studies.csv").write_text("\n".join(rows) + "\n")
        _, given = tables()
        told = zip(given.image_id, given.reader_id, given.verdict, strict=True)
        reads = ["image_id,reader_id,verdict", *(",".join(row) for row in told)]
        (folder.inputs / "reads.csv").write_text("\n".join(reads) + "\n")
        return ImageFolder(folder.root, search=False)

    def train(self, folder: RunFolder, images: ImageFolder, work: Path, progress: Progress) -> TrainingRun:
        self._call("train")
        folder.model.mkdir()
        (folder.model / "operating_point.json").write_text(POINT)
        return TrainingRun("none", 0.0)

    def validate(self, folder: RunFolder, progress: Progress, count_look: CountLook | None = None) -> str:
        assert count_look
        count_look(*tables(), Threshold(0.43, sha256_bytes(POINT.encode())))
        self._call("validate")
        folder.results.write_text("{}")
        return "pass"

    def report(self, folder: RunFolder, progress: Progress) -> Mapping[str, str]:
        self._call("report")
        folder.report_pdf.write_text("pdf")
        return {}

    def stages(self) -> Stages:
        def call(name: str) -> Callable[..., Any]:
            return lambda *_: self._call(name)

        return Stages(
            train=self.train,
            predict=call("predict"),
            validate=self.validate,
            illustrate=call("illustrate"),
            report=self.report,
            perturb=call("perturb"),
            measure=call("measure"),
            time_images=call("time_images"),
        )


ORDER = ["cohort", "train", "predict", "validate", "illustrate", "report"]
CONFIRMATORY = protocol(point=MODEL)


def invoked(command: str) -> Invocation:
    return Invocation(command, datetime(2026, 1, 31, tzinfo=UTC), clock())


def made(tmp_path: Path, recorded: Recorded, loaded: LoadedProtocol = CONFIRMATORY) -> RunFolder:
    out = tmp_path / "out"
    run_study(
        out,
        loaded,
        recorded,
        recorded.stages(),
        silent,
        work=tmp_path / "work",
        ledger=LedgerPlace(tmp_path / "ledger.jsonl", named=False),
        invocation=invoked("run protocol.toml"),
    )
    return RunFolder(out)


def actions(path: Path) -> list[str]:
    return [entry.action for entry in read_ledger(path).entries]


def test_a_run_freezes_looks_and_records_in_this_order(tmp_path: Path) -> None:
    register(tmp_path / "ledger.jsonl", CONFIRMATORY, SET, None, clock(), reason=None)
    recorded = Recorded()
    folder = made(tmp_path, recorded)
    assert recorded.called == ORDER
    assert actions(tmp_path / "ledger.jsonl") == ["register", "freeze", "look", "results"]
    assert folder.ledger.read_bytes() == (tmp_path / "ledger.jsonl").read_bytes()
    assert folder.read_record().ledger == str(tmp_path / "ledger.jsonl")
    assert actions(folder.trail) == ["run", "report"]
    check_manifest(folder.root)


def test_a_run_that_nobody_locked_is_refused_before_it_trains(tmp_path: Path) -> None:
    recorded = Recorded()
    with pytest.raises(BadInputError, match="not registered; lock it first"):
        made(tmp_path, recorded)
    assert recorded.called == ["cohort"]
    assert list(tmp_path.iterdir()) == []


def test_an_exploratory_run_has_a_trail_and_no_ledger(tmp_path: Path) -> None:
    folder = made(tmp_path, Recorded(), protocol(stage="exploratory", point=MODEL))
    assert (folder.ledger.exists(), folder.read_record().ledger) == (False, None)
    assert not (tmp_path / "ledger.jsonl").exists()
    assert actions(folder.trail) == ["run", "report"]


@pytest.mark.fault(50, "a run interrupted or failing in each stage, in the ledger")
@pytest.mark.parametrize(
    ("stage", "there"),
    [
        ("train", ["register"]),
        ("predict", ["register", "freeze"]),
        ("validate", ["register", "freeze", "look", "results"]),
        ("illustrate", ["register", "freeze", "look", "results"]),
        ("report", ["register", "freeze", "look", "results"]),
    ],
)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_wherever_a_run_stops_the_ledger_says_how_far_it_came(
    tmp_path: Path, stage: str, there: list[str], error: BaseException
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    register(ledger, CONFIRMATORY, SET, None, clock(), reason=None)
    with pytest.raises(type(error)):
        made(tmp_path, Recorded(stage, error))
    assert actions(ledger) == there
    if stage == "validate":
        expected = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        assert read_ledger(ledger).entries[-1].outcome == expected
    made(tmp_path, Recorded())
    assert actions(ledger).count("freeze") == 1


def test_a_report_stands_in_the_trail_with_what_it_changed(tmp_path: Path) -> None:
    folder = made(tmp_path, Recorded(), protocol(stage="exploratory", point=MODEL))

    def other(again: RunFolder, progress: Progress) -> Mapping[str, str]:
        again.report_pdf.write_text("another pdf")
        return {}

    before = sha256_file(folder.report_pdf)
    stages = replace(Recorded().stages(), report=other)
    add_report(folder.root, stages, silent, invocation=invoked("report out"))
    last = read_ledger(folder.trail).entries[-1]
    assert (last.action, last.facts) == ("report", {"command": "report out"})
    assert [(one.path, one.before, one.after) for one in last.objects] == [
        ("report.pdf", before, sha256_file(folder.report_pdf))
    ]
    check_manifest(folder.root)
