"""`cxr510k verify` and `tamper-test`: exit codes, words, archives, hostile bundles, no network, no TensorFlow."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocols.evidence.bundle.archive import write_archive
from tests.conftest import Outcome
from tests.protocols.handmade_bundle import KEY, OTHER_KEY, HandmadeBundle, handmade_bundle

Command = Callable[..., Outcome]
NO_NETWORK = """
import socket, sys
def refused(*_, **__): raise AssertionError("the network was asked")
class Refused(socket.socket):
    __init__ = refused
socket.socket = Refused
for name in ("create_connection", "getaddrinfo", "gethostbyname"):
    setattr(socket, name, refused)
from cxr510k.main import main
sys.argv = ["cxr510k", *sys.argv[1:]]
try:
    main()
finally:
    heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
    print("loaded:", sorted(heavy))
"""


def pem(path: Path, key: object) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))  # type: ignore[attr-defined]
    return path


@pytest.fixture
def pubkey(tmp_path: Path) -> Path:
    return pem(tmp_path / "public.pem", KEY)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return handmade_bundle(tmp_path_factory.mktemp("command") / "bundle").root


@pytest.fixture
def bundle(made_once: Path, tmp_path: Path) -> HandmadeBundle:
    shutil.copytree(made_once, tmp_path / "bundle")
    return HandmadeBundle(tmp_path / "bundle")


def test_an_untouched_bundle_is_verified(command: Command, bundle: HandmadeBundle, pubkey: Path) -> None:
    ended = command("verify", bundle.root, "--pubkey", pubkey)
    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].split() == ["environment", "recorded", "here"]
    assert lines[-1] == "verified: 17 checks; signed 2026-01-31T12:00:30Z"
    assert sum(line.startswith("ok ") for line in lines) == 17


def test_a_differing_environment_is_marked_and_no_failure(
    command: Command, bundle: HandmadeBundle, pubkey: Path
) -> None:
    ended = command("verify", bundle.root, "--pubkey", pubkey)
    (python,) = (line for line in ended.out.splitlines() if line.startswith("python"))
    assert (ended.code, python.split()[-1]) == (0, "differs")
    assert "no fault of the bundle" in ended.out


def test_a_changed_file_ends_with_1_and_is_named(
    command: Command, bundle: HandmadeBundle, pubkey: Path
) -> None:
    bundle.write("inputs/studies.csv", "another")
    ended = command("verify", bundle.root, "--pubkey", pubkey)
    assert ended.code == 1
    assert "bag/data/inputs/studies.csv: has changed" in ended.out
    assert ended.out.splitlines()[-1].startswith("not verified: ")


def test_the_verdict_is_written_as_json(
    command: Command, bundle: HandmadeBundle, pubkey: Path, tmp_path: Path
) -> None:
    out = tmp_path / "verdict.json"
    assert command("verify", bundle.root, "--pubkey", pubkey, "--json", out).code == 0
    document = json.loads(out.read_bytes())
    assert (document["verified"], document["checks"][0]["status"]) == (True, "passed")
    assert {"name", "recorded", "here", "differs"} == set(document["environment"][0])
    assert command("verify", bundle.root, "--pubkey", pubkey, "--json", out).code == 2


@pytest.mark.parametrize("name", ["absent", "run"])
def test_what_is_no_bundle_ends_with_2(command: Command, tmp_path: Path, pubkey: Path, name: str) -> None:
    (tmp_path / "run").mkdir()
    ended = command("verify", tmp_path / name, "--pubkey", pubkey)
    assert (ended.code, "name what `bundle` made" in ended.err) == (2, True)


def test_a_key_that_is_none_ends_with_2(command: Command, bundle: HandmadeBundle, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no key")
    ended = command("verify", bundle.root, "--pubkey", tmp_path / "no.pem")
    assert (ended.code, "is no Ed25519 public key" in ended.err) == (2, True)


@pytest.mark.fault(44)
def test_a_bundle_supplied_public_key_ends_with_2(command: Command, bundle: HandmadeBundle) -> None:
    ended = command("verify", bundle.root, "--pubkey", pem(bundle.root / "public.pem", KEY))
    assert (ended.code, "is in the bundle that it is to verify" in ended.err) == (2, True)


@pytest.mark.fault(44)
def test_a_wrong_public_key_ends_with_1_and_names_both(
    command: Command, bundle: HandmadeBundle, tmp_path: Path
) -> None:
    ended = command("verify", bundle.root, "--pubkey", pem(tmp_path / "other.pem", OTHER_KEY))
    assert ended.code == 1
    assert "attestation.dsse.json: was signed with another key than the one given" in ended.out
    assert "not checked" in ended.out


def test_an_archive_is_verified_as_its_folder(
    command: Command, bundle: HandmadeBundle, pubkey: Path, tmp_path: Path
) -> None:
    write_archive(bundle.root, tmp_path / "bundle.tar")
    ended = command("verify", tmp_path / "bundle.tar", "--pubkey", pubkey)
    assert (ended.code, "one folder; nothing leads out of it" in ended.out) == (0, True)


@pytest.mark.fault(41)
@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "bundle/../../outside.txt"])
def test_zip_slip_in_an_archive_ends_with_1_and_names_the_member(
    command: Command, bundle: HandmadeBundle, pubkey: Path, tmp_path: Path, name: str
) -> None:
    archive = tmp_path / "in" / "bundle.tar"
    archive.parent.mkdir()
    write_archive(bundle.root, archive)
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo(name))
    ended = command("verify", archive, "--pubkey", pubkey)
    assert (ended.code, name in ended.out) == (1, True)
    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.fault(41)
def test_a_zip_bomb_of_an_archive_ends_with_1(command: Command, pubkey: Path, tmp_path: Path) -> None:
    member = tarfile.TarInfo("bundle/bomb")
    member.size = 1 << 40
    (tmp_path / "bomb.tar").write_bytes(member.tobuf() + b"\0" * 10_240)
    ended = command("verify", tmp_path / "bomb.tar", "--pubkey", pubkey)
    assert (ended.code, "archive" in ended.out) == (1, True)


def test_what_could_steer_a_terminal_is_shown_as_its_code(
    command: Command, bundle: HandmadeBundle, pubkey: Path
) -> None:
    (bundle.data / "\x1b[2Jevil\n").write_text("x")
    ended = command("verify", bundle.root, "--pubkey", pubkey)
    assert (ended.code, "\x1b[2J" in ended.out) == (1, False)
    assert "\\x1b[2Jevil\\n: is not listed in the manifest" in ended.out


def console_script(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).with_name("cxr510k")
    return subprocess.run(
        [script, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_hostile_bundle_with_planted_modules_is_named_and_they_are_not_imported(
    bundle: HandmadeBundle, pubkey: Path, tmp_path: Path
) -> None:
    """The console script never looks for modules where it is started; `python -m` would."""
    trace = tmp_path / "imported"
    for name in ("cxr510k.py", "model/__init__.py", "protocols/__init__.py", "reports/__init__.py"):
        bundle.write(name, f"open({str(trace)!r}, 'w')\nraise SystemExit(0)\n")
    ended = console_script(bundle.data, "verify", bundle.root, "--pubkey", pubkey)
    assert (ended.returncode, trace.exists()) == (1, False)
    for name in ("cxr510k.py", "model/__init__.py"):
        assert f"bag/data/{name}: is not listed in the manifest" in ended.stdout


@pytest.mark.fault(54)
def test_no_network_at_all_and_no_tensorflow_for_verify(bundle: HandmadeBundle, pubkey: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "verify", str(bundle.root), "--pubkey", str(pubkey)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert (ended.returncode, "verified: 17 checks" in ended.stdout) == (0, True), ended.stderr
    assert "loaded: []" in ended.stdout


@pytest.mark.slow
@pytest.mark.fault(54)
def test_no_network_at_all_for_report_and_rerun(command: Command, study: object, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert command(*study.arguments, "--out", out).code == 0  # type: ignore[attr-defined]
    for arguments in (["rerun", str(out), "--level", "1"], ["report", str(out)]):
        ended = subprocess.run(
            [sys.executable, "-c", NO_NETWORK, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        assert (ended.returncode, "loaded: []" in ended.stdout) == (0, True), ended.stderr


@pytest.mark.fault(37, 38, 39, 40, 41, 42, 44)
def test_tamper_test_detects_everything(command: Command, bundle: HandmadeBundle, pubkey: Path) -> None:
    ended = command("tamper-test", bundle.root, "--pubkey", pubkey)
    last = ended.out.splitlines()[-1]
    assert ended.code == 0
    assert last.startswith("100 %: ")
    (ledger,) = (line for line in ended.out.splitlines() if line.startswith("the ledger cut short, bag anew"))
    assert ledger.split()[-3:] == ["1", "1", "bag/data/audit/ledger.jsonl"]
    assert "tamperings detected, each with its file named" in last


def test_tamper_test_of_what_does_not_verify_ends_with_1(
    command: Command, bundle: HandmadeBundle, pubkey: Path
) -> None:
    bundle.write("inputs/studies.csv", "another")
    ended = command("tamper-test", bundle.root, "--pubkey", pubkey)
    assert (ended.code, "does not verify as it is" in ended.err) == (1, True)


@pytest.mark.slow
def test_verify_of_ten_thousand_files_takes_less_than_ten_seconds(pubkey: Path, tmp_path: Path) -> None:
    bundle = handmade_bundle(tmp_path / "large", images=10_000)
    before = os.times()
    ended = console_script(tmp_path, "verify", bundle.root, "--pubkey", pubkey)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert (ended.returncode, "10,014 files" in ended.stdout) == (0, True)
    assert used < 10


@pytest.mark.parametrize("options", [[], ["--without-images"]])
def test_what_bundle_makes_is_verified(
    command: Command, keys: Path, finished_run: Path, tmp_path: Path, options: list[str]
) -> None:
    out = tmp_path / "made"
    arguments = ["bundle", finished_run, "--out", out, "--key", keys / "private.pem", *options]
    assert command(*arguments).code == 0
    ended = command("verify", out, "--pubkey", keys / "public.pem")
    assert (ended.code, "verified: 17 checks" in ended.out) == (0, True), ended.out
