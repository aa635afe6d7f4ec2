"""`lock` and `ledger`: the protocol, locked before the test set is looked at."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from cxr510k.app import MAKING, app, ledger_app
from cxr510k.exit_codes import VERDICT_AGAINST
from cxr510k.options import NO_ROLE, By, LedgerFile, OneTable, ProtocolFile, Role, stamping, tables_given


@app.command(rich_help_panel=MAKING)
def lock(
    protocol: ProtocolFile,
    studies: Annotated[Path | None, typer.Option(help="The studies table.")] = None,
    reads: Annotated[Path | None, typer.Option(help="The readers' verdicts.")] = None,
    cohort: Annotated[Path | None, typer.Option(help="Folder of `cohort`, for studies and reads.")] = None,
    table: OneTable = None,
    operating_point: Annotated[
        Path | None, typer.Option(help='The model\'s file, where from = "model", to freeze its threshold.')
    ] = None,
    ledger: LedgerFile = None,
    by: By = None,
    role: Role = NO_ROLE,
    reason: Annotated[str | None, typer.Option(help="Why, where it amends what is registered.")] = None,
    receipt: Annotated[Path | None, typer.Option(help="Also write the receipt to this file.")] = None,
) -> None:
    """Lock a protocol, its test set and its threshold before any look, and print a receipt to file elsewhere.

    Example: cxr510k lock protocol.toml --cohort cohorts/rsna --by "A. Example" --role "quality engineer"
    """
    from cxr510k.workflow.inputs import reads_of, studies_of
    from protocols.registration.entry_facts import Threshold
    from protocols.registration.register import place_of_ledger, register
    from protocols.registration.test_set import locked_test_set_of
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import refuse_existing_file, write_text
    from validation.cohort.operating_point import operating_point as point_of

    if receipt:
        refuse_existing_file(receipt)
    loaded = load_protocol(protocol)
    tables = tables_given(cohort, studies, reads, table)
    verdicts = reads_of(loaded, tables["reads"], one_table=bool(table))
    test_set = locked_test_set_of(studies_of(loaded, tables["studies"]), verdicts)
    threshold = None
    if operating_point:
        point = point_of(loaded.protocol.operating_point, operating_point)
        threshold = Threshold(point.threshold, point.sha256)
    path = place_of_ledger(protocol, ledger)
    if path is None:
        raise typer.BadParameter(
            "the protocol is in a run folder; name the ledger of its test set with --ledger."
        )
    made = register(path, loaded, test_set, threshold, stamping(by, role), reason=reason)
    print(made.to_json(), end="")
    if receipt:
        write_text(receipt, made.to_json())
    print(
        f"{path}: contains it as of entry {made.ledger.entries}. File or sign the receipt outside this project, where "
        "it cannot be changed: nothing else proves the order.",
        file=sys.stderr,
    )


@ledger_app.command("show")
def ledger_show(
    ledger: Annotated[Path, typer.Argument(help="A ledger.jsonl or the trail.jsonl of a run.")],
) -> None:
    """Show every entry of a ledger, oldest first: when, who, what.

    Example: cxr510k ledger show ledger.jsonl
    """
    from protocols.ledger.chain import read_ledger
    from protocols.registration.display import ledger_table

    for line in ledger_table(read_ledger(ledger), shutil.get_terminal_size().columns):
        print(line)


@ledger_app.command("verify")
def ledger_verify(
    ledger: Annotated[Path, typer.Argument(help="A ledger.jsonl or the trail.jsonl of a run.")],
    receipt: Annotated[
        Path | None,
        typer.Option(help="The receipt as it was filed elsewhere: nothing before it may be missing."),
    ] = None,
) -> None:
    """Check the chain of a ledger, the order of its entries and, with a receipt, that nothing was cut off.

    Example: cxr510k ledger verify ledger.jsonl --receipt filed/receipt.json
    """
    from protocols.ledger.chain import read_ledger
    from protocols.registration.consistency import faults_of, notes_of
    from protocols.registration.receipt import read_receipt, receipt_mismatch

    filed = read_receipt(receipt) if receipt else None
    held = read_ledger(ledger)
    faults = list(faults_of(held))
    missing = receipt_mismatch(filed, held) if filed else None
    print(f"chain: whole; entries: {held.head.entries}, head {held.head.sha256}")
    for note in notes_of(held):
        print(f"note: {note}")
    for fault in faults:
        print(f"fault: {fault}")
    print(f"order: {'broken' if faults else 'every look that had to be registered was'}")
    if filed:
        print(f"receipt: {missing or 'the ledger goes on from it'}")
    else:
        print("receipt: none given, so a ledger cut short or written anew would not be noticed")
    if faults or missing:
        raise typer.Exit(VERDICT_AGAINST)
