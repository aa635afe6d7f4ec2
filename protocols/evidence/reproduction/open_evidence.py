"""The evidence that a rerun starts from: a run folder, a bundle or its archive, and whether it is intact (level 0).

Owns which of the three it is, and where its images are. The check of a bundle is `verification`, of a run folder
`manifest`; unpacking is `archive`. Everything is read in place.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError, NotPossibleHereError
from protocols.evidence.bundle.archive import unpacked
from protocols.evidence.bundle.images_csv import ListedImages, read_listing
from protocols.evidence.bundle.layout import BAG, BundleFolder
from protocols.evidence.bundle.signing import PublicKey, key_id
from protocols.evidence.reproduction.rerun_levels import INTACT, LevelOutcome, Word
from protocols.evidence.verification.check import Check
from protocols.evidence.verification.results_check import ReadPdf
from protocols.evidence.verification.unsigned_check import check_unsigned
from protocols.evidence.verification.verify import verify
from protocols.finding import ReproductionFinding
from protocols.images.folder import ImageFolder
from protocols.images.run_images import recorded_images
from protocols.storage.manifest import differences
from protocols.storage.run_folder import IN_THE_RUN, RunFolder

NO_KEY = ReproductionFinding(
    "signature", True, "as no key was given; bring the maker's public key with --pubkey", "not checked"
)


@dataclass(frozen=True, slots=True)
class OpenedEvidence:
    """A run, and the outcome of level 0.

    Attributes:
        given: the folder or archive that was named.
        run: its folder; of a bundle, the payload of the bag.
        bundle: None where a run folder was given.
        key_id: of the auditor's key with which the signature was checked; None where it was not.
        intact: the outcome of level 0.
    """

    given: Path
    run: RunFolder
    bundle: BundleFolder | None
    key_id: str | None
    intact: LevelOutcome

    def images(self) -> ImageFolder:
        """Return the folder of the images: in the bundle, or where the run had them.

        Raises:
            NotPossibleHereError: they were left out of the bundle, or are no longer there.
            EvidenceDiffersError: the bundle's images.csv is invalid.
        """
        image_root = self.run.read_record().image_root
        if self.bundle is None:
            return recorded_images(self.run, image_root)
        listed = read_listing(self.bundle.images_csv)
        if not any(image.bundled for image in listed):
            raise NotPossibleHereError(
                f"{self.bundle.root}: its images were left out; name their folder with --images."
            )
        inside = self.run.root if image_root == IN_THE_RUN else self.bundle.images
        return ListedImages(inside, listed)


@contextmanager
def opened(given: Path, public_key: PublicKey | None, *, printed: ReadPdf) -> Iterator[OpenedEvidence]:
    """Yield the evidence at a path, checked; an archive is unpacked into a temporary folder.

    Args:
        given: a run folder, a bundle's folder or its archive.
        public_key: the auditor's; without it the signature of a bundle is not checked.
        printed: reads text and attachments of a PDF.

    Raises:
        BadInputError: it is none of the three, or a key was given for a run folder.
        EvidenceDiffersError: the archive was not written by `bundle`.
    """
    if given.is_file():
        with tempfile.TemporaryDirectory(prefix="cxr510k-bundle-") as temporary:
            yield _of_bundle(given, unpacked(given, Path(temporary)), public_key, printed)
    elif (given / BAG).is_dir():
        yield _of_bundle(given, given, public_key, printed)
    elif public_key:
        raise BadInputError(
            f"{given}: is no bundle, so there is no signature that --pubkey could check; leave it out for a run folder."
        )
    else:
        yield _of_run(RunFolder(given))


def _of_bundle(given: Path, root: Path, public_key: PublicKey | None, printed: ReadPdf) -> OpenedEvidence:
    bundle = BundleFolder(root)
    if public_key is None:
        findings = (NO_KEY, *_findings(check_unsigned(root)))
        without_problem: Word = "signature not checked"
    else:
        findings = tuple(_findings(verify(root, public_key, printed=printed).checks))
        without_problem = "verified"
    word: Word = without_problem if all(finding.reproduced for finding in findings) else "not verified"
    named = key_id(public_key) if public_key else None
    return OpenedEvidence(given, bundle.run, bundle, named, LevelOutcome(INTACT, word, findings))


def _findings(checks: Iterable[Check]) -> Iterator[ReproductionFinding]:
    """Yield one finding per problem of a failed check, else one per check; a check not made does not pass."""
    for check in checks:
        if check.problems:
            for problem in check.problems:
                yield ReproductionFinding(check.name, False, f"{problem.file}: {problem.words}")
        elif check.status == "not checked":
            yield ReproductionFinding(check.name, False, check.words, "not checked")
        else:
            yield ReproductionFinding(check.name, check.passed, check.words)


def _of_run(run: RunFolder) -> OpenedEvidence:
    run.read_record()
    changed = tuple(ReproductionFinding("manifest", False, sentence) for sentence in differences(run.root))
    intact = (ReproductionFinding("manifest", True, "every file is as it was recorded"),)
    word: Word = "not as recorded" if changed else "as recorded"
    return OpenedEvidence(run.root, run, None, None, LevelOutcome(INTACT, word, changed or intact))
