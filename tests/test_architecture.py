"""The rules of the house, read from the source: imports downwards, sizes, tables of contents, no duration asserted."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "protocols": set(),
    "model": {"protocols"},
    "validation": {"protocols"},
    "reports": {"protocols", "validation"},
    "cxr510k": {"protocols", "model", "validation", "reports"},
}
# The chapters of a room, from the top: each imports only those below it.
CHAPTERS = {
    "cxr510k": ("__main__", "main", "commands", "options", "terminal", "workflow", "app", "exit_codes"),
    "reports": (
        "render",
        "pages",
        "appendices",
        "figures",
        "content",
        "number_check",
        "pdf",
        "run_files",
        "language",
        "fonts",
        "provenance",
    ),
    "validation": (
        "run",
        "result_notices",
        "input_notices",
        "analyses",
        "homogeneity",
        "readers",
        "estimates",
        "independent",
        "criteria",
        "metrics",
        "cohort",
        "intervals",
        "results",
    ),
    "model": ("training", "explanation", "inference", "artifact", "data", "network", "runtime"),
    "protocols": (
        "evidence",
        "cohorts",
        "images",
        "registration",
        "ledger",
        "recorded_results",
        "device_timing",
        "model_folder",
        "tables",
        "schema",
        "finding",
        "parallel",
        "storage",
        "progress",
        "errors",
    ),
}
LONGEST_FILE, FULLEST_FOLDER = 400, 20
LONGER_FILES: dict[str, str] = {}  # path: why it is not divided
FULLER_FOLDERS: dict[str, str] = {}  # path: why it is not divided
ROOMS = {*ALLOWED, "tests"}
SOURCES = [path for room in ALLOWED for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> set[str]:
    """The suite's modules that a file imports, wherever in the file, and what it imports of them."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] in ROOMS}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    others = {name.split(".")[0] for name in imported(path)} - {room}
    assert others <= ALLOWED[room]


def chapter_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_chapters_import_downwards(path: Path) -> None:
    room, *rest = path.relative_to(ROOT).with_suffix("").parts
    if rest == ["__init__"]:
        return
    order = CHAPTERS[room]
    below = order[order.index(rest[0]) :]
    own = {name for name in imported(path) if name.split(".")[0] == room and "." in name}
    assert sorted(name for name in own if chapter_of(name) not in below) == []


def box_of(path: Path) -> Path:
    """A folder as a whole, or a module that stands beside folders."""
    return path if list(path.parent.glob("*/__init__.py")) else path.parent


def test_no_folder_imports_from_one_that_imports_from_it() -> None:
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    below: dict[Path, set[Path]] = {}
    for path in SOURCES:
        if path.name != "__init__.py":
            boxes = {box_of(files[name]) for name in imported(path) if name in files}
            below.setdefault(box_of(path), set()).update(boxes - {box_of(path)})
    list(TopologicalSorter(below).static_order())  # raises where there is a cycle, and names it


@pytest.mark.parametrize("room", CHAPTERS)
def test_every_chapter_has_its_place_in_the_order(room: str) -> None:
    there = {
        path.stem
        for path in (ROOT / room).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__"} == set(CHAPTERS[room])


CONTENTS = [path for path in SOURCES if path.name == "__init__.py"]


@pytest.mark.parametrize("path", CONTENTS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_every_chapter_lists_its_modules_in_the_order_of_reading(path: Path) -> None:
    listed = (ast.get_docstring(tree_of(path)) or "").partition("In the order of reading: ")
    there = {one.stem for one in path.parent.glob("*.py")} | {
        one.parent.name for one in path.parent.glob("*/__init__.py")
    }
    assert sorted(re.findall(r"`(\w+)`", listed[2])) == sorted(there - {"__init__", "__main__"})


# They load neither NumPy, pandas nor another library that takes long, so that they can be imported from as a whole.
LIGHT_CHAPTERS = (
    "protocols/evidence/environment",
    "protocols/ledger",
    "protocols/parallel",
    "protocols/schema",
    "protocols/storage",
    "reports/fonts",
    "reports/provenance",
)


@pytest.mark.parametrize("chapter", LIGHT_CHAPTERS)
def test_a_light_chapter_exports_what_others_import_from_it(chapter: str) -> None:
    name = chapter.replace("/", ".")
    public = {
        node.name
        for path in (ROOT / chapter).glob("*.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    used = {
        alias.name
        for path in SOURCES
        if path.parent != ROOT / chapter
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.rpartition(".")[0] == name
        for alias in node.names
    }
    program = (
        f"import sys, {name} as chapter\nprint([*sorted(chapter.__all__)])\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib', 'pydicom', 'keras'} & set(sys.modules)))\n"
        "[getattr(chapter, name) for name in chapter.__all__]"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ended.stdout.splitlines() == [str(sorted(public & used)), "[]"]


def test_files_and_folders_are_small_enough_to_read() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES
    }
    modules = Counter(str(path.parent.relative_to(ROOT)) for path in SOURCES if path.name != "__init__.py")
    assert {path for path, count in lines.items() if count > LONGEST_FILE} == set(LONGER_FILES)
    assert {folder for folder, count in modules.items() if count > FULLEST_FOLDER} == set(FULLER_FOLDERS)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_test_asserts_how_long_something_takes(path: Path) -> None:
    """Machines are shared: less than so many seconds is true on one and false on another."""
    timed = re.compile(r"seconds|elapsed|duration|took|perf_counter|monotonic|process_time", re.IGNORECASE)
    limits = [
        ast.unparse(compare)
        for check in ast.walk(tree_of(path))
        if isinstance(check, ast.Assert)
        for compare in ast.walk(check.test)
        if isinstance(compare, ast.Compare)
        for smaller, operator in zip([compare.left, *compare.comparators], compare.ops, strict=False)
        if isinstance(operator, ast.Lt | ast.LtE) and timed.search(ast.unparse(smaller))
    ]
    assert limits == []


@pytest.mark.parametrize("path", [p for p in SOURCES if "reports" in p.parts], ids=lambda path: path.name)
def test_reports_know_of_validation_only_its_results(path: Path) -> None:
    names = {name for name in imported(path) if name.startswith("validation")}
    assert {name for name in names if not f"{name}.".startswith("validation.results.")} == set()


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.relative_to(ROOT).parts[0] == "validation"], ids=lambda path: path.name
)
def test_validation_knows_no_evidence(path: Path) -> None:
    assert not {name for name in imported(path) if name.startswith("protocols.evidence")}


@pytest.mark.parametrize("path", [p for p in SOURCES if "model" in p.parts], ids=lambda path: path.name)
def test_only_the_runtime_knows_a_backend(path: Path) -> None:
    backends = {"tensorflow", "jax", "torch"}
    names = {
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert path.name == "runtime.py" or not {name.split(".")[0] for name in names} & backends


# Lines of journals are read one by one, where a torn or foreign line is no document to refuse but one that counts for
# nothing.
READERS_OF_JSON = {
    "protocols/storage/json_document.py",
    "protocols/ledger/chain.py",
    "model/data/pack/journal.py",
}


def test_json_documents_are_validated_by_one_reader() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "validate_json(" in path.read_text(encoding="utf-8")
    }
    assert found == READERS_OF_JSON


@pytest.mark.parametrize("room", ["validation", "reports"])
def test_no_deep_learning_library_is_loaded(room: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] == room
    ]
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
