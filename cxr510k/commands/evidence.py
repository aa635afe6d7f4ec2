"""`keygen`, `bundle`, `verify`, `tamper-test` and `rerun`: evidence for an auditor."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxr510k.app import CHECKING, MAKING, app
from cxr510k.exit_codes import VERDICT_AGAINST
from cxr510k.options import (
    NO_ROLE,
    By,
    Device,
    Fonts,
    Images,
    Out,
    PublicKeyFile,
    Role,
    invocation,
    moved_images,
    stamping,
    typed,
)

if TYPE_CHECKING:
    from protocols.evidence.bundle.signing import PublicKey


@app.command(rich_help_panel=MAKING)
def keygen(out: Out) -> None:
    """Make a key pair for signing bundles: private.pem for its owner alone, public.pem to publish.

    Example: cxr510k keygen --out keys
    """
    from protocols.evidence.bundle.signing import new_key_pair

    pair = new_key_pair(out)
    print(f"wrote {pair.private}: keep it secret; anyone who has it can sign in your name")
    print(f"wrote {pair.public}: publish it where the auditor finds it without you, with its key id")
    print(f"key id {pair.key_id}")


@app.command(rich_help_panel=MAKING)
def bundle(
    run: Annotated[Path, typer.Argument(help="A run folder, with its report.")],
    out: Out,
    key: Annotated[Path, typer.Option("--key", help="The private.pem of `keygen` that signs the bundle.")],
    tar: Annotated[bool, typer.Option("--tar", help="Also write it as one file, OUT.tar.")] = False,
    without_images: Annotated[
        bool, typer.Option("--without-images", help="Leave the images out; their hashes stay.")
    ] = False,
    images: Images = None,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="Ledger of a locked test set; default where the run had it."),
    ] = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Make a signed bundle of a run folder: everything an auditor needs to check and repeat it.

    Example: cxr510k bundle runs/one --out bundles/one --key keys/private.pem --tar
    """
    from cxr510k.terminal.progress import progress_bars
    from protocols.evidence.bundle.archive import archive_of, refuse_archive, write_archive
    from protocols.evidence.bundle.create import make_bundle
    from protocols.evidence.bundle.signing import read_private_key
    from protocols.parallel.local import cores

    private = read_private_key(key)
    if tar:
        refuse_archive(archive_of(out))
    with progress_bars() as progress:
        made = make_bundle(
            run,
            out,
            private,
            images=images,
            with_images=not without_images,
            ledger=ledger,
            stamp=stamping(by, role)(),
            workers=cores(),
            progress=progress,
        )
    print(f"wrote {out}: {made.files:,} files, {made.size / 1e6:,.1f} MB; the bag is {made.folder.bag}")
    print(f"images: {made.images:,} listed, {made.bundled:,} within")
    print(f"ledger: {made.ledger_entries:,} entries, the last of them this bundle's")
    print(f"wrote {made.folder.attestation}: signed with key {made.key_id}")
    if tar:
        write_archive(out, archive_of(out))
        print(f"wrote {archive_of(out)}: {archive_of(out).stat().st_size / 1e6:,.1f} MB")
    print(
        "publish the key id where an auditor finds it without this bundle: nothing within it can prove whose it is"
    )


@app.command(rich_help_panel=CHECKING)
def verify(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder or its archive.")],
    pubkey: PublicKeyFile,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write this file: the verdict with every finding.")
    ] = None,
) -> None:
    """Check a bundle offline: signature, every byte, ledger, and that its documents say the same.

    Example: cxr510k verify bundles/one --pubkey keys/public.pem
    """
    from cxr510k.terminal.verification import print_verification
    from protocols.evidence.environment.machine import run_record
    from protocols.evidence.verification.verify import verify as verify_bundle
    from protocols.storage.canonical import refuse_existing_file, write_text
    from reports.pdf.read_pdf import PrintedPdf
    from reports.pdf.render_stack import render_stack

    key = _key_of(pubkey, bundle)
    if json:
        refuse_existing_file(json)
    here = replace(run_record(typed(), datetime.now(UTC)), render_stack=render_stack())
    verification = verify_bundle(bundle, key, printed=PrintedPdf, here=here)
    print_verification(verification)
    if json:
        write_text(json, verification.to_json())
        print(f"wrote {json}")
    if not verification.passed:
        raise typer.Exit(VERDICT_AGAINST)


