"""A program: one command again and again, disturbed at every place where it changes the disk.

``python kill_points.py HOW CHANGED STEP ARGUMENT...`` runs ``cxr510k ARGUMENT...`` in child processes. Each is
disturbed at another of its changes below the folder CHANGED: at every STEP-th, and where a name directly in CHANGED is
renamed. HOW is ``kill`` (SIGKILL before the change) or ``full`` (the disk is full from then on). After each comes the
same command undisturbed, and a line of JSON: which change it was, how both ended, what the first said and the SHA-256
of the folder that the last argument names. ``{again}`` in an argument becomes the number of the change, so that every
one has an output of its own. What lies under a final name must be whole at all times.
"""

import hashlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import reports.pdf.render_pdf
import reports.render
import validation.run  # noqa: F401
from cxr510k.main import main as start
from protocols.evidence.environment import machine as environment
from protocols.progress import silent
from protocols.storage.canonical import STAGING
from protocols.storage.manifest import NAME, differences
from protocols.storage.run_folder import RunFolder

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.chmod", "os.truncate")
TAKING_ROOM = ("open", "os.mkdir", "os.rename", "os.link", "fsync")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
VOLATILE = ("run.json", NAME, "trail.jsonl", "ledger.jsonl")  # they hold times


class Watch:
    """What a process is about to change below a folder, and what happens to it before a change of a number."""

    def __init__(self, changed: Path, how: str, place: int) -> None:
        self._changed, self._how, self._place = str(changed), how, place
        self.seen: list[tuple[str, str]] = []

    def begin(self) -> None:
        sync = os.fsync

        def synced(descriptor: int) -> None:
            self._step("fsync", "")
            sync(descriptor)

        os.fsync = synced
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            if not (isinstance(arguments[2], int) and arguments[2] & WRITING):
                return
        elif event not in CHANGES:
            return
        named = str(arguments[0])
        if (
            named.startswith(self._changed) or not Path(named).is_absolute()
        ):  # rmtree names what is in a folder
            self._step(event, named)

    def _step(self, event: str, named: str) -> None:
        self.seen.append((event, named))
        if self._how == "kill" and len(self.seen) == self._place:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._how == "full" and len(self.seen) >= self._place and event in TAKING_ROOM:
            raise OSError(28, "No space left on device", named if Path(named).is_absolute() else None)


def main() -> None:
    how, changed, step, arguments = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    environment.source_sha256()  # what takes time and is the same for every child is done once
    environment.refuse_borrowed_names = lambda: None
    if arguments[0] == "report":  # drawn once, and written by every child
        drawn = reports.render.render(RunFolder(Path(arguments[-1])), silent)
        reports.render.render = lambda *_, **__: drawn
    with tempfile.NamedTemporaryFile("r+") as notes:
        code, _ = child(changed, "count", 0, named(arguments, 0), Path(notes.name))
        seen = json.loads(notes.read())
    print(
        json.dumps({"undisturbed": code, "changes": len(seen), "sha256": told(named(arguments, 0))}),
        flush=True,
    )
    beside = [
        number
        for number, (event, name) in enumerate(seen, start=1)
        if event == "os.rename" and Path(name).parent == changed
    ]
    for place in sorted({*range(1, len(seen) + 1, step), *beside, *(number + 1 for number in beside)}):
        again = named(arguments, place)
        ended, said = child(changed, how, place, again)
        for folder in [path.parent for path in changed.glob(f"[!.]*/{NAME}")]:
            assert not differences(folder), (place, differences(folder))
        code, _ = child(changed, "none", 0, again)
        left = [path.name for path in changed.glob(f".*{STAGING}*")]
        row = {"place": seen[place - 1], "ended": ended, "said": said, "then": code, "left": left}
        print(json.dumps(row | {"sha256": told(again)}), flush=True)


def named(arguments: list[str], number: int) -> list[str]:
    return [argument.replace("{again}", str(number)) for argument in arguments]


def child(
    changed: Path, how: str, place: int, arguments: list[str], notes: Path | None = None
) -> tuple[int, str]:
    """How the command ended and what it said on standard error."""
    with tempfile.TemporaryFile("w+b") as said:
        number = os.fork()
        if number == 0:
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(said.fileno(), 2)
            os._exit(command(changed, how, place, arguments, notes))
        code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        said.seek(0)
        return code, said.read().decode()


def command(changed: Path, how: str, place: int, arguments: list[str], notes: Path | None) -> int:
    watch = Watch(changed, how, place)
    if how != "none":
        watch.begin()
    sys.argv = ["cxr510k", *arguments]
    try:
        start()
    except SystemExit as ended:
        if notes:
            notes.write_text(json.dumps(watch.seen))
        sys.stderr.flush()
        return int(ended.code or 0)
    return 99


def told(arguments: list[str]) -> str:
    """SHA-256 over all that lies in the folder that the last argument names, but what holds times."""
    folder = Path(arguments[-1])
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.name not in VOLATILE:
            total.update(f"{path.relative_to(folder)}\n".encode())
            total.update(path.read_bytes() if path.is_file() else b"")
    return total.hexdigest()


if __name__ == "__main__":
    main()
