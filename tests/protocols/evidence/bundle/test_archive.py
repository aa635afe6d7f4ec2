"""The archive of a bundle: its bytes, and every archive from a stranger that is refused."""

import io
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.archive import archive_of, unpacked, write_archive
from protocols.storage.canonical import sha256_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "made" / "one"
    (root / "bag" / "data").mkdir(parents=True)
    (root / "attestation.dsse.json").write_text("{}", encoding="utf-8")
    (root / "bag" / "data" / "Größe.txt").write_text("groß", encoding="utf-8")
    (root / "bag" / "data" / "empty").touch()
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_it_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    assert archive_of(folder) == tmp_path / "made" / "one.tar"
    assert contents(unpacked(archive_of(folder), tmp_path / "out")) == contents(folder)


def test_other_times_modes_orders_and_names_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    other = tmp_path / "another name"
    for name, content in sorted(contents(folder).items(), reverse=True):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
        (other / name).chmod(0o600)
        os.utime(other / name, (1, 1))
    write_archive(other, archive_of(other))
    assert sha256_file(archive_of(other)) == sha256_file(archive_of(folder))


def test_it_tells_nothing_of_the_machine(folder: Path) -> None:
    write_archive(folder, archive_of(folder))
    with tarfile.open(archive_of(folder)) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        "bundle/attestation.dsse.json",
        "bundle/bag/data/Größe.txt",
        "bundle/bag/data/empty",
    ]
    told = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members}
    assert told == {(0, 0, 0, "", "", 0o644)}


def test_it_goes_beside_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert archive_of(Path("bundles/one")) == Path("bundles/one.tar")
    assert archive_of(Path()) == tmp_path.with_name(f"{tmp_path.name}.tar")


