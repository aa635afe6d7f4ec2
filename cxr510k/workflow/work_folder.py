"""The folder of work under way beside an output: kept when a command is interrupted, removed when it is done."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protocols.errors import InterruptedWorkError
from protocols.storage.output_lock import exclusive_output


@contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Yield the folder of work on ``out`` that an interruption keeps; remove it when the work is done.

    Raises:
        NotPossibleHereError: another process works on ``out``.
        InterruptedWorkError: in place of the user's interruption, saying where the work is kept.
    """
    folder = out.with_name(f"{out.name}.work")
    with exclusive_output(out):
        try:
            yield folder
        except KeyboardInterrupt as stop:
            if not folder.is_dir():
                raise
            raise InterruptedWorkError(
                f"interrupted; {out} was not written. What is done is kept in {folder}: "
                "the same command goes on with it."
            ) from stop
        shutil.rmtree(folder, ignore_errors=True)
