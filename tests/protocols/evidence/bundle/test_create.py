"""A bundle: what goes in, that it is the same twice, and everything for which none is made."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.bag import write_bag
from protocols.evidence.bundle.create import MadeBundle, make_bundle
from protocols.evidence.bundle.images_csv import read_listing
from protocols.evidence.bundle.layout import ADDED, BundleFolder
from protocols.evidence.bundle.signing import (
    key_id,
    new_key_pair,
    open_envelope,
    read_private_key,
    read_public_key,
)
from protocols.ledger.chain import Event, Stamp, append, read_ledger
from protocols.progress import silent
from protocols.storage.canonical import sha256_bytes, sha256_file
from protocols.storage.manifest import write_manifest
from protocols.storage.run_folder import RunFolder
from tests.conftest import PROTOCOL
from tests.small_run import IMAGES, draw, make_run, stamp_at

Make = Callable[..., MadeBundle]


@pytest.fixture
def make(keys: Path, stamp: Stamp) -> Make:
    """`make_bundle` with what most tests do not care about."""

    def made(run: Path, out: Path, **options: Any) -> MadeBundle:
        usual = {
            "images": None,
            "with_images": True,
            "ledger": None,
            "stamp": stamp,
            "workers": 1,
            "progress": silent,
        }
        return make_bundle(run, out, read_private_key(keys / "private.pem"), **(usual | options))

    return made


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def statement_of(bundle: Path, keys: Path) -> dict[str, Any]:
    envelope = BundleFolder(bundle).attestation.read_bytes()
    return json.loads(open_envelope(envelope, read_public_key(keys / "public.pem")))


def test_the_payload_is_the_run_folder_and_what_the_bundle_adds(
    finished_run: Path, finished_bundle: Path
) -> None:
    payload = contents(BundleFolder(finished_bundle).data)
    added = {name: payload.pop(name) for name in ADDED}
    assert payload == contents(finished_run)
    assert all(added.values())


def test_nothing_lies_beside_bag_and_attestation(finished_bundle: Path) -> None:
    assert sorted(path.name for path in finished_bundle.iterdir()) == ["attestation.dsse.json", "bag"]
    assert sorted(path.name for path in (finished_bundle / "bag").iterdir()) == [
        "bag-info.txt",
        "bagit.txt",
        "data",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    ]


def test_the_bag_is_valid_against_bagit(finished_bundle: Path) -> None:
    bag = bagit.Bag(str(finished_bundle / "bag"))
    bag.validate()
    assert bag.info["Bagging-Date"] == "2026-01-31"
    assert bag.info["External-Identifier"] == "small version 1"


def test_the_run_folder_is_left_as_it_was(
    finished_run: Path, run_folder: Path, make: Make, tmp_path: Path
) -> None:
    make(run_folder, tmp_path / "out")
    assert contents(run_folder) == contents(finished_run)


def test_made_twice_it_is_the_same_to_the_byte(
    run_folder: Path, finished_bundle: Path, make: Make, tmp_path: Path
) -> None:
    made = make(run_folder, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(finished_bundle)
    assert (made.files, made.size) == (
        len(contents(finished_bundle)),
        sum(map(len, contents(finished_bundle).values())),
    )


def test_the_statement_by_hand(finished_bundle: Path, keys: Path, stamp: Stamp) -> None:
    bundle = BundleFolder(finished_bundle)
    statement = statement_of(finished_bundle, keys)
    predicate = statement["predicate"]
    build, details = predicate["buildDefinition"], predicate["runDetails"]
    results = json.loads(bundle.run.results.read_bytes())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert [(one["name"], one["digest"]["sha256"]) for one in statement["subject"]] == [
        (f"bag/{name}", sha256_file(bundle.bag / name))
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
    ]
    assert build["buildType"] == "urn:cxr510k:bundle:1"
    assert build["externalParameters"] == {
        "protocol": {"id": "small", "version": 1, "sha256": sha256_bytes(PROTOCOL.encode())},
        "seed": results["resampling"]["seed"],
        "stage": "exploratory",
    }
    lines = bundle.ledger.read_bytes().splitlines()
    assert build["internalParameters"] == {
        "ledger": {"entries": 2, "head": sha256_bytes(lines[1])},
        "results_sha256": sha256_file(bundle.run.results),
        "verdict": results["verdict"],
    }
    assert {one["name"]: one["digest"]["sha256"] for one in build["resolvedDependencies"]} == {
        name: sha256_file(bundle.data / name)
        for name in (
            "env/requirements.lock",
            "inputs/images.csv",
            "inputs/predictions.csv",
            "inputs/reads.csv",
            "inputs/studies.csv",
        )
    }
    assert details == {
        "builder": {"id": "urn:cxr510k", "version": dict(stamp.tool)},
        "metadata": {"startedOn": "2026-01-31T12:00:00Z", "finishedOn": "2026-01-31T13:00:00Z"},
    }


def test_the_ledger_goes_on_from_the_trail_with_one_entry(finished_run: Path, finished_bundle: Path) -> None:
    trail = read_ledger(RunFolder(finished_run).trail)
    ledger = read_ledger(BundleFolder(finished_bundle).ledger)
    assert ledger.continues(trail.head)
    assert [entry.action for entry in ledger.entries] == ["run", "bundle"]
    named = {one.path: one.after for one in ledger.entries[-1].objects}
    assert named["manifest.json"] == sha256_file(finished_run / "manifest.json")
    assert named["images.csv"] == sha256_file(BundleFolder(finished_bundle).images_csv)


def test_every_image_is_listed_with_its_hashes(finished_run: Path, finished_bundle: Path) -> None:
    bundle = BundleFolder(finished_bundle)
    rows = read_listing(bundle.images_csv)
    assert [row.image_id for row in rows] == list(IMAGES)
    assert all(row.bundled and row.status == "ok" for row in rows)
    assert [row.file_sha256 for row in rows] == [sha256_file(bundle.data / row.image_path) for row in rows]


def test_images_left_out_keep_their_hashes(
    run_folder: Path, finished_bundle: Path, make: Make, tmp_path: Path
) -> None:
    made = make(run_folder, tmp_path / "out", with_images=False)
    bundle, whole = BundleFolder(tmp_path / "out"), BundleFolder(finished_bundle)
    rows = read_listing(bundle.images_csv)
    assert rows == tuple(replace(row, bundled=False) for row in read_listing(whole.images_csv))
    missing = contents(whole.data).keys() - contents(bundle.data).keys()
    assert missing == {row.image_path for row in rows}
    assert (made.images, made.bundled) == (12, 0)
    bagit.Bag(str(bundle.bag)).validate()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A run folder whose images lie in a folder of their own."""
    return make_run(tmp_path / "run", PROTOCOL, images=tmp_path / "pictures")


