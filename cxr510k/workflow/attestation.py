"""An attestation of a rerun: a new folder with what came of it, as a page for a person and as JSON."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cxr510k.workflow.invocation import Invocation
from protocols.evidence.reproduction.attestation import JSON, PDF, attest
from protocols.evidence.reproduction.open_evidence import OpenedEvidence
from protocols.evidence.reproduction.rerun_levels import Rerun
from protocols.storage.canonical import new_folder, write_bytes, write_text
from reports.pages.attestation import render_attestation
from reports.pdf.render_stack import render_stack


def write_attestation(
    out: Path, evidence: OpenedEvidence, done: Rerun, *, invocation: Invocation, fonts: Sequence[Path]
) -> tuple[Path, Path]:
    """Write who reran what, where, and what came of it.

    Args:
        out: the folder to make; absent or empty.
        evidence: that was rerun.
        done: what was found.
        invocation: of the rerun; its stamp states who.
        fonts: for letters that no bundled font has.

    Returns:
        The page and the JSON file.
    """
    here = replace(invocation.run_record(), render_stack=render_stack())
    attestation = attest(evidence, done, here, invocation.stamping())
    pdf = render_attestation(attestation, fonts=fonts)
    with new_folder(out) as folder:
        write_bytes(folder / PDF, pdf)
        write_text(folder / JSON, attestation.to_json())
    return out / PDF, out / JSON
