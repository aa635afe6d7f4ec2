import re
import subprocess
import sys

import pytest

from reports.pdf import render_stack as stack


@pytest.mark.fault(53)
def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        stack, "LIBRARIES", {"pango": ("libabsent.so.9", "libabsent.dylib"), "c": ("libc.so.6",)}
    )
    assert stack.missing_libraries() == ["pango"]


def test_the_line_installs_every_library() -> None:
    assert re.findall(r"lib[a-z-]+|fontconfig", stack.INSTALL) == [
        "libpango-",
        "libpangoft",
        "libharfbuzz-subset",
        "fontconfig",
    ]


def test_the_stack_names_what_lays_out(libraries: None) -> None:
    found = stack.render_stack()
    assert found["harfbuzz-subset"] == "yes"
    assert {"pango", "harfbuzz", "fontconfig", "zlib", "weasyprint", "pydyf", "matplotlib"} <= found.keys()
    assert sum(name.startswith("font ") for name in found) == 7
    assert all(re.fullmatch(r"[0-9a-f.]+|yes", version) for version in found.values())


def test_importing_reports_loads_neither_engine_nor_device() -> None:
    program = (
        "import sys, reports.render\n"
        "print(sorted({'weasyprint', 'tensorflow', 'keras', 'model'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("recorded", "same"),
    [
        ({"pango": "1.50", "font a": "0a"}, True),
        (
            {"pango": "1.50", "font a": "0a", "pypdf": "7.1"},
            True,
        ),  # laid out nothing, recorded by an earlier suite
        ({"pango": "1.51", "font a": "0a"}, False),
        ({"font a": "0a"}, False),
        ({"pango": "1.50", "font a": "0b"}, False),
        ({"pango": "1.50", "font a": "0a", "font b": "0b"}, False),
        ({"pango": "1.50", "font a": "0a", "supplied font c": "0c"}, False),
        ({}, False),
    ],
)
def test_stacks_are_the_same_where_all_that_lays_out_is_by_hand(recorded: dict[str, str], same: bool) -> None:
    assert stack.same_stack(recorded, {"pango": "1.50", "font a": "0a"}) is same