def test_images_from_elsewhere_are_copied(outside: Path, make: Make, tmp_path: Path) -> None:
    make(outside, tmp_path / "out")
    bundle = BundleFolder(tmp_path / "out")
    rows = read_listing(bundle.images_csv)
    assert {row.image_path for row in rows} == {f"images/{name}.png" for name in IMAGES}
    assert [row.file_sha256 for row in rows] == [sha256_file(bundle.images / row.image_path) for row in rows]


def test_moved_images_are_found(outside: Path, make: Make, tmp_path: Path) -> None:
    shutil.move(tmp_path / "pictures", tmp_path / "moved")
    made = make(outside, tmp_path / "out", images=tmp_path / "moved")
    assert made.bundled == 12


def test_images_that_cannot_be_reached_are_listed_as_they_were_scored(
    outside: Path, make: Make, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "pictures")
    made = make(outside, tmp_path / "out")
    rows = read_listing(BundleFolder(tmp_path / "out").images_csv)
    recorded = {
        line.split(",")[0]: line.split(",")[3]
        for line in (outside / "inputs" / "images.csv").read_text(encoding="utf-8").splitlines()[1:]
    }
    assert {row.image_id: row.file_sha256 for row in rows} == recorded
    assert {(row.status, row.size, row.bundled) for row in rows} == {("recorded", None, False)}
    assert (made.images, made.bundled) == (12, 0)


