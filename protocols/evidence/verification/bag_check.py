"""Completeness of a bag: the exact root, the signed manifests, every tag file, every file of the payload, both ways.

Owns the comparison of the files with the manifests. Manifests that no signature covers are read as well, but only to
name files. Sources: RFC 8493; what the `bagit` package does not detect (docs/guides/verify.md).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.bag import PAYLOAD, TAG_FILES, TAG_MANIFEST, parse_manifest
from protocols.evidence.bundle.layout import ATTESTATION, BAG, SUBJECTS
from protocols.evidence.verification.check import Check, Problem, check_of, not_checked
from protocols.evidence.verification.file_reader import FileReader
from protocols.evidence.verification.file_tree import Tree
from protocols.evidence.verification.signed_content import DATA
from protocols.evidence.verification.signed_statement import Promise
from protocols.storage.strict_json import LARGEST

LISTED, TAGS = SUBJECTS
ROOTS = {"": {BAG, ATTESTATION}, BAG: {*TAG_FILES, TAG_MANIFEST, PAYLOAD}}
FOLDERS = (BAG, DATA)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One of the two manifests, by paths from the bundle's root, or why it cannot be read."""

    digests: Mapping[str, str]
    fault: str | None


def read_manifest(tree: Tree, reading: FileReader, name: str) -> Manifest:
    """Read a manifest of the bag, signed or not; a manifest that cannot be read gives its fault."""
    there = tree.files.get(name)
    if there is None:
        return Manifest({}, "is missing")
    if there.st_size > LARGEST:
        return Manifest({}, f"has {there.st_size:,} bytes; at most {LARGEST:,} are read")
    path = f"{tree.root}/{name}"
    try:
        return Manifest(reading.parsed(path, reading.sha256(path, there), _in_the_bag), None)
    except EvidenceDiffersError as error:
        return Manifest({}, f"cannot be read: {error}")


def check_layout(tree: Tree) -> Check:
    """Check that the roots of bundle and bag contain exactly their own entries."""
    return check_of("layout", _layout(tree), "nothing but a bundle's files at its root and the bag's root")


def check_manifests(tree: Tree, digests: Mapping[str, str], promise: Promise | None) -> Check:
    """Check that the two manifests are the ones that were signed."""
    if promise is None:
        return not_checked("manifests", "no statement is signed with the given key")
    problems = [
        Problem(name, "is missing" if name not in tree.files else "is not the signed one")
        for name, sha256 in promise.manifests.items()
        if digests.get(name) != sha256
    ]
    return check_of("manifests", problems, "both are the signed ones")


def check_tags(manifest: Manifest, digests: Mapping[str, str]) -> Check:
    """Check that the tag manifest lists exactly the other tag files, with their hashes."""
    expected = {f"{BAG}/{name}" for name in TAG_FILES}
    problems = [] if manifest.fault is None else [Problem(TAGS, manifest.fault)]
    if manifest.fault is None:
        problems += [Problem(TAGS, f"does not list {name}") for name in expected - set(manifest.digests)]
        problems += [Problem(name, "is listed as a tag file") for name in set(manifest.digests) - expected]
        problems += _differing(manifest.digests, digests)
    return check_of("tag files", problems, f"{len(expected)} files are as listed")


def check_payload(tree: Tree, manifest: Manifest, digests: Mapping[str, str]) -> Check:
    """Check that every listed file exists unchanged, and that every existing file is listed."""
    if manifest.fault is not None:
        return check_of("payload", [Problem(LISTED, manifest.fault)], "")
    problems = [
        Problem(name, "is listed, but outside data/")
        for name in manifest.digests
        if not name.startswith(f"{DATA}/")
    ]
    problems += _differing(manifest.digests, digests)
    problems += [
        Problem(name, "is not listed in the manifest")
        for name in tree.files
        if name.startswith(f"{DATA}/") and name not in manifest.digests
    ]
    size = sum(tree.files[name].st_size for name in manifest.digests if name in tree.files)
    return check_of("payload", problems, f"{len(manifest.digests):,} files, {size:,} bytes, as listed")


def _layout(tree: Tree) -> Iterator[Problem]:
    for folder, expected in ROOTS.items():
        start = f"{folder}/" if folder else ""
        there = tree.entries(folder)
        for name in there - expected:
            yield Problem(f"{start}{name}", f"does not belong into {'the bag' if folder else 'a bundle'}")
        for name in expected - there:
            yield Problem(f"{start}{name}", "is missing")
    for folder in FOLDERS:
        if folder in tree.files:
            yield Problem(folder, "is a file; expected a folder")
    for name in (ATTESTATION, *SUBJECTS, *(f"{BAG}/{tag}" for tag in TAG_FILES)):
        if name in tree.folders:
            yield Problem(name, "is a folder; expected a file")


def _differing(listed: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[Problem]:
    for name, sha256 in listed.items():
        if name not in digests:
            yield Problem(name, "is missing")
        elif digests[name] != sha256:
            yield Problem(name, f"has changed (SHA-256 {digests[name]}; listed {sha256})")


def _in_the_bag(content: bytes) -> dict[str, str]:
    listed = parse_manifest(content, source="manifest")
    return {f"{BAG}/{name}": sha256 for name, sha256 in listed.items()}
