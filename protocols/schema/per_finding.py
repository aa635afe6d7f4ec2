"""Make one protocol per finding from a pattern, and one run for each.

Owns the placeholder, the names allowed in its place, and the order of the runs. The resulting protocol is an ordinary
file: its bytes go into the run folder, and its hash is of these.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from protocols.errors import BadInputError
from protocols.schema.load import LoadedProtocol, parse_protocol
from protocols.storage.canonical import refuse_occupied
from protocols.storage.run_folder import RunFolder

PLACEHOLDER = b"{finding}"
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]*")


def protocol_of_finding(pattern: bytes, finding: str, *, source: str) -> LoadedProtocol:
    """Return the protocol with a finding in place of every ``{finding}``.

    Args:
        pattern: the bytes of a protocol with ``{finding}`` in its ``id`` and wherever else the finding is named.
        finding: a name of letters, digits, spaces, ``_`` and ``-``.
        source: names the pattern in a refusal.

    Raises:
        BadInputError: the pattern has no placeholder, or the finding contains another character.
        ProtocolError: the result is not a protocol.
    """
    if PLACEHOLDER not in pattern:
        raise BadInputError(
            f"{source}: contains no {{finding}}, so every finding would get the same protocol; write {{finding}} in "
            "its id, [training] label and [reference_standard] finding, or run it without --finding."
        )
    if not SAFE.fullmatch(finding):
        raise BadInputError(
            f"--finding {finding!r}: a finding is named by letters, digits, spaces, '_' and '-'; use the name of its "
            "column in the labels."
        )
    return parse_protocol(
        pattern.replace(PLACEHOLDER, finding.encode("utf-8")), source=f"{source} ({finding})"
    )


def run_each(
    out: Path,
    pattern: bytes,
    findings: Sequence[str],
    run: Callable[[Path, LoadedProtocol], None],
    *,
    source: str,
) -> tuple[RunFolder, ...]:
    """Make one run folder per finding, ``out``/FINDING; runs that an interrupted call has finished are kept.

    Args:
        out: the folder of the run folders.
        pattern: as in `protocol_of_finding`.
        findings: without duplicates.
        run: makes one run folder.
        source: names the pattern in a refusal.

    Raises:
        BadInputError: as `protocol_of_finding`, a duplicate finding, or an existing folder that is not the run of
            this protocol.
    """
    if len(set(findings)) < len(findings):
        raise BadInputError(f"--finding: each can be given once; received {', '.join(findings)}.")
    protocols = {name: protocol_of_finding(pattern, name, source=source) for name in findings}
    folders = tuple(RunFolder(out / name) for name in findings)
    for folder, loaded in zip(folders, protocols.values(), strict=True):
        if folder.manifest.exists() and folder.protocol.read_bytes() == loaded.content:
            continue
        refuse_occupied(folder.root)
        run(folder.root, loaded)
    return folders