@app.command(rich_help_panel=CHECKING)
def tamper_test(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder or its archive; it is only read.")],
    pubkey: PublicKeyFile,
) -> None:
    """Check that verification sees every tampering: a copy of a bundle is changed in each way and verified.

    Example: cxr510k tamper-test bundles/one --pubkey keys/public.pem
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.terminal.verification import print_tamper_test
    from protocols.evidence.tampering.tamper_test import tamper_test as test_tampering
    from reports.pdf.read_pdf import PrintedPdf

    key = _key_of(pubkey, bundle)
    with progress_bars() as progress:
        test = test_tampering(bundle, key, printed=PrintedPdf, progress=progress)
    print_tamper_test(test)
    if not test.passed:
        raise typer.Exit(VERDICT_AGAINST)


@app.command(rich_help_panel=CHECKING)
def rerun(
    evidence: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, a bundle or a bundle's archive.")
    ],
    level: Annotated[
        int | None, typer.Option(help="1 from scores, 2 also from weights and images, 3 also from data.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Also ask the second implementation of the statistics.")
    ] = False,
    pubkey: Annotated[
        Path | None,
        typer.Option(help="Public key of a bundle's maker, by a way of your own; never one from the bundle."),
    ] = None,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="Refuse to rerun what --pubkey does not verify.")
    ] = False,
    images: Images = None,
    attest: Annotated[
        Path | None, typer.Option(help="Also make this folder, with an attestation of what came out.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who reran it, for --attest.")] = None,
    role: Annotated[str | None, typer.Option(help="In which role, for --attest.")] = None,
    font: Fonts = None,
    device: Device = "cpu",
) -> None:
    """Repeat a run in a temporary folder and say what was reproduced.

    Example: cxr510k rerun runs/one --level 1 --independent
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.terminal.rerun import print_findings, print_guard_band, print_outcome, print_rerun
    from cxr510k.workflow.attestation import write_attestation
    from cxr510k.workflow.rerun import require_fonts, rerun_evidence
    from cxr510k.workflow.stages import stages_on
    from protocols.evidence.reproduction.open_evidence import opened
    from protocols.evidence.reproduction.rerun_levels import require_level
    from reports.pdf.read_pdf import PrintedPdf

    if level is None and not independent:
        raise typer.BadParameter("give --level 1, 2 or 3, --independent, or both.")
    if require_signature and not pubkey:
        raise typer.BadParameter(
            "--require-signature needs --pubkey FILE: a signature is checked with a key."
        )
    if attest or by or role:
        _refuse_attestation(attest, evidence, by, role)
    require_level(level)
    key = _key_of(pubkey, evidence) if pubkey else None
    with opened(evidence, key, printed=PrintedPdf) as held:
        print_findings(held.intact.findings)
        if held.intact.reproduced:
            require_fonts(held.run.root, font or ())
        with progress_bars() as progress:
            done = rerun_evidence(
                held,
                level,
                stages_on(device, fonts=font or ()),
                moved_images(images),
                progress,
                announce=print_guard_band,
                independent=independent,
            )
        print_rerun(done)
        if attest and by and role:
            who = invocation(by, role)
            page, record = write_attestation(attest, held, done, invocation=who, fonts=font or ())
            print(f"wrote {page} and {record}")
    print_outcome(done)
    if not done.reproduced:
        raise typer.Exit(VERDICT_AGAINST)


def _key_of(pubkey: Path, evidence: Path) -> "PublicKey":
    """Return the public key that an auditor brings; refuse one that came with the evidence."""
    from protocols.evidence.bundle.signing import read_public_key
    from protocols.evidence.verification.verify import refuse_key_from_bundle

    refuse_key_from_bundle(evidence, pubkey)
    return read_public_key(pubkey)


def _refuse_attestation(attest: Path | None, evidence: Path, by: str | None, role: str | None) -> None:
    """Refuse options of an attestation that could not be written or would not say who made it."""
    from protocols.storage.canonical import refuse_occupied
    from reports.pdf.render_stack import require_libraries

    if attest is None:
        raise typer.BadParameter("--by and --role are for --attest DIR.")
    if not (by and role):
        raise typer.BadParameter("--attest needs --by NAME and --role ROLE: it states who ran the rerun.")
    if attest.resolve().is_relative_to(evidence.resolve()):
        raise typer.BadParameter("--attest names a folder within the evidence, which a rerun never changes.")
    refuse_occupied(attest)
    require_libraries()
