"""The audit trail of a run folder: what was done to it, by whom and when, with the hashes before and after.

An entry lists each file at the top of the folder, and each folder there by one hash. The trail begins with the folder;
looks at a test set are counted in the ledger of the test set (`registration`).
"""

from collections.abc import Iterable, Mapping

from protocols.ledger.chain import Action, Event, Stamp, Touched, append
from protocols.storage.canonical import sha256_bytes
from protocols.storage.manifest import ManifestEntry, entries_of
from protocols.storage.run_folder import RunFolder


def record_made(folder: RunFolder, stamp: Stamp, command: str) -> None:
    """Append the first entry: all present files."""
    record_change(folder, "run", (), stamp, {"command": command})


def record_change(
    folder: RunFolder, action: Action, before: Iterable[ManifestEntry], stamp: Stamp, facts: Mapping[str, str]
) -> None:
    """Append an entry: what was added, removed or changed since ``before``, the manifest's entries."""
    was, now = state_of(before), state_of(entries_of(folder.root))
    # The record of a run is volatile, and the trail cannot contain its own hash.
    for name in (folder.record.name, folder.trail.name):
        was.pop(name, None)
        now.pop(name, None)
    touched = [
        Touched(name, was.get(name), now.get(name))
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]
    append(folder.trail, Event(action, touched, dict(facts)), stamp)


def state_of(entries: Iterable[ManifestEntry]) -> dict[str, str]:
    """Map top-level names to SHA-256: of a file, or of a folder's list as ``sha256sum`` prints it, sorted by path.

    >>> state_of([ManifestEntry("results.json", 2, "ab")])
    {'results.json': 'ab'}
    """
    state: dict[str, str] = {}
    lists: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.path):
        top, _, inner = entry.path.partition("/")
        if inner:
            lists[f"{top}/"] = lists.get(f"{top}/", "") + f"{entry.sha256}  {entry.path}\n"
        else:
            state[top] = entry.sha256
    return state | {name: sha256_bytes(text.encode("utf-8")) for name, text in lists.items()}
