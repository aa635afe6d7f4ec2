"""Verification that a bundle is what the owner of a key signed, to the byte: every check without recomputation.

Owns the order of the checks: the signature under the auditor's key first, and no document of the bundle is read before
the signature covers its bytes. All findings are collected, and each names its file. Each check is in a file of its
own; recomputing is `rerun`'s. Source: docs/guides/verify.md.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.archive import unpacked
from protocols.evidence.bundle.layout import ATTESTATION, BAG
from protocols.evidence.bundle.signing import PublicKey, key_id, open_envelope
from protocols.evidence.verification.bag_check import (
    LISTED,
    TAGS,
    check_layout,
    check_manifests,
    check_payload,
    check_tags,
)
from protocols.evidence.verification.bag_check import read_manifest as read_bag_manifest
from protocols.evidence.verification.check import Check, Problem, check_of, not_checked
from protocols.evidence.verification.environment_check import (
    EnvironmentRow,
    compare_environments,
    recorded_environment,
)
from protocols.evidence.verification.file_reader import FileReader
from protocols.evidence.verification.file_tree import Tree, problems_of_names, tree_of
from protocols.evidence.verification.ledger_check import (
    OF_THE_RUN,
    check_continuity,
    check_ledger,
    check_order,
    ledger_of,
)
from protocols.evidence.verification.results_check import (
    DOCUMENTS,
    ReadPdf,
    check_dependencies,
    check_document,
    check_protocol,
    check_results,
)
from protocols.evidence.verification.run_check import check_images, check_run_folder
from protocols.evidence.verification.signed_content import Covered, NotCoveredError, UnreadableError
from protocols.evidence.verification.signed_statement import Promise, promise_of
from protocols.storage.canonical import json_text, sha256_bytes
from protocols.storage.run_folder import RunRecord

SCHEMA = "cxr510k-verification/1"
LARGEST_ENVELOPE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of verifying a bundle.

    Attributes:
        key: id of the auditor's key.
        signed: time of signing by the statement, in UTC; None where no statement is signed with the key.
        environment: as recorded and as it is here; a difference is no failure.
        environment_note: why there is no table; empty where there is one.
        checks: in the order in which they were made.
    """

    key: str
    signed: str | None
    environment: tuple[EnvironmentRow, ...]
    environment_note: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check was made and passed."""
        return all(check.passed for check in self.checks)

    def to_json(self) -> str:
        """Return canonical JSON: the verdict, one status per check, and every file with a problem."""
        rows = [{**asdict(row), "differs": row.differs} for row in self.environment]
        return json_text({"schema": SCHEMA, "verified": self.passed, **asdict(self), "environment": rows})


def verify(
    bundle: Path,
    public_key: PublicKey,
    *,
    printed: ReadPdf,
    here: RunRecord | None = None,
    reading: FileReader | None = None,
) -> Verification:
    """Check a bundle under a key that did not come with it. The bundle is only read.

    Args:
        bundle: its folder, or the archive of one.
        public_key: the auditor's, from elsewhere.
        printed: reads text and attachments of a PDF.
        here: this machine and its packages, for the table of environments; None for no table.
        reading: the reader of files.

    Raises:
        BadInputError: there is no such folder or archive, or it is not a bundle.
    """
    with _folder_of(bundle) as (root, archive):
        if root is None:
            return Verification(key_id(public_key), None, (), "the archive was not unpacked", archive)
        return _verify_folder(root, public_key, printed, here, reading or FileReader(), archive)


def refuse_key_from_bundle(bundle: Path, pubkey: Path) -> None:
    """Refuse a key file from the bundle that it is to verify.

    Raises:
        BadInputError: the key file is in the bundle.
    """
    if pubkey.resolve().is_relative_to(bundle.resolve()):
        raise BadInputError(
            f"{pubkey}: is in the bundle that it is to verify; get the key from the signer by another way."
        )


@contextmanager
def _folder_of(bundle: Path) -> Iterator[tuple[Path | None, tuple[Check, ...]]]:
    """Yield the folder of a bundle, with the check of an archive; None where that cannot be unpacked."""
    if bundle.is_dir():
        if not ((bundle / BAG).is_dir() or (bundle / ATTESTATION).is_file()):
            raise BadInputError(
                f"{bundle}: is no bundle (it holds neither {BAG}/ nor {ATTESTATION}); name what `bundle` made."
            )
        yield bundle, ()
        return
    if not bundle.is_file():
        raise BadInputError(f"{bundle}: is neither a folder nor an archive; name what `bundle` made.")
    with tempfile.TemporaryDirectory(prefix="cxr510k-verify-") as temporary:
        try:
            root = unpacked(bundle, Path(temporary))
        except EvidenceDiffersError as error:
            words = str(error).removeprefix(f"{bundle}: ")
            yield None, (check_of("archive", [Problem(bundle.name, words)], ""),)
            return
        yield root, (check_of("archive", [], "one folder; nothing leads out of it"),)


def _verify_folder(
    root: Path,
    public_key: PublicKey,
    printed: ReadPdf,
    here: RunRecord | None,
    reading: FileReader,
    before: tuple[Check, ...],
) -> Verification:
    tree = tree_of(root)
    signature, promise = _check_signature(tree, public_key)
    payload, tags = (read_bag_manifest(tree, reading, name) for name in (LISTED, TAGS))
    digests = _digests(tree, {*payload.digests, *tags.digests, LISTED, TAGS}, reading)
    manifests = check_manifests(tree, digests, promise)
    covered = Covered(tree, promise, payload.digests if manifests.passed else None, digests, reading)
    bag = (
        signature,
        _check_key(public_key, digests),
        check_of("names", problems_of_names(tree), "no links, no name that some system would change"),
        check_layout(tree),
        manifests,
        check_tags(tags, digests),
        check_payload(tree, payload, digests),
    )
    content = tuple(_result_of(name, check, covered) for name, check in _content_checks(printed))
    environment, note = _environment(covered, here)
    signed = promise.signed if promise else None
    return Verification(key_id(public_key), signed, environment, note, (*before, *bag, *content))


def _content_checks(printed: ReadPdf) -> Iterator[tuple[str, Callable[[Covered], Check]]]:
    """Yield the checks that read a document of the bundle."""
    yield "run folder", check_run_folder
    yield "images", check_images
    yield "results", check_results
    yield "protocol", check_protocol
    yield "dependencies", check_dependencies
    yield "ledger", check_ledger
    yield "continuity", check_continuity
    yield "order", check_order
    for name in DOCUMENTS:
        yield name, lambda covered, name=name: check_document(covered, name, printed)  # type: ignore[misc]


def _result_of(name: str, check: Callable[[Covered], Check], covered: Covered) -> Check:
    """Make a check: a document that cannot be parsed is a finding, one that is not covered is not read."""
    try:
        return check(covered)
    except NotCoveredError as error:
        return not_checked(name, str(error))
    except UnreadableError as error:
        return check_of(name, [Problem(error.file, str(error))], "")


def _check_signature(tree: Tree, public_key: PublicKey) -> tuple[Check, Promise | None]:
    """Check that the envelope beside the bag is signed with the auditor's key over a statement of the suite."""
    try:
        promise = promise_of(_payload(tree, public_key))
    except EvidenceDiffersError as error:
        words = str(error).removeprefix(f"{ATTESTATION}: ")
        return check_of("signature", [Problem(ATTESTATION, words)], ""), None
    return check_of("signature", [], "Ed25519, with the given key, over both manifests"), promise


