"""The command line's groups of commands; each command adds itself by decorator."""

from importlib.metadata import version as installed
from typing import Annotated

import typer

MAKING, CHECKING = "Make evidence", "Check evidence"

app = typer.Typer(name="cxr510k", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cohort_app = typer.Typer(
    help="Turn a data source into studies, reads, labels, flow.csv and exclusions.csv.", no_args_is_help=True
)
app.add_typer(cohort_app, name="cohort", rich_help_panel=MAKING)
ledger_app = typer.Typer(
    help="Read and check the ledger of a test set, or the trail of a run.", no_args_is_help=True
)
app.add_typer(ledger_app, name="ledger", rich_help_panel=CHECKING)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"cxr510k {installed('cxr510k')}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Train, validate and report a chest-X-ray pneumonia classifier, with evidence that reruns to the same bytes."""
