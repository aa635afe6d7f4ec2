"""The program: one command, its exit code, a sentence where it failed, and never a traceback.

Imports only what `--help` needs; commands import the rooms inside their handlers.
"""

import io
import shutil
import signal
import sys
import tempfile
import traceback
from importlib.util import find_spec
from pathlib import Path

from cxr510k.app import app
from cxr510k.exit_codes import BAD_INPUT, DONE, INTERNAL_ERROR, INTERRUPTED, NOT_POSSIBLE_HERE, TERMINATED

# Each adds its commands, in the order of --help.
# isort: off
import cxr510k.commands.device
import cxr510k.commands.registration
import cxr510k.commands.study
import cxr510k.commands.show
import cxr510k.commands.evidence
import cxr510k.commands.cohort
import cxr510k.commands.schema
import cxr510k.commands.doctor  # noqa: F401

# isort: on

ROOMS = ("model", "protocols", "reports", "validation")


def main() -> None:
    """Run one command and end with the contract's exit code, a sentence and never a traceback."""
    heard: list[int] = []

    def stop(number: int, _: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # a terminal without a letter gets a question mark, not a failure
    before = signal.signal(signal.SIGTERM, stop)  # ends the work in the same way as Ctrl+C
    code, sentence = _ended()
    signal.signal(signal.SIGTERM, before)
    if heard and code == INTERRUPTED:
        code = TERMINATED
    if sentence:
        print(f"cxr510k: {sentence}", file=sys.stderr)
    sys.exit(code)


def _ended() -> tuple[int, str]:
    """Run the command that was typed; return its exit code and the sentence to print, if any."""
    if sentence := _shadowed():
        return NOT_POSSIBLE_HERE, sentence

    from typer.exceptions import TyperException

    from protocols.errors import SuiteError
    from protocols.evidence.environment.machine import refuse_borrowed_names

    try:
        if "--help" not in sys.argv:
            refuse_borrowed_names()
        code = app(standalone_mode=False) or DONE
        return code, "interrupted; nothing was written." if code == INTERRUPTED else ""
    except KeyboardInterrupt:
        return INTERRUPTED, "interrupted; nothing was written."
    except SystemExit:  # Typer's answer to a closed pipe is 1, which is a finding here
        return NOT_POSSIBLE_HERE, "the program that read the output closed it; what was written is complete."
    except TyperException as error:
        usage = error.format_message().replace("Value error, ", "")
        return BAD_INPUT, f"{usage} See cxr510k --help." if usage else ""
    except SuiteError as error:
        return error.exit_code, str(error)
    except OSError as error:
        return NOT_POSSIBLE_HERE, f"{_what_failed(error)}; nothing was written."
    except Exception as error:  # noqa: BLE001 - the one place where a fault of our own becomes exit 4
        return INTERNAL_ERROR, f"internal error ({type(error).__name__}); {_details_of(error)}."


def _shadowed() -> str:
    """Return a sentence that names a package that Python would load in place of ours; empty if there is none."""
    for room in ROOMS:
        own, found = Path(__file__).parents[1] / room / "__init__.py", find_spec(room)
        where = found.origin if found else None
        if where is None or Path(where).resolve() != own.resolve():
            return (
                f"Python finds {where or 'nothing'} where cxr510k's own {own.parent} is meant; take what is named "
                f"{room!r} out of PYTHONPATH and of the folder that Python is started from."
            )
    return ""


def _what_failed(error: OSError) -> str:
    if isinstance(error, shutil.Error):  # of a whole folder: a list of source, target and reason
        _, target, reason = error.args[0][0]
        return f"{target}: {reason}"
    return f"{error.filename or 'a file'}: {error.strerror or error}"


def _details_of(error: Exception) -> str:
    try:
        with tempfile.NamedTemporaryFile("w", prefix="cxr510k-error-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
    except OSError as full:
        return f"its details could not be written ({full.strerror})"
    return f"details are in {file.name}"
