"""The audit trail of a run folder: files added, removed and changed, by hash."""

from pathlib import Path

import pytest

from protocols.ledger.chain import Touched, read_ledger
from protocols.ledger.run_trail import record_change, record_made
from protocols.storage.canonical import sha256_bytes
from protocols.storage.manifest import read_manifest, write_manifest
from protocols.storage.run_folder import RunFolder
from tests.protocols.sealed_study import clock


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path)
    made.inputs.mkdir()
    (made.inputs / "b.csv").write_bytes(b"b")
    (made.inputs / "a.csv").write_bytes(b"a")
    made.results.write_bytes(b"{}")
    made.record.write_bytes(b"volatile")
    record_made(made, clock()(), "validate protocol.toml")
    write_manifest(made.root)
    return made


def test_the_first_entry_by_hand(folder: RunFolder) -> None:
    (entry,) = read_ledger(folder.trail).entries
    listed = f"{sha256_bytes(b'a')}  inputs/a.csv\n{sha256_bytes(b'b')}  inputs/b.csv\n"
    assert (entry.action, entry.facts) == ("run", {"command": "validate protocol.toml"})
    assert entry.objects == (
        Touched("inputs/", None, sha256_bytes(listed.encode())),
        Touched("results.json", None, sha256_bytes(b"{}")),
    )


def test_an_entry_names_added_removed_and_changed_files_by_hand(folder: RunFolder) -> None:
    folder.report_pdf.write_bytes(b"pdf")
    folder.results.write_bytes(b"[]")
    (folder.inputs / "a.csv").unlink()
    (folder.inputs / "b.csv").unlink()
    folder.record.write_bytes(b"other")
    before = read_ledger(folder.trail).entries[0].objects[0].after
    record_change(folder, "report", read_manifest(folder.root), clock()(), {"command": "report"})
    assert read_ledger(folder.trail).entries[1].objects == (
        Touched("inputs/", before, None),
        Touched("report.pdf", None, sha256_bytes(b"pdf")),
        Touched("results.json", sha256_bytes(b"{}"), sha256_bytes(b"[]")),
    )
