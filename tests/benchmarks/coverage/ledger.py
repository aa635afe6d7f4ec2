"""What was simulated, kept cell by cell, so that a run that was stopped goes on where it was.

A finished cell is a JSON file; it counts as long as its settings and the code that it came from are the same. Words
about the code are no part of it.
"""

import ast
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tests


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished cell: what came of it, and how long that took."""

    result: dict[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """A folder of finished cells; ``progress`` is told of each cell, with the seconds that it took."""

    folder: Path
    progress: Callable[[str], None]

    def entry(
        self,
        section: str,
        name: str,
        settings: Mapping[str, Any],
        of: tuple[str, ...],
        make: Callable[[], Any],
    ) -> Entry:
        """The result of a cell, made now or before.

        Args:
            section, name: where it is kept.
            settings: all that it depends on but the code.
            of: the modules that it comes from, such as ``validation/intervals/proportions.py``.
            make: simulates it; what it returns must be JSON.
        """
        path = self.folder / section / f"{name}.json"
        key = {"settings": dict(settings), "code": _digest(of)}
        if path.is_file():
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["key"] == json.loads(json.dumps(key)):
                return Entry(kept["result"], kept["seconds"])
        begun = time.perf_counter()
        result = make()
        kept = {"key": key, "seconds": time.perf_counter() - begun, "result": result}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.replace(path)
        self.progress(f"{section} {name}: {kept['seconds']:.1f} s")
        return Entry(json.loads(json.dumps(result)), kept["seconds"])


@cache
def _digest(modules: tuple[str, ...]) -> str:
    """Of what the modules do: neither comments nor docstrings nor the layout of lines count.

    Read once: what a run makes comes from the code that it began with.
    """
    root = Path(tests.__path__[0]).parent
    texts = [(root / module).read_text(encoding="utf-8") for module in modules]
    parts = [
        text if module.endswith(".csv") else _bare(text) for module, text in zip(modules, texts, strict=True)
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _bare(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
