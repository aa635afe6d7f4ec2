"""A run folder -> a bundle: everything an auditor needs, in a BagIt bag, with a signature beside it.

Owns what goes in, in which order, and the entry in the ledger. Names are `layout`'s, the bag is `bag`'s, the signed
statement is `statement`'s, the envelope is `signing`'s. Nothing reads the clock: the same run, key and stamp give the
same bytes. Source: the contract ("Bundle"); docs/guides/bundle.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.bag import files_of, write_bag
from protocols.evidence.bundle.cyclonedx import bill_text
from protocols.evidence.bundle.images_csv import FoundImage, found_images, listing_text, recorded_images
from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.bundle.ledger_copy import Continuation
from protocols.evidence.bundle.model_card import device_component
from protocols.evidence.bundle.signing import STATEMENT_TYPE, PrivateKey, key_id, sign_envelope
from protocols.evidence.bundle.statement import statement
from protocols.evidence.environment.requirements import locked_requirements
from protocols.evidence.environment.system_info import system_text
from protocols.images.folder import ImageFolder
from protocols.images.hashes import read_inventory
from protocols.ledger.chain import Event, Stamp, Touched
from protocols.progress import Progress
from protocols.recorded_results import RecordedResults, recorded_results
from protocols.schema.load import LoadedProtocol, load_protocol
from protocols.storage.canonical import (
    new_folder,
    refuse_occupied,
    sha256_bytes,
    sha256_file,
    write_bytes,
    write_text,
)
from protocols.storage.manifest import NAME as RUN_MANIFEST
from protocols.storage.manifest import check_manifest, read_manifest
from protocols.storage.run_folder import IN_THE_RUN, RunFolder, RunRecord
from protocols.tables.checks import studies_from
from protocols.tables.column_mapping import studies_table


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A bundle that was made.

    Attributes:
        folder: the bundle.
        key_id: of the key that signed it.
        files, size: number of files and size in bytes of the whole bundle.
        images, bundled: number of images that are listed, and of those that are in the bundle.
        ledger_entries: number of entries of the bundle's ledger.
    """

    folder: BundleFolder
    key_id: str
    files: int
    size: int
    images: int
    bundled: int
    ledger_entries: int


def make_bundle(
    run: Path,
    out: Path,
    private_key: PrivateKey,
    *,
    images: Path | None,
    with_images: bool,
    ledger: Path | None,
    stamp: Stamp,
    workers: int,
    progress: Progress,
) -> MadeBundle:
    """Make a bundle of a run folder, which is only read, in a folder that appears when it is complete.

    Args:
        run: a run folder.
        out: absent or empty, and not within the run folder.
        private_key: signs the bundle.
        images: folder of the run's images, where they were moved.
        with_images: whether the images go into the bundle; without, only their hashes do.
        ledger: of a locked test set; None for where the run had it.
        stamp: of the signing.
        workers: largest number of processes that decode images.
        progress: called for each image and file.

    Raises:
        EvidenceDiffersError: the run folder is not as it was recorded, an image is no longer the one that was scored,
            or the test set's ledger no longer continues the ledger of the run.
        BadInputError: ``run`` is no run folder, contains a link or a name that a bundle cannot contain, ``out`` is
            occupied or within it, or the ledger is missing.
    """
    source = RunFolder(run)
    record = source.read_record()
    _refuse_within(run, out)
    refuse_occupied(out)
    _refuse_unfit(run)
    check_manifest(run)
    loaded = load_protocol(source.protocol)
    results = recorded_results(source.results.read_bytes(), RecordedResults, source=str(source.results))
    if results.protocol.sha256 != loaded.sha256:
        raise EvidenceDiffersError(
            f"{source.protocol}: is not the protocol that {source.results.name} was made with."
        )
    continuation = Continuation.of(source, record, ledger)
    found = _images(source, record, loaded, images, with_images, workers, progress)
    with new_folder(out) as staging:
        bundle = BundleFolder(staging)
        bundle.data.mkdir(parents=True)
        _copy_run(source, bundle, found, progress)
        _copy_images(bundle, found, record, progress)
        write_text(bundle.images_csv, listing_text([one.row for one in found]))
        _write_environment(bundle, record, loaded, results)
        _refuse_unfit(bundle.data)  # before the ledger of a locked test set records the bundle
        head = continuation.add(_event(source, bundle, private_key, with_images), stamp, bundle.ledger)
        write_bag(bundle.bag, _info(record, loaded))
        payload = statement(bundle, results, head, stamp)
        write_text(bundle.attestation, sign_envelope(payload, STATEMENT_TYPE, private_key))
        files, _ = files_of(staging)
        return MadeBundle(
            folder=BundleFolder(out),
            key_id=key_id(private_key.public_key()),
            files=len(files),
            size=sum(path.stat().st_size for path in files.values()),
            images=len(found),
            bundled=sum(one.row.bundled for one in found),
            ledger_entries=head.entries,
        )


