"""The layout of a bundle's folder: paths of the bag, its parts and the signature.

Owns names. Making a bundle is `create`; checking one is `verification`. Source: the contract ("Bundle").
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.evidence.bundle.bag import MANIFEST, PAYLOAD, TAG_MANIFEST
from protocols.storage.run_folder import RunFolder

BAG = "bag"
ATTESTATION = "attestation.dsse.json"
LISTING = "images.csv"
LEDGER = "audit/ledger.jsonl"
LOCK = "env/requirements.lock"
SYSTEM = "env/system.json"
BILL = "env/bom.cdx.json"
IMAGES = "images"
ADDED = (
    LISTING,
    LEDGER,
    LOCK,
    SYSTEM,
    BILL,
)  # below data/, beside the run folder's own files and copied images
SUBJECTS = (f"{BAG}/{MANIFEST}", f"{BAG}/{TAG_MANIFEST}")  # what the signature is about


@dataclass(frozen=True, slots=True)
class BundleFolder:
    """Paths of a bundle."""

    root: Path

    @property
    def bag(self) -> Path:
        """The BagIt bag."""
        return self.root / BAG

    @property
    def data(self) -> Path:
        """The payload: the run folder, unchanged, and what the bundle adds."""
        return self.bag / PAYLOAD

    @property
    def attestation(self) -> Path:
        """The signed statement, beside the bag."""
        return self.root / ATTESTATION

    @property
    def run(self) -> RunFolder:
        """The run folder within the bag."""
        return RunFolder(self.data)

    @property
    def images_csv(self) -> Path:
        """The list of images, one line per image: its path, and the hashes of its file and pixels."""
        return self.data / LISTING

    @property
    def images(self) -> Path:
        """The images, where the bundle contains them."""
        return self.data / IMAGES

    @property
    def ledger(self) -> Path:
        """The ledger up to the entry of this bundle."""
        return self.data / LEDGER

    @property
    def env(self) -> Path:
        """The environment of the bundle: locked requirements, system and bill of materials."""
        return self.data / "env"

    @property
    def lock(self) -> Path:
        """The locked requirements, which an auditor installs."""
        return self.data / LOCK

    @property
    def system(self) -> Path:
        """Processor, libraries and installed versions of where the bundle was made."""
        return self.data / SYSTEM

    @property
    def bill(self) -> Path:
        """The bill of materials in CycloneDX."""
        return self.data / BILL
