"""Tampering with the content of a bundle, and rewriting everything that can be rewritten without the key.

Owns these kinds: the bag's own files, results, images, the run's manifest, the ledger. A rewritten manifest is not
signed, so a finding may name it in place of the file that was changed.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from protocols.evidence.bundle.bag import DECLARATION, INFO, TAG_FILES, manifest_text, parse_manifest
from protocols.evidence.bundle.layout import ATTESTATION, BAG, IMAGES, LEDGER
from protocols.evidence.bundle.layout import LISTING as IMAGES_CSV
from protocols.evidence.bundle.signing import PrivateKey
from protocols.evidence.tampering.envelope import keep_the_signature, sign_in_the_name_of_the_first
from protocols.evidence.tampering.files import add, drop, flip, put
from protocols.evidence.tampering.working_copy import Change, TamperBench, Tampering
from protocols.evidence.verification.bag_check import LISTED, TAGS
from protocols.evidence.verification.results_check import RESULTS
from protocols.evidence.verification.signed_content import DATA
from protocols.storage.canonical import json_line, json_text, sha256_bytes
from protocols.storage.manifest import NAME


def of_the_evidence(root: Path, sizes: Mapping[str, int], key: PrivateKey) -> Iterator[Tampering]:
    """Yield every tampering with the content of a bundle.

    Args:
        root: a bundle that verifies.
        sizes: bytes of its files, by their paths.
        key: another key than the bundle's.
    """
    yield from _of_the_bag()
    yield from _of_the_run(sizes, key)
    yield from _of_the_ledger(root)


def _of_the_bag() -> Iterator[Tampering]:
    """Yield changes that a plain BagIt check does not detect."""
    info = f"{BAG}/{INFO}"

    def edit_info(bench: TamperBench) -> None:
        bench.write(info, bench.read(info) + b"Contact-Name: Eve\n")

    def without_tags(bench: TamperBench) -> None:
        edit_info(bench)
        bench.remove(TAGS)

    yield Tampering("bag-info.txt edited, tag manifest dropped", (TAGS, info), without_tags)
    yield Tampering("bag-info.txt edited, tag manifest anew", (TAGS, info), _rebagged(edit_info))
    yield Tampering(
        "bagit.txt edited, tag manifest anew",
        (TAGS, f"{BAG}/{DECLARATION}"),
        _rebagged(lambda bench: bench.write(f"{BAG}/{DECLARATION}", b"BagIt-Version: 0.97\n")),
    )


def _of_the_run(sizes: Mapping[str, int], key: PrivateKey) -> Iterator[Tampering]:
    """Yield changes of the run, with everything rewritten but the signature."""
    results, manifest, added = f"{DATA}/{RESULTS}", f"{DATA}/{NAME}", f"{DATA}/added.txt"
    edit = flip(results, sizes[results] // 2, 1)

    def with_the_run(bench: TamperBench) -> None:
        edit(bench)
        _run_manifest_anew(bench, results)

    everything = _rebagged(with_the_run, results, manifest)
    bagged = {
        "results.json changed, bag anew": (results, _rebagged(edit, results)),
        "results.json changed, all anew": (results, everything),
        "results.json taken out, bag anew": (results, _rebagged(drop(results), results)),
        "the run's manifest changed, bag anew": (manifest, _rebagged(_run_manifest_cut, manifest)),
        "a file added, bag anew": (added, _rebagged(add(added), added)),
    }
    for kind, (name, change) in bagged.items():
        yield Tampering(kind, (name, LISTED), change)
    signed = {
        "all anew, the signature kept": lambda bench: keep_the_signature(bench),
        "all anew, another key in the first's name": lambda bench: sign_in_the_name_of_the_first(bench, key),
    }
    for kind, sign in signed.items():
        yield Tampering(kind, (ATTESTATION,), _one_after_another(everything, sign))
    image = next((name for name in sizes if name.startswith(f"{DATA}/{IMAGES}/") and sizes[name]), None)
    if image:
        kind = "an image changed, all anew"
        yield Tampering(kind, (image, LISTED), _changed_image(image))


def _of_the_ledger(root: Path) -> Iterator[Tampering]:
    """Yield changes of the ledger; its chain alone detects neither a truncated nor a rewritten one."""
    ledger = f"{DATA}/{LEDGER}"
    lines = (root / ledger).read_bytes().splitlines(keepends=True)
    forms = {
        "the ledger cut short, bag anew": lines[:-1],
        "the ledger's first entry lost, bag anew": lines[1:],
        "the ledger written anew, bag anew": _chained_anew(lines),
        "half a line of the ledger lost, bag anew": [*lines[:-1], lines[-1][: len(lines[-1]) // 2]],
    }
    if len(lines) > 1:
        forms["two ledger entries swapped, bag anew"] = [*lines[:-2], lines[-1], lines[-2]]
    for kind, changed in forms.items():
        yield Tampering(kind, (ledger, LISTED), _rebagged(put(ledger, b"".join(changed)), ledger))


def _one_after_another(*changes: Change) -> Change:
    def apply(bench: TamperBench) -> None:
        for change in changes:
            change(bench)

    return apply


def _rebagged(change: Change, *changed: str) -> Change:
    """Return a change of the payload with both manifests rewritten."""

    def apply(bench: TamperBench) -> None:
        change(bench)
        listed = parse_manifest(bench.read(LISTED), source=LISTED)
        for name in changed:
            inside = name.removeprefix(f"{BAG}/")
            listed.pop(inside, None)
            if bench.holds(name):
                listed[inside] = sha256_bytes(bench.read(name))
        bench.write(LISTED, manifest_text(listed).encode("utf-8"))
        tags = {name: sha256_bytes(bench.read(f"{BAG}/{name}")) for name in TAG_FILES}
        bench.write(TAGS, manifest_text(tags).encode("utf-8"))

    return apply


def _changed_image(image: str) -> Change:
    listing, manifest = f"{DATA}/{IMAGES_CSV}", f"{DATA}/{NAME}"

    def apply(bench: TamperBench) -> None:
        before = sha256_bytes(bench.read(image))
        flip(image, len(bench.read(image)) // 2, 1)(bench)
        after = sha256_bytes(bench.read(image))
        bench.write(listing, bench.read(listing).replace(before.encode(), after.encode()))
        _run_manifest_anew(bench, image)

    return _rebagged(apply, image, listing, manifest)


def _run_manifest_anew(bench: TamperBench, changed: str) -> None:
    name = f"{DATA}/{NAME}"
    document = json.loads(bench.read(name))
    for entry in document["files"]:
        if entry["path"] == changed.removeprefix(f"{DATA}/"):
            content = bench.read(changed)
            entry.update(size=len(content), sha256=sha256_bytes(content))
    bench.write(name, json_text(document).encode("utf-8"))


def _run_manifest_cut(bench: TamperBench) -> None:
    name = f"{DATA}/{NAME}"
    document = json.loads(bench.read(name))
    document["files"].pop()
    bench.write(name, json_text(document).encode("utf-8"))


def _chained_anew(lines: list[bytes]) -> list[bytes]:
    """Change the name in the first entry, and rewrite the chain from there."""
    anew: list[bytes] = []
    for number, line in enumerate(lines):
        entry = json.loads(line)
        if number == 0:
            entry["actor"]["name"] = "Mallory"
        else:
            entry["prev"] = sha256_bytes(anew[-1].removesuffix(b"\n"))
        anew.append(json_line(entry).encode("utf-8"))
    return anew
