"""A bundle made by hand, without a study behind it: every part may be changed, listed again and signed again."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.evidence.bundle.bag import write_bag
from protocols.evidence.bundle.signing import STATEMENT_TYPE, sign_envelope
from protocols.ledger.chain import Actor, Event, Stamp, append, read_ledger
from protocols.storage.canonical import csv_text, json_line, json_text, sha256_bytes, sha256_file
from protocols.storage.manifest import write_manifest

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PROTOCOL = 'schema = "cxr510k-protocol/1"\nid = "small"\n'
LISTING = "image_id,patient_id\ni0,p0\n"
IMAGES = 3
COLUMNS = (
    "image_id",
    "patient_id",
    "split",
    "image_path",
    "size",
    "file_sha256",
    "pixels_sha256",
    "status",
    "reason",
    "bundled",
)


def stamp(second: int) -> Stamp:
    """A moment of one day, by one person."""
    actor = Actor("Eve Example", "eve", "engineer")
    tool = {"cxr510k": "0.1.0", "source_sha256": "0" * 64}
    return Stamp(f"2026-01-31T12:00:{second:02}Z", second, actor, "host", tool)


def pdf(words: str, attachments: Mapping[str, bytes]) -> bytes:
    """One page with some words, and attachments."""
    document = pikepdf.new()
    page = document.add_blank_page()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Courier
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    lines = " T* ".join(f"({words[start : start + 40]}) Tj" for start in range(0, len(words), 40))
    page.Contents = document.make_stream(f"BT /F1 10 Tf 12 TL 50 700 Td {lines} ET".encode())
    for name, content in attachments.items():
        document.attachments[name] = pikepdf.AttachedFileSpec(document, content, filename=name)
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue()


@dataclass
class HandmadeBundle:
    """The parts of a bundle in a folder; `sign` writes bag and signature over what lies in ``data`` now."""

    root: Path
    key: Ed25519PrivateKey = field(default_factory=lambda: KEY)

    @property
    def data(self) -> Path:
        """The payload."""
        return self.root / "bag" / "data"

    @property
    def ledger(self) -> Path:
        """The ledger of the bundle."""
        return self.data / "audit" / "ledger.jsonl"

    def write(self, name: str, content: bytes | str) -> None:
        """A file of the payload."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def bag(self) -> None:
        """Both manifests anew, as anyone can."""
        for path in (self.root / "bag").glob("*.txt"):
            path.unlink()
        write_bag(self.root / "bag", {"Bagging-Date": "2026-01-31"})

    def promise(self) -> dict[str, Any]:
        """The statement that fits what lies there now."""
        results = json.loads((self.data / "results.json").read_bytes())
        head = read_ledger(self.ledger).head
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {"name": f"bag/{name}", "digest": {"sha256": sha256_file(self.root / "bag" / name)}}
                for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
            ],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "urn:cxr510k:bundle:1",
                    "externalParameters": {
                        "protocol": {
                            "id": "small",
                            "version": 1,
                            "sha256": sha256_file(self.data / "protocol.toml"),
                        },
                        "seed": 510,
                        "stage": "exploratory",
                    },
                    "internalParameters": {
                        "ledger": {"entries": head.entries, "head": head.sha256},
                        "verdict": results["verdict"],
                        "results_sha256": sha256_file(self.data / "results.json"),
                    },
                    "resolvedDependencies": [
                        {
                            "name": "env/requirements.lock",
                            "digest": {"sha256": sha256_file(self.data / "env" / "requirements.lock")},
                        }
                    ],
                },
                "runDetails": {
                    "builder": {"id": "urn:cxr510k", "version": {"cxr510k": "0.1.0"}},
                    "metadata": {"startedOn": "2026-01-31T12:00:00Z", "finishedOn": "2026-01-31T12:00:30Z"},
                },
            },
        }

    def sign(self, promise: dict[str, Any] | None = None) -> None:
        """Bag and signature over what lies there; another promise than the fitting one where it is given."""
        self.bag()
        self.sign_as(json_line(promise or self.promise()).encode("utf-8"))

    def sign_as(self, payload: bytes) -> None:
        """The signature alone, over any payload."""
        (self.root / "attestation.dsse.json").write_text(
            sign_envelope(payload, STATEMENT_TYPE, self.key), encoding="utf-8"
        )


def handmade_bundle(root: Path, *, images: int = IMAGES, left_out: bool = False) -> HandmadeBundle:
    """A bundle that verifies."""
    made = HandmadeBundle(root)
    made.data.mkdir(parents=True)
    protocol_sha256 = sha256_bytes(PROTOCOL.encode())
    results = {
        "schema": "cxr510k-results/1",
        "protocol": {"id": "small", "version": 1, "sha256": protocol_sha256, "stage": "exploratory"},
        "verdict": "pass",
    }
    made.write("protocol.toml", PROTOCOL)
    made.write("results.json", json_text(results))
    made.write("line_listing.csv", LISTING)
    made.write("inputs/studies.csv", LISTING)
    record = {
        "schema": "cxr510k-run/1",
        "started": "2026-01-31T12:00:00Z",
        "command": "run",
        "suite": "0.1.0",
        "python": "3.11.0",
        "platform": "Linux",
        "host": "host",
        "versions": {"numpy": "2.0.0"},
        "image_root": ".",
        "device": None,
        "durations_seconds": {},
        "images_per_second": {},
        "render_stack": {"pango": "1.50"},
        "ledger": None,
    }
    made.write("run.json", json_text(record))
    attached = {"results.json": json_text(results).encode(), "line_listing.csv": LISTING.encode()}
    made.write("report.pdf", pdf(protocol_sha256, attached))
    made.write("summary.pdf", pdf(protocol_sha256, {"results.json": attached["results.json"]}))
    append(made.data / "trail.jsonl", Event("run"), stamp(0))
    rows = []
    for number in range(images):
        content = f"image {number}".encode()
        made.write(f"images/i{number}.png", content)
        size, sha256 = str(len(content)), sha256_bytes(content)
        bundled = "no" if left_out else "yes"
        path = f"images/i{number}.png"
        rows.append([f"i{number}", f"p{number}", "test", path, size, sha256, "0" * 64, "ok", "", bundled])
    write_manifest(made.data)
    if left_out:
        for number in range(images):
            (made.data / "images" / f"i{number}.png").unlink()
        (made.data / "images").rmdir()
    made.write("images.csv", csv_text(COLUMNS, rows))
    for name in ("requirements.lock", "system.json", "bom.cdx.json"):
        made.write(f"env/{name}", f"{name}\n")
    made.write("audit/ledger.jsonl", (made.data / "trail.jsonl").read_bytes())
    append(made.ledger, Event("bundle"), stamp(30))
    made.sign()
    return made