def test_gnu_tar_reads_it(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    subprocess.run(["tar", "xf", archive_of(folder), "-C", tmp_path], check=True)
    assert contents(tmp_path / "bundle") == contents(folder)


@pytest.mark.fault(49)
def test_an_existing_archive_is_never_written_over(folder: Path) -> None:
    archive_of(folder).write_text("kept", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"one\.tar: exists"):
        write_archive(folder, archive_of(folder))
    assert archive_of(folder).read_text(encoding="utf-8") == "kept"


def test_a_link_is_not_archived(folder: Path) -> None:
    (folder / "bag" / "way").symlink_to("/etc/passwd")
    with pytest.raises(BadInputError, match="bag/way: is a link"):
        write_archive(folder, archive_of(folder))
    assert not archive_of(folder).exists()


def member(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def packed(path: Path, members: Sequence[tarfile.TarInfo]) -> Path:
    """An archive of a first, harmless file and these."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        harmless = member("bundle/first", size=5)
        tar.addfile(harmless, io.BytesIO(b"first"))
        for info in members:
            tar.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
    return path


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([member("bundle/way", tarfile.SYMTYPE, link="/etc/passwd")], "bundle/way is a link"),
        ([member("bundle/way", tarfile.LNKTYPE, link="bundle/first")], "bundle/way is a link"),
        ([member("bundle/null", tarfile.CHRTYPE)], "bundle/null is neither a file nor a folder"),
        ([member("bundle/disk", tarfile.BLKTYPE)], "bundle/disk is neither a file nor a folder"),
        ([member("bundle/pipe", tarfile.FIFOTYPE)], "bundle/pipe is neither a file nor a folder"),
        ([member("/etc/cron.d/evil")], "/etc/cron.d/evil is an absolute path"),
        ([member("bundle/../../evil")], r"bundle/\.\./\.\./evil leads out of the archive"),
        ([member("../evil")], r"\.\./evil leads out of the archive"),
        ([member("bundle\\..\\evil")], "has a name that not every system can keep"),
        ([member("C:/evil")], "has a name that not every system can keep"),
        ([member("bundle//evil")], "has a name that not every system can keep"),
        ([member("bundle/" + "a/" * 100 + "b")], "has a name that not every system can keep"),
        ([member("bundle/u\u0308")], "has a name that not every system can keep"),
        ([member("bundle/first")], "bundle/first is a duplicate"),
        ([member("bundle/First")], "bundle/First is a duplicate, or differs from bundle/first in case alone"),
        ([member("bundle/A/one"), member("bundle/a/two")], "bundle/a is a duplicate, or differs from"),
        ([member("bundle/first/second")], "bundle/first is a duplicate"),
        ([member("other/second")], "contains 2 files or folders side by side"),
        ([member("second")], "second is beside the bundle's folder"),
    ],
)
def test_a_hostile_archive_is_refused_and_nothing_of_it_is_written(
    tmp_path: Path, members: Sequence[tarfile.TarInfo], sentence: str
) -> None:
    archive = packed(tmp_path / "hostile.tar", members)
    with pytest.raises(EvidenceDiffersError, match=rf"hostile\.tar: .*{sentence}"):
        unpacked(archive, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.tar"]


def with_claimed_size(path: Path) -> Path:
    """Headers that claim a terabyte each, with nothing behind them."""
    blocks = [member(f"bundle/{number}", size=1 << 40).tobuf(tarfile.GNU_FORMAT) for number in range(4)]
    path.write_bytes(b"".join(blocks) + b"\0" * 10240)
    return path


def sparse(path: Path) -> Path:
    """A file of eight gigabytes of holes, as GNU tar packs it into one block."""
    info = member("bundle/holes", tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"100000000000"  # its real size, octal
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(bytes(header) + b"\0" * 10240)
    return path


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (with_claimed_size, "more content than it can have|is damaged"),
        (sparse, "holes is neither a file nor a folder"),
    ],
)
def test_an_archive_that_swells_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], sentence: str
) -> None:
    with pytest.raises(EvidenceDiffersError, match=sentence):
        unpacked(make(tmp_path / "bomb.tar"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.fault(41)
def test_a_zip_is_no_bundle(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.writestr("../../evil.txt", "evil")
    with pytest.raises(BadInputError, match=r"bundle\.zip: is a zip archive, which is no bundle"):
        unpacked(tmp_path / "bundle.zip", tmp_path / "out")


@pytest.mark.fault(41)
def test_a_zip_that_hides_behind_a_tar_is_no_bundle(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    with zipfile.ZipFile(archive_of(folder), "a") as archive:
        archive.writestr("bag/bagit.txt", "another")
    with pytest.raises(BadInputError, match="is a zip archive"):
        unpacked(archive_of(folder), tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\0" + b"\0" * 600])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.tar").write_bytes(content)
    with pytest.raises(BadInputError, match="is no bundle: neither a folder nor a tar archive"):
        unpacked(tmp_path / "file.tar", tmp_path / "out")


def test_an_archive_cut_short_is_told(tmp_path: Path) -> None:
    archive = packed(tmp_path / "short.tar", [member("bundle/long", size=5000)])
    archive.write_bytes(archive.read_bytes()[:3000])
    with pytest.raises(EvidenceDiffersError, match=r"short\.tar: "):
        unpacked(archive, tmp_path / "out")


def test_bytes_behind_the_end_are_told(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    with archive_of(folder).open("ab") as file:
        file.write(b"\0" * 512 + b"more")
    with pytest.raises(EvidenceDiffersError, match="contains bytes after its end"):
        unpacked(archive_of(folder), tmp_path / "out")


def test_it_is_not_unpacked_over_anything(folder: Path, tmp_path: Path) -> None:
    write_archive(folder, archive_of(folder))
    with pytest.raises(BadInputError, match="is not empty"):
        unpacked(archive_of(folder), tmp_path / "made")


def test_a_folder_that_somebody_packed_anew_is_read(folder: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "cf", tmp_path / "anew.tar", "-C", folder.parent, folder.name], check=True)
    assert contents(unpacked(tmp_path / "anew.tar", tmp_path / "out")) == contents(folder)
