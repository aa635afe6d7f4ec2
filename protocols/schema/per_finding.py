"""One pattern of a protocol -> one protocol a finding.

Owns the placeholder, what may stand in its place, and the order of the runs. The protocol that results is a file
like any other: its bytes go into the run folder, and its hash is of these.
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
    """The protocol that comes of writing a finding in place of every ``{finding}``.

    Args:
        pattern: the bytes of a protocol with ``{finding}`` in its ``id`` and wherever else the finding stands.
        finding: a name of letters, digits, spaces, ``_`` and ``-``.
        source: names the pattern in a refusal.

    Raises:
        BadInputError: the pattern has no placeholder, or the finding holds another character.
        ProtocolError: what comes of it is no protocol.
    """
    if PLACEHOLDER not in pattern:
        raise BadInputError(
            f"{source}: holds no {{finding}}, so every finding would get the same protocol; write {{finding}} in its "
            "id, [training] label and [reference_standard] finding, or run it without --finding."
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
    """One run folder a finding, ``out``/FINDING; what an interrupted call has finished is kept.

    Args:
        out: the folder of the run folders.
        pattern: as in `protocol_of_finding`.
        findings: each once.
        run: makes one run folder.
        source: names the pattern in a refusal.

    Raises:
        BadInputError: as `protocol_of_finding`, a finding stands twice, or a folder is there that is not the
            run of this protocol.
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
