"""`keygen` and `bundle` at the command line: what they write, say and refuse."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.evidence.bundle.archive import unpacked
from protocols.evidence.bundle.images_csv import read_listing
from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.bundle.signing import key_id, open_envelope, read_public_key
from protocols.ledger.chain import read_ledger
from tests.conftest import Outcome

Command = Callable[..., Outcome]


def test_keygen_writes_both_halves_and_says_which_id_to_publish(command: Command, tmp_path: Path) -> None:
    done = command("keygen", "--out", tmp_path / "keys")
    public = read_public_key(tmp_path / "keys" / "public.pem")
    assert done.code == 0
    assert f"key id {key_id(public)}" in done.out
    assert stat.S_IMODE((tmp_path / "keys" / "private.pem").stat().st_mode) == 0o600


@pytest.mark.fault(49)
def test_keygen_never_writes_over_a_key(command: Command, keys: Path) -> None:
    before = (keys / "private.pem").read_bytes()
    done = command("keygen", "--out", keys)
    assert (done.code, done.err) == (
        2,
        f"cxr510k: {keys}: is not empty; name a folder that is absent or empty.\n",
    )
    assert (keys / "private.pem").read_bytes() == before


def test_bundle_says_where_everything_is(
    command: Command, run_folder: Path, keys: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = command(
        "bundle", run_folder, "--out", out, "--key", keys / "private.pem", "--tar",
        "--by", "Ada Example", "--role", "quality",
    )  # fmt: skip
    public = read_public_key(keys / "public.pem")
    assert done.code == 0
    # 21 of the run and its manifest, 5 that the bundle adds, 4 of the bag, the attestation
    assert f"wrote {out}: 32 files, " in done.out
    assert f"the bag is {out / 'bag'}" in done.out
    assert "images: 12 listed, 12 within" in done.out
    assert f"signed with key {key_id(public)}" in done.out
    assert f"wrote {out}.tar: " in done.out
    assert open_envelope(BundleFolder(out).attestation.read_bytes(), public)
    entry = read_ledger(BundleFolder(out).ledger).entries[-1]
    assert (entry.action, entry.actor.name, entry.actor.role) == ("bundle", "Ada Example", "quality")
    again = unpacked(tmp_path / "out.tar", tmp_path / "again")
    assert (again / "attestation.dsse.json").read_bytes() == BundleFolder(out).attestation.read_bytes()


def test_bundle_without_images(command: Command, run_folder: Path, keys: Path, tmp_path: Path) -> None:
    done = command(
        "bundle", run_folder, "--out", tmp_path / "out", "--key", keys / "private.pem", "--without-images"
    )
    assert "images: 12 listed, 0 within" in done.out
    assert not BundleFolder(tmp_path / "out").images.exists()
    assert len(read_listing(BundleFolder(tmp_path / "out").images_csv)) == 12


@pytest.mark.fault(49)
@pytest.mark.parametrize("there", ["out", "out.tar"])
def test_bundle_never_writes_over_anything(
    command: Command, run_folder: Path, keys: Path, tmp_path: Path, there: str
) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    done = command("bundle", run_folder, "--out", tmp_path / "out", "--key", keys / "private.pem", "--tar")
    assert done.code == 2
    assert f"{tmp_path / there}: " in done.err
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["run", there])


@pytest.mark.fault(44)
def test_a_public_key_signs_nothing(command: Command, run_folder: Path, keys: Path, tmp_path: Path) -> None:
    done = command("bundle", run_folder, "--out", tmp_path / "out", "--key", keys / "public.pem")
    assert done.code == 2
    assert "is no Ed25519 private key" in done.err
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_changed_ends_with_1_and_the_name_of_the_file(
    command: Command, run_folder: Path, keys: Path, tmp_path: Path
) -> None:
    (run_folder / "line_listing.csv").write_text("", encoding="utf-8")
    done = command("bundle", run_folder, "--out", tmp_path / "out", "--key", keys / "private.pem")
    assert done.code == 1
    assert "line_listing.csv: changed since it was recorded" in done.err


def test_what_is_no_run_folder_is_told(command: Command, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command("bundle", tmp_path / "empty", "--out", tmp_path / "out", "--key", keys / "private.pem")
    assert done.code == 2
    assert "is no run folder" in done.err


def test_no_deep_learning_library_is_loaded(run_folder: Path, keys: Path, tmp_path: Path) -> None:
    words = ["bundle", run_folder, "--out", tmp_path / "out", "--key", keys / "private.pem"]
    program = (
        f"import json, sys\nfrom cxr510k.main import main\nsys.argv = ['cxr510k', *{list(map(str, words))!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print(json.dumps([end.code, sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules))]))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == [0, []]
