"""requirements.lock: where its bytes come from, and its releases against the installed packages."""

from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement as Stated

from protocols.errors import NotPossibleHereError
from protocols.evidence.environment import requirements
from protocols.evidence.environment.requirements import Requirement, locked_requirements, parse_requirements

ROOT = Path(__file__).parents[4]


def test_a_checkout_has_it_at_its_root() -> None:
    assert locked_requirements() == (ROOT / "requirements.lock").read_bytes()


def test_an_installed_suite_has_it_beside_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "requirements.lock").write_bytes(b"within")
    (tmp_path / "requirements.lock").write_bytes(b"some other project's")
    monkeypatch.setattr(
        requirements, "__file__", str(tmp_path / "protocols" / "evidence" / "environment" / "requirements.py")
    )
    assert locked_requirements() == b"within"


def test_an_installation_without_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        requirements, "__file__", str(tmp_path / "protocols" / "evidence" / "environment" / "requirements.py")
    )
    with pytest.raises(NotPossibleHereError, match=r"requirements\.lock is missing from this installation"):
        locked_requirements()


def test_a_lock_by_hand() -> None:
    one, two = "1" * 64, "2" * 64
    text = (
        "# made by a tool\n"
        f"Some_Package==1.2.3+cpu \\\n    --hash=sha256:{two} \\\n    --hash=sha256:{one}\n    # via other\n"
        f"other==4 ; python_full_version < '3.12' \\\n    --hash=sha256:{two}\n"
    )
    assert parse_requirements(text.encode()) == (
        Requirement("some_package", "1.2.3+cpu", None, (one, two)),
        Requirement("other", "4", "python_full_version < '3.12'", (two,)),
    )


@pytest.mark.parametrize("line", ["-e .", "numpy>=2", "numpy==2 --hash=md5:1", "-r other.txt"])
def test_what_pins_nothing_is_no_line_of_a_lock(line: str) -> None:
    with pytest.raises(ValueError, match="is neither a release, a hash nor a comment"):
        parse_requirements(line.encode())


def test_every_release_of_our_lock_is_read_with_its_hashes() -> None:
    content = locked_requirements().decode()
    found = parse_requirements(content.encode())
    assert sum(len(one.sha256) for one in found) == content.count("--hash=sha256:")
    assert all(one.sha256 for one in found)
    assert len(found) == sum(line[:1].isalnum() for line in content.splitlines())


def test_our_lock_is_what_is_installed_against_packaging() -> None:
    """Each release that is meant for this Python and stands here has the locked version."""
    other = []
    for one in parse_requirements(locked_requirements()):
        if one.marker and not Marker(one.marker).evaluate():
            continue
        try:
            if metadata.version(one.name) not in Stated(f"{one.name}=={one.version}").specifier:
                other.append(one.name)
        except metadata.PackageNotFoundError:
            continue
    assert other == []
