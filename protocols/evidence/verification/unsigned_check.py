"""Consistency of a bundle with its own records, where the auditor gives no key.

Owns the checks that need no signature: the bag is as its manifests list it, and the run in it as that run recorded
it. Anyone who changed a file could have rewritten all of these, so nothing here counts as verified; with a key,
`verify` takes its place.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.layout import IMAGES
from protocols.evidence.verification.bag_check import (
    LISTED,
    TAGS,
    check_layout,
    check_payload,
    check_tags,
    read_manifest,
)
from protocols.evidence.verification.check import Check, Problem, check_of
from protocols.evidence.verification.file_reader import FileReader
from protocols.evidence.verification.file_tree import problems_of_names, tree_of
from protocols.evidence.verification.run_check import run_manifest
from protocols.evidence.verification.signed_content import DATA
from protocols.storage.manifest import NAME


def check_unsigned(root: Path) -> tuple[Check, ...]:
    """Make the checks of a bundle's folder that need no key; the bundle is only read."""
    tree, reading = tree_of(root), FileReader()
    payload, tags = (read_manifest(tree, reading, name) for name in (LISTED, TAGS))
    names = {*payload.digests, *tags.digests, LISTED} & set(tree.files)
    digests = {name: reading.sha256(f"{root}/{name}", tree.files[name]) for name in sorted(names)}
    return (
        check_of("names", problems_of_names(tree), "no links, no name that some system would change"),
        check_layout(tree),
        check_tags(tags, digests),
        check_payload(tree, payload, digests),
        check_of("run folder", _of_the_run(root, digests), "its own files are as it recorded them"),
    )


def _of_the_run(root: Path, digests: Mapping[str, str]) -> Iterator[Problem]:
    """Yield files of the run that differ from its manifest.json; images may have been left out."""
    path = root / DATA / NAME
    try:
        entries = run_manifest(path.read_bytes())
    except OSError:
        yield Problem(f"{DATA}/{NAME}", "is missing")
        return
    except EvidenceDiffersError as error:
        yield Problem(f"{DATA}/{NAME}", str(error))
        return
    for entry in entries:
        name = f"{DATA}/{entry.path}"
        if name in digests and digests[name] != entry.sha256:
            yield Problem(name, "is not the file that the run recorded")
        elif name not in digests and not name.startswith(f"{DATA}/{IMAGES}/"):
            yield Problem(name, "is missing")
