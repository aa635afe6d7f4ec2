"""The command line's groups of commands; each command adds itself by decorator."""

import typer

MAKING, CHECKING = "Make evidence", "Check evidence"

app = typer.Typer(
    name="cxr510k",
    help="Train, validate and report a chest-X-ray pneumonia classifier, with evidence that reruns to the same bytes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cohort_app = typer.Typer(
    help="Turn a data source into studies, reads, labels, flow.csv and exclusions.csv.", no_args_is_help=True
)
app.add_typer(cohort_app, name="cohort", rich_help_panel=MAKING)
ledger_app = typer.Typer(
    help="Read and check the ledger of a test set, or the trail of a run.", no_args_is_help=True
)
app.add_typer(ledger_app, name="ledger", rich_help_panel=CHECKING)
