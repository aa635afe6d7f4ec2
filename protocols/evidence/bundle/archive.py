"""A bundle as one file: a tar archive whose bytes depend on its content alone, and its safe unpacking.

Owns the archive's layout and the reasons to refuse an untrusted archive. What a bundle must contain is
`verification`'s. Zip is not supported: it records times and attributes of the machine that packed it, and its two
directories may contradict each other.
"""

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.bag import files_of, name_fault, shown
from protocols.storage.canonical import new_file, refuse_occupied

TOP = "bundle"  # the one folder that every name begins with, whatever the bundle's name
MOST_FILES = 1_000_000
MOST_PARTS = 64  # folders within folders
BLOCK = 1 << 20


def archive_of(bundle: Path) -> Path:
    """Return the path of a bundle's archive, beside the bundle."""
    named = bundle if bundle.name not in ("", "..") else bundle.resolve()
    return named.with_name(f"{named.name}.tar")


def refuse_archive(archive: Path) -> None:
    """Refuse to overwrite an archive.

    Raises:
        BadInputError: the archive exists.
    """
    if archive.exists() or archive.is_symlink():
        raise BadInputError(f"{archive}: exists; name another --out, or move it away.")


def write_archive(bundle: Path, archive: Path) -> None:
    """Write the files of a bundle in the order of their names, without times, owners or modes of this machine.

    Raises:
        BadInputError: the archive exists, or the bundle contains what an archive may not.
    """
    refuse_archive(archive)
    files, faults = files_of(bundle)
    if faults:
        raise BadInputError("\n".join(faults))
    with new_file(archive) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(f"{TOP}/{name}")
            member.size = files[name].stat().st_size
            member.mode = 0o644
            with files[name].open("rb") as content:
                tar.addfile(member, content)


def unpacked(archive: Path, into: Path) -> Path:
    """Unpack a bundle's archive into a folder that is absent or empty, once every name in it was checked.

    Returns:
        ``into``, which then is the folder of the bundle; the archive's own top folder is dropped.

    Raises:
        BadInputError: it cannot be read, or is not a tar archive.
        EvidenceDiffersError: it is damaged, or contains a link, a device, an absolute path or one that leads out, a
            duplicate name, two spellings of one name, more bytes than its size, or bytes after its end.
    """
    refuse_occupied(into)
    with _opened(archive) as (file, tar):
        members = _checked(tar, archive)
        _refuse_rest(file, tar.offset, archive)
        tops = {member.name.partition("/")[0] for member in members}
        if len(tops) != 1:
            raise EvidenceDiffersError(
                f"{archive}: contains {len(tops)} files or folders side by side; expected one folder."
            )
        into.mkdir(parents=True, exist_ok=True)
        for member in members:
            if member.isreg():
                _write(tar, member, into / member.name.partition("/")[2])
    return into


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[BinaryIO, tarfile.TarFile]]:
    """Yield an archive, opened; raise a damaged one as an error of the suite, wherever it is found."""
    try:
        with archive.open("rb") as file:
            if zipfile.is_zipfile(file):
                raise BadInputError(
                    f"{archive}: is a zip archive, which is no bundle; ask for the folder or the .tar."
                )
            file.seek(0)
            try:
                tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - closed with its file
            except (tarfile.TarError, EOFError, ValueError) as error:
                raise BadInputError(
                    f"{archive}: is no bundle: neither a folder nor a tar archive (unpack a compressed one first)."
                ) from error
            yield file, tar
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise EvidenceDiffersError(f"{archive}: is damaged or cut short.") from error


def _checked(tar: tarfile.TarFile, archive: Path) -> list[tarfile.TarInfo]:
    """Return every member, checked; their stated sizes must fit into the archive, which is not compressed."""
    members = []
    there: dict[str, tarfile.TarInfo] = {}
    room = archive.stat().st_size
    for member in tar:
        _refuse_hostile(member, archive)
        _refuse_duplicate(member, there, archive)
        if member.isreg() and "/" not in member.name:
            raise EvidenceDiffersError(f"{archive}: {shown(member.name)} is beside the bundle's folder.")
        members.append(member)
        room -= member.size
        if room < 0 or len(members) > MOST_FILES:
            raise EvidenceDiffersError(f"{archive}: states more content than it can have; it is no bundle.")
    return members


def _refuse_hostile(member: tarfile.TarInfo, archive: Path) -> None:
    name = member.name
    what = None
    if member.issym() or member.islnk():
        what = "is a link"
    elif member.issparse() or not (member.isreg() or member.isdir()):
        what = "is neither a file nor a folder"
    elif name.startswith("/"):
        what = "is an absolute path"
    elif ".." in name.split("/"):
        what = "leads out of the archive"
    elif name_fault(name) or name.count("/") > MOST_PARTS:
        what = "has a name that not every system can keep"
    if what:
        raise EvidenceDiffersError(f"{archive}: {shown(name)} {what}; no bundle contains that.")


def _refuse_duplicate(member: tarfile.TarInfo, there: dict[str, tarfile.TarInfo], archive: Path) -> None:
    """Refuse a duplicate file, a file as the folder of another, and names, of folders too, that differ in case."""
    parts = member.name.split("/")
    for length in range(1, len(parts) + 1):
        name = "/".join(parts[:length])
        before = there.setdefault(name.casefold(), member)
        if before is not member and (
            before.name[: len(name)] != name
            or (before.isreg() and before.name == name)
            or (member.isreg() and length == len(parts))
        ):
            raise EvidenceDiffersError(
                f"{archive}: {shown(name)} is a duplicate, or differs from {shown(before.name)} in case alone; "
                "no bundle contains that."
            )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("xb") as file:
        while block := content.read(BLOCK):
            file.write(block)


def _refuse_rest(file: BinaryIO, end: int, archive: Path) -> None:
    """Refuse bytes other than zeros after the end of an archive, which no check would read."""
    file.seek(end)
    while block := file.read(BLOCK):
        if block.strip(b"\0"):
            raise EvidenceDiffersError(f"{archive}: contains bytes after its end.")
