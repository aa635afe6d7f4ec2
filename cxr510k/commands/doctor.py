"""`doctor`: what this machine lacks."""

import typer

from cxr510k.app import app
from cxr510k.exit_codes import NOT_POSSIBLE_HERE


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and the command that installs it.

    Example: cxr510k doctor
    """
    from reports.pdf.render_stack import INSTALL, missing_libraries

    missing = missing_libraries()
    if missing:
        print(f"missing: {', '.join(missing)}\n{INSTALL}")
        raise typer.Exit(NOT_POSSIBLE_HERE)
    print("nothing is missing")
