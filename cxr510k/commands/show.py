"""`show`: the results of a run again, or those of two runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from cxr510k.app import CHECKING, app


@app.command(rich_help_panel=CHECKING)
def show(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    other: Annotated[Path | None, typer.Argument(help="Another one, to be printed beside it.")] = None,
    estimates: Annotated[
        Path | None, typer.Option(help="Also write every estimate to this .csv, .parquet or .xlsx file.")
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin the CSV file with the mark by which Excel knows UTF-8.")
    ] = False,
) -> None:
    """Show inputs, criteria, verdict, estimates and next steps of a run, or two runs side by side.

    Example: cxr510k show runs/phantom
    """
    from cxr510k.terminal.next_steps import next_commands
    from cxr510k.terminal.run_tables import print_estimates, print_two
    from cxr510k.terminal.study import print_verdict
    from protocols.errors import BadInputError
    from protocols.storage.canonical import write_bytes
    from protocols.storage.reading import read_content
    from protocols.storage.run_folder import RunFolder
    from reports.pages.tidy_estimates import table_file, tidy_estimates
    from validation.results.results import results_from_json

    if other is not None and estimates is not None:
        raise BadInputError("--estimates writes the table of one run; name one run folder.")

    folders = [RunFolder(path) for path in (run, other) if path is not None]
    for folder in folders:
        folder.read_record()  # that it is a run folder
    found = [results_from_json(read_content(one.results), source=str(one.results)) for one in folders]
    if len(found) == 1:
        table = None if estimates is None else table_file(tidy_estimates(found[0]), estimates, bom=bom)
        print_estimates(found[0])
        print_verdict(found[0])
        print("\n".join(next_commands(run)))
        if estimates is not None and table is not None:
            write_bytes(estimates, table)
            print(f"wrote {estimates}")
    else:
        names = [path.name for path in (run, other) if path is not None]
        first, second = names if names[0] != names[1] else ("first", "second")
        print_two(*found, names=(first, second))