def _refuse_within(run: Path, out: Path) -> None:
    if out.resolve().is_relative_to(run.resolve()):
        raise BadInputError(
            f"{out}: is within the run folder, which a bundle never changes; name another --out."
        )


def _refuse_unfit(folder: Path) -> None:
    _, faults = files_of(folder)
    if faults:
        raise BadInputError("\n".join(faults))


def _images(
    run: RunFolder,
    record: RunRecord,
    loaded: LoadedProtocol,
    images: Path | None,
    with_images: bool,
    workers: int,
    progress: Progress,
) -> Sequence[FoundImage]:
    """Find the images: from their files where these can be read, else from the run's own record."""
    inside = record.image_root == IN_THE_RUN
    if inside and images:
        raise BadInputError(f"{run.root}: contains its images; leave out --images.")
    folder = None
    if images:
        folder = ImageFolder(images, search=True)
    elif record.image_root and (run.root if inside else Path(record.image_root)).is_dir():
        folder = ImageFolder(run.root if inside else Path(record.image_root), search=False)
    scored_table = run.input("images")
    scored = read_inventory(scored_table) if scored_table else None
    if folder is None and scored is None:
        return ()
    studies = studies_from(studies_table(run.require_input("studies"), loaded.protocol).table)
    if folder:
        return found_images(studies, folder, scored, bundled=with_images, workers=workers, progress=progress)
    return recorded_images(studies, scored) if scored else ()


def _copy_run(run: RunFolder, bundle: BundleFolder, found: Sequence[FoundImage], progress: Progress) -> None:
    """Copy every file of the run's manifest; refuse one that changes while it is copied."""
    left_out = {one.file for one in found if not one.row.bundled}
    manifest = sha256_file(run.manifest)
    entries = [entry for entry in read_manifest(run.root) if run.root / entry.path not in left_out]
    for done, entry in enumerate(entries, start=1):
        _copy(run.root / entry.path, bundle.data / entry.path, entry.sha256)
        progress("run folder", done, len(entries))
    _copy(run.manifest, bundle.data / RUN_MANIFEST, manifest)


def _copy_images(
    bundle: BundleFolder, found: Sequence[FoundImage], record: RunRecord, progress: Progress
) -> None:
    """Copy images that are outside the run folder; the others were copied with it."""
    if record.image_root == IN_THE_RUN:
        return
    outside = [one for one in found if one.row.bundled]
    for done, one in enumerate(outside, start=1):
        target = bundle.images / one.row.image_path
        if one.file and not target.exists():
            _copy(one.file, target, one.row.file_sha256)
        progress("copies", done, len(outside))


def _copy(source: Path, target: Path, sha256: str) -> None:
    content = source.read_bytes()
    if sha256_bytes(content) != sha256:
        raise EvidenceDiffersError(f"{source}: changed while the bundle was made; make it again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)


def _write_environment(
    bundle: BundleFolder, record: RunRecord, loaded: LoadedProtocol, results: RecordedResults
) -> None:
    bundle.env.mkdir()
    write_bytes(bundle.lock, locked_requirements())
    write_text(bundle.system, system_text(record.render_stack))
    device = device_component(bundle.run, loaded.protocol, results)
    write_text(bundle.bill, bill_text(record, device))


def _event(run: RunFolder, bundle: BundleFolder, private_key: PrivateKey, with_images: bool) -> Event:
    """Return the ledger's event of a bundle; it cannot name the bag's manifest, which lists the ledger itself."""
    added = [bundle.images_csv, bundle.lock, bundle.system, bundle.bill]
    touched = [Touched(path.relative_to(bundle.data).as_posix(), None, sha256_file(path)) for path in added]
    recorded = sha256_file(run.manifest)
    return Event(
        "bundle",
        objects=[Touched(RUN_MANIFEST, recorded, recorded), *touched],
        facts={
            "images": "bundled" if with_images else "left out",
            "key_id": key_id(private_key.public_key()),
            "results_sha256": sha256_file(run.results),
        },
    )


def _info(record: RunRecord, loaded: LoadedProtocol) -> dict[str, str]:
    plan = loaded.protocol
    return {
        "Bag-Software-Agent": f"cxr510k {record.suite}",
        "Bagging-Date": record.started[:10],
        "External-Description": plan.title,
        "External-Identifier": f"{plan.id} version {plan.version}",
    }
