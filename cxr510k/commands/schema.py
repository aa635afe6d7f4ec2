"""`schema`: the protocol's keys, as an editor checks them while a protocol is written."""

from pathlib import Path
from typing import Annotated

import typer

from cxr510k.app import MAKING, app


@app.command(rich_help_panel=MAKING)
def schema(
    out: Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")] = None,
) -> None:
    """Make the JSON schema of a protocol, printed or written; with it an editor completes and checks its keys.

    Example: cxr510k schema --out protocol.schema.json
    """
    from protocols.schema.json_schema import protocol_schema
    from protocols.storage.canonical import write_text

    text = protocol_schema()
    if out is None:
        print(text, end="")
    else:
        write_text(out, text)
        print(f'wrote {out}; in a protocol beside it the first line is "#:schema {out.name}"')
