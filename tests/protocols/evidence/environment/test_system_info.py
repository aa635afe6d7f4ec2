"""system.json: what it tells of the machine, against the sources that the system itself has."""

import json
import platform
from importlib import metadata
from pathlib import Path

import pytest

from protocols.evidence.environment import system_info as system
from protocols.evidence.environment.machine import source_sha256
from protocols.evidence.environment.system_info import installed_packages, system_text


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(system, "CPU_RECORD", path)
    return path


def processor() -> dict[str, object]:
    return json.loads(system_text({}))["processor"]


def test_what_it_tells_by_hand() -> None:
    told = json.loads(system_text({"pango": "1.56.3"}))
    assert told["schema"] == "cxr510k-system/1"
    assert told["suite"] == {"version": metadata.version("cxr510k"), "source_sha256": source_sha256()}
    assert told["python"]["version"] == platform.python_version()
    assert told["libraries"] == {"pango": "1.56.3"}
    assert told["packages"]["numpy"] == metadata.version("numpy")
    assert told["processor"]["architecture"] == platform.machine()


def test_it_is_the_same_twice() -> None:
    assert system_text({}) == system_text({})


def test_instructions_that_numbers_may_depend_on_by_hand(record: Path) -> None:
    record.write_text(
        "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu sse2 ht avx512f fma avx2 sse4_1 rdrand\n"
        "\nprocessor\t: 1\nmodel name\t: Some CPU\nflags\t\t: fpu\n",
        encoding="utf-8",
    )
    assert processor()["model"] == "Some CPU"
    assert processor()["instructions"] == ["avx2", "avx512f", "fma", "sse2", "sse4_1"]


def test_arm_by_hand(record: Path) -> None:
    record.write_text("processor : 0\nFeatures : fp asimd aes sve2 bf16\n", encoding="utf-8")
    assert processor()["instructions"] == ["asimd", "bf16", "sve2"]


def test_a_system_without_a_record_of_its_processor(record: Path) -> None:
    assert processor()["instructions"] == []


def test_packages_are_those_of_the_lock_that_are_here() -> None:
    packages = installed_packages()
    assert "colorama" not in packages  # of Windows alone
    assert packages["pydantic"] == metadata.version("pydantic")
    assert list(packages) == sorted(packages)
