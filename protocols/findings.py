"""One pattern of a protocol -> one protocol a finding.

Owns the placeholder and what may stand in its place. The protocol that results is a file like any other: its bytes
go into the run folder, and its hash is of these.
"""

import re

from protocols.errors import BadInputError
from protocols.load import LoadedProtocol, parse_protocol

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
