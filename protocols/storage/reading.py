"""The bytes of a file that a user names, or a refusal that says what to do."""

import stat
from pathlib import Path

from protocols.errors import BadInputError


def read_content(path: Path, *, next_step: str = "") -> bytes:
    """Read a file whole.

    Args:
        path: the file.
        next_step: what the user can do where it cannot be read, without a full stop.

    Raises:
        BadInputError: the file cannot be read, or is a pipe or a device, which has no end to wait for.
    """
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise BadInputError(f"{path}: is not a regular file; save its content as one.")
        return path.read_bytes()
    except OSError as error:
        then = f"; {next_step}" if next_step else ""
        raise BadInputError(f"{path}: cannot be read ({error.strerror}){then}.") from error
