"""The register of fault cases: which tests show each, read from the marks in their sources.

Owns the last column of docs/evidence/faults.md, which nobody writes by hand: `python -m tests.faults` writes it anew,
and `python -m tests.faults 17` also prints the tests of case 17. What the cases are stands in the page itself.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "evidence" / "faults.md"
KNOWN = range(1, 55)
CASES = range(17, 55)  # those before are faults of pictures, which docs/reference/images.md is about
INAPPLICABLE = frozenset({43})  # the suite signs no PDF
NONE = "does not apply"


@dataclass(frozen=True)
class Row:
    """One case as the page has it."""

    case: int
    fault: str
    answer: str
    shown_by: str

    def __str__(self) -> str:
        return f"| {self.case} | {self.fault} | {self.answer} | {self.shown_by} |"


def shown(tests: Path) -> dict[int, list[str]]:
    """Case -> `file::name` of each test function below a folder that is marked with it, in code-point order.

    Raises:
        ValueError: a mark names no case of the register, or stands where no test function is.
    """
    found: dict[int, list[str]] = {case: [] for case in KNOWN}
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(tests.parent).as_posix()
        placed = 0
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in _marks(node):
                    placed += 1
                    for case in _cases(mark, f"{name}::{node.name}"):
                        found[case].append(f"{name}::{node.name}")
        written = sum(_is_fault(node) for node in ast.walk(tree))
        if written != placed:
            raise ValueError(f"{name}: a fault mark stands elsewhere than on a test function.")
    return {case: sorted(set(found[case])) for case in CASES}


def rows(page: str) -> list[Row]:
    """The rows of the page's table in their order."""
    lines = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|(.*)\|$", page, re.MULTILINE)
    return [Row(int(case), fault, answer, by.strip()) for case, fault, answer, by in lines]


def cell(names: list[str]) -> str:
    """Return the last column of a case: how many tests show it, and the first file that holds one."""
    return f"{len(names)}: `{names[0].partition('::')[0].removeprefix('tests/')}`" if names else ""


def rewritten(page: str, found: Mapping[int, list[str]]) -> str:
    """The page with its last column as the tests say."""
    for row in rows(page):
        by = NONE if row.case in INAPPLICABLE else cell(found[row.case])
        pattern = rf"^\| {row.case} \| .*$"
        line = str(Row(row.case, row.fault, row.answer, by))
        page = re.sub(pattern, lambda _, line=line: line, page, count=1, flags=re.MULTILINE)
    return page


def _marks(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and _is_fault(decorator.func):
            yield decorator


def _is_fault(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.fault"


def _cases(mark: ast.Call, test: str) -> Iterator[int]:
    """The numbers of a mark; text beside them says which part of a case a test shows."""
    given = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    numbers = [value for value in given if isinstance(value, int)]
    if not numbers or any(number not in KNOWN for number in numbers):
        raise ValueError(f"{test}: its fault mark must name cases from {KNOWN.start} to {KNOWN.stop - 1}.")
    yield from numbers


if __name__ == "__main__":
    for case in map(int, sys.argv[1:]):
        print(*shown(TESTS)[case], sep="\n")
    before = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rewritten(before, shown(TESTS)), encoding="utf-8")