def test_a_run_without_images_has_a_list_without_rows(outside: Path, make: Make, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures")
    (outside / "inputs" / "images.csv").unlink()
    write_manifest(outside)
    make(outside, tmp_path / "out")
    assert read_listing(BundleFolder(tmp_path / "out").images_csv) == ()
    assert (
        BundleFolder(tmp_path / "out")
        .images_csv.read_text(encoding="utf-8")
        .startswith("image_id,patient_id,")
    )


def test_an_image_that_is_no_longer_the_one_that_was_scored_is_named(
    outside: Path, make: Make, tmp_path: Path
) -> None:
    draw(tmp_path / "pictures" / "images" / "i03.png", 99)
    with pytest.raises(EvidenceDiffersError, match="image 'i03': is no longer the file that was scored"):
        make(outside, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_images_that_no_other_system_could_tell_apart_are_named(
    outside: Path, make: Make, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / "images" / "i03.png").rename(tmp_path / "pictures" / "images" / "I02.png")
    studies = outside / "inputs" / "studies.csv"
    studies.write_text(
        studies.read_text(encoding="utf-8").replace("images/i03.png", "images/I02.png"), encoding="utf-8"
    )
    write_manifest(outside)
    with pytest.raises(BadInputError, match=r"images/i02\.png: differs from images/images/I02\.png in upper"):
        make(outside, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_image_that_changes_while_it_is_copied_is_told(outside: Path, make: Make, tmp_path: Path) -> None:
    def meddle(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "images" and done == total:
            draw(tmp_path / "pictures" / "images" / "i03.png", 99)

    with pytest.raises(EvidenceDiffersError, match=r"i03\.png: changed while the bundle was made"):
        make(outside, tmp_path / "out", progress=meddle)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", ["results.json", "images/i03.png", "protocol.toml"])
def test_a_run_that_is_not_as_it_was_recorded_gets_no_bundle(
    run_folder: Path, make: Make, tmp_path: Path, change: str
) -> None:
    with (run_folder / change).open("ab") as file:
        file.write(b" ")
    with pytest.raises(EvidenceDiffersError, match=f"{change}: changed since it was recorded"):
        make(run_folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_protocol_that_the_results_do_not_name_gets_no_bundle(
    run_folder: Path, make: Make, tmp_path: Path
) -> None:
    with (run_folder / "protocol.toml").open("a", encoding="utf-8") as file:
        file.write("# another\n")
    write_manifest(run_folder)
    with pytest.raises(EvidenceDiffersError, match=r"is not the protocol that results\.json was made with"):
        make(run_folder, tmp_path / "out")


@pytest.mark.fault(41)
def test_a_link_in_the_run_folder_is_not_followed(run_folder: Path, make: Make, tmp_path: Path) -> None:
    (run_folder / "inputs" / "more").symlink_to("/etc/passwd")
    write_manifest(run_folder)
    with pytest.raises(BadInputError, match="inputs/more: is a link"):
        make(run_folder, tmp_path / "out")


@pytest.mark.fault(49)
def test_an_existing_output_is_never_written_over(run_folder: Path, make: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(BadInputError, match="out: is not empty"):
        make(run_folder, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_bundle_does_not_go_into_its_run(run_folder: Path, make: Make) -> None:
    with pytest.raises(BadInputError, match="is within the run folder"):
        make(run_folder, run_folder / "bundle")
    assert not (run_folder / "bundle").exists()


def test_images_are_not_named_for_a_run_that_holds_its_own(
    run_folder: Path, make: Make, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match="contains its images; leave out --images"):
        make(run_folder, tmp_path / "out", images=tmp_path)


SCRIPT = re.search(
    r"^```python\n(.*?)^```",
    (Path(__file__).parents[4] / "docs" / "guides" / "bundle.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)


def checked_by_script(bundle: Path, public: Path) -> subprocess.CompletedProcess[str]:
    """The script that the documentation gives to an auditor, in a process of its own without the suite's modules."""
    assert SCRIPT
    words = [sys.executable, "-I", "-c", SCRIPT[1], str(bundle), str(public)]
    return subprocess.run(words, capture_output=True, text=True)


def test_the_script_of_the_documentation_accepts_it_against_cryptography(
    finished_bundle: Path, keys: Path
) -> None:
    ended = checked_by_script(finished_bundle, keys / "public.pem")
    assert (ended.returncode, ended.stdout) == (
        0,
        "signed with this key, and both manifests are the signed ones\n",
    )


@pytest.mark.fault(37, 40)
def test_the_script_of_the_documentation_finds_a_bag_listed_anew_against_cryptography(
    bundle: Path, keys: Path
) -> None:
    (bundle / "bag" / "data" / "results.json").write_text("{}", encoding="utf-8")
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"):
        (bundle / "bag" / name).unlink()
    write_bag(bundle / "bag", {"Bagging-Date": "2026-01-31"})
    bagit.Bag(str(bundle / "bag")).validate()  # which has nothing to say against it
    ended = checked_by_script(bundle, keys / "public.pem")
    assert (ended.returncode, ended.stderr) == (1, "bag/manifest-sha256.txt is not the one that was signed\n")


@pytest.mark.fault(44)
def test_the_script_of_the_documentation_rejects_another_key_against_cryptography(
    finished_bundle: Path, tmp_path: Path
) -> None:
    other = new_key_pair(tmp_path / "other").public
    assert "InvalidSignature" in checked_by_script(finished_bundle, other).stderr


def test_the_system_s_own_tool_checks_every_file(bundle: Path) -> None:
    words = ["sha256sum", "--check", "--quiet", "--strict", "tagmanifest-sha256.txt", "manifest-sha256.txt"]
    whole = subprocess.run(words, cwd=bundle / "bag", capture_output=True, text=True)
    assert (whole.returncode, whole.stdout) == (0, "")
    (bundle / "bag" / "data" / "run.json").write_text("{}", encoding="utf-8")
    changed = subprocess.run(words, cwd=bundle / "bag", capture_output=True, text=True)
    assert (changed.returncode, changed.stdout) == (1, "data/run.json: FAILED\n")


@pytest.mark.fault(44)
def test_the_bundle_names_its_key_and_holds_none(finished_bundle: Path, keys: Path) -> None:
    envelope = json.loads(BundleFolder(finished_bundle).attestation.read_bytes())
    public = read_public_key(keys / "public.pem")
    assert envelope["signatures"][0]["keyid"] == key_id(public)
    keys_within = [name for name, content in contents(finished_bundle).items() if b"-----BEGIN" in content]
    assert keys_within == []


@pytest.mark.fault(44)
def test_another_key_makes_another_attestation_over_another_ledger(
    run_folder: Path, finished_bundle: Path, stamp: Stamp, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"images": None, "with_images": True, "ledger": None, "workers": 1}
    make_bundle(
        run_folder, tmp_path / "out", Ed25519PrivateKey.generate(), stamp=stamp, progress=silent, **options
    )
    ours, theirs = contents(finished_bundle), contents(tmp_path / "out")
    differ = {name for name in ours if ours[name] != theirs[name]}
    assert differ == {
        "attestation.dsse.json",
        "bag/data/audit/ledger.jsonl",
        "bag/manifest-sha256.txt",
        "bag/tagmanifest-sha256.txt",
    }


@pytest.fixture
def sealed(run_folder: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A run folder on a locked test set, and the test set's ledger, which another look has joined since."""
    ledger = tmp_path / "ledgers" / "ledger.jsonl"
    for action in ("register", "look", "results"):
        append(ledger, Event(action), stamp_at(11))
    run = RunFolder(run_folder)
    shutil.copy(ledger, run.ledger)
    run.write_record(replace(run.read_record(), ledger=str(ledger)))
    write_manifest(run_folder)
    append(ledger, Event("look", reason="once more"), stamp_at(12))
    yield run_folder, ledger


def test_a_sealed_test_set_s_ledger_gets_the_entry_as_well(
    sealed: tuple[Path, Path], make: Make, tmp_path: Path, keys: Path
) -> None:
    run, ledger = sealed
    made = make(run, tmp_path / "out")
    assert made.folder.ledger.read_bytes() == ledger.read_bytes()
    entries = read_ledger(ledger).entries
    # with the look that came after the run
    assert [entry.action for entry in entries] == ["register", "look", "results", "look", "bundle"]
    signed = statement_of(tmp_path / "out", keys)["predicate"]["buildDefinition"]["internalParameters"]
    assert signed["ledger"] == {"entries": 5, "head": entries[-1].sha256}


def test_a_moved_ledger_is_named(sealed: tuple[Path, Path], make: Make, tmp_path: Path) -> None:
    run, ledger = sealed
    moved = shutil.move(ledger, tmp_path / "moved.jsonl")
    with pytest.raises(
        BadInputError, match=r"the ledger of its test set is not at .*; name it with --ledger"
    ):
        make(run, tmp_path / "out")
    assert make(run, tmp_path / "out", ledger=moved).ledger_entries == 5


@pytest.mark.fault(42)
@pytest.mark.parametrize("how", ["cut short", "written anew"])
def test_a_ledger_that_forgot_what_the_run_knew_gets_no_bundle(
    sealed: tuple[Path, Path], make: Make, tmp_path: Path, how: str
) -> None:
    run, ledger = sealed
    lines = ledger.read_bytes().splitlines(keepends=True)
    if how == "cut short":
        ledger.write_bytes(b"".join(lines[:2]))
    else:
        ledger.unlink()
        for action in ("register", "look", "results", "look"):
            append(ledger, Event(action), stamp_at(10))
    before = ledger.read_bytes()
    with pytest.raises(EvidenceDiffersError, match="does not continue what the run knew of it"):
        make(run, tmp_path / "out")
    assert ledger.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_no_ledger_is_named_for_a_test_set_that_is_not_sealed(
    run_folder: Path, make: Make, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match="its test set is not locked; leave out --ledger"):
        make(run_folder, tmp_path / "out", ledger=tmp_path / "any")


def test_a_run_without_its_trail_gets_no_bundle(run_folder: Path, make: Make, tmp_path: Path) -> None:
    (run_folder / "trail.jsonl").unlink()
    write_manifest(run_folder)
    with pytest.raises(BadInputError, match=r"trail\.jsonl: cannot be read"):
        make(run_folder, tmp_path / "out")


@pytest.mark.fault(42)
def test_a_run_whose_trail_was_edited_gets_no_bundle(run_folder: Path, make: Make, tmp_path: Path) -> None:
    trail = run_folder / "trail.jsonl"
    append(trail, Event("report"), stamp_at(12))
    trail.write_bytes(trail.read_bytes().replace(b"Ada", b"Eve", 1))
    write_manifest(run_folder)
    with pytest.raises(
        EvidenceDiffersError, match=r"trail\.jsonl: line 2 does not follow the line before it"
    ):
        make(run_folder, tmp_path / "out")
