"""A bundle without a key: what its own manifests say of it, each fault by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.evidence.bundle.bag import write_bag
from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.verification.unsigned_check import check_unsigned
from protocols.storage.manifest import write_manifest


@pytest.fixture
def bundle(tmp_path: Path) -> BundleFolder:
    """A run of three files, one of them an image that was left out."""
    made = BundleFolder(tmp_path / "bundle")
    (made.data / "images").mkdir(parents=True)
    for name in ("results.json", "images/a.png"):
        (made.data / name).write_text(name)
    write_manifest(made.data)
    (made.data / "images" / "a.png").unlink()
    for added in (made.images_csv, made.ledger, made.lock, made.system, made.bill):
        added.parent.mkdir(exist_ok=True)
        added.write_text("added")
    write_bag(made.bag, {})
    made.attestation.write_text("signed by someone")
    return made


def found(bundle: BundleFolder) -> list[tuple[str, str, str]]:
    return [
        (check.name, problem.file, problem.words)
        for check in check_unsigned(bundle.root)
        for problem in check.problems
    ]


def rewritten(bundle: BundleFolder) -> None:
    """As someone would who makes the bag anew."""
    for tag in bundle.bag.glob("*.txt"):
        tag.unlink()
    write_bag(bundle.bag, {})


def test_a_whole_bundle_has_no_fault(bundle: BundleFolder) -> None:
    assert found(bundle) == []
    assert all(check.passed for check in check_unsigned(bundle.root))


def change(bundle: BundleFolder) -> None:
    bundle.run.results.write_text("other")


def change_and_rebag(bundle: BundleFolder) -> None:
    change(bundle)
    rewritten(bundle)


def take_and_rebag(bundle: BundleFolder) -> None:
    bundle.run.results.unlink()
    rewritten(bundle)


def break_the_manifest(bundle: BundleFolder) -> None:
    bundle.run.manifest.write_text("{}")
    rewritten(bundle)


def add(bundle: BundleFolder) -> None:
    (bundle.bag / "model").mkdir()
    (bundle.bag / "model" / "__init__.py").write_text("")


FAULTS = [
    (change, "payload", "bag/data/results.json"),
    (change_and_rebag, "run folder", "bag/data/results.json"),
    (take_and_rebag, "run folder", "bag/data/results.json"),
    (break_the_manifest, "run folder", "bag/data/manifest.json"),
    (add, "layout", "bag/model"),
]


@pytest.mark.parametrize(("harm", "check", "file"), FAULTS)
def test_each_fault_names_its_file_by_hand(
    bundle: BundleFolder, harm: Callable[[BundleFolder], None], check: str, file: str
) -> None:
    harm(bundle)
    assert (check, file) in [(name, where) for name, where, _ in found(bundle)]


def test_who_writes_everything_anew_is_not_found_without_a_key(bundle: BundleFolder) -> None:
    change(bundle)
    bundle.run.manifest.unlink()
    write_manifest(bundle.data)
    rewritten(bundle)
    assert found(bundle) == []