def _payload(tree: Tree, public_key: PublicKey) -> bytes:
    there = tree.files.get(ATTESTATION)
    if there is None:
        raise EvidenceDiffersError("is missing")
    if there.st_size > LARGEST_ENVELOPE:
        raise EvidenceDiffersError(f"has {there.st_size:,} bytes; at most {LARGEST_ENVELOPE:,} are read")
    return open_envelope(tree.path(ATTESTATION).read_bytes(), public_key, source=ATTESTATION)


def _check_key(public_key: PublicKey, digests: Mapping[str, str]) -> Check:
    """Check that the bundle does not contain the key that it is verified with, which would prove nothing."""
    forms = {
        sha256_bytes(public_key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))
        for encoding in (Encoding.PEM, Encoding.DER)
    }
    problems = [
        Problem(name, "is the key that this was verified with; get the key from the signer by another way")
        for name, sha256 in digests.items()
        if sha256 in forms
    ]
    return check_of("key", problems, f"{key_id(public_key)}, not from the bundle")


def _digests(tree: Tree, names: set[str], reading: FileReader) -> dict[str, str]:
    """Return the SHA-256 of the named files that exist; a file that no manifest lists is never opened."""
    found = {}
    root = str(tree.root)
    for name in names:
        there = tree.files.get(name)
        if there is not None:
            found[name] = reading.sha256(f"{root}/{name}", there)
    return found


def _environment(covered: Covered, here: RunRecord | None) -> tuple[tuple[EnvironmentRow, ...], str]:
    if here is None:
        return (), "not asked for"
    try:
        trail = covered.read(OF_THE_RUN, ledger_of)
        return compare_environments(covered.read("run.json", recorded_environment), trail, here), ""
    except NotCoveredError as error:
        return (), f"not read: {error}"
    except UnreadableError as error:
        return (), f"not read: {error.file}: {error}"
