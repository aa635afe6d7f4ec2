"""The journal gives back what was written, and of a damaged one never anything else, against itself."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.pack.journal import Chunk, PackEntry, chunks_of, journal, line_of
from protocols.images.hashes import ImageRecord

CHUNKS = [
    Chunk(0, "a" * 64, (PackEntry("1 2 3", "", "", ImageRecord(1, 2, "b" * 64, "c" * 64, "d")),)),
    Chunk(
        1, "e" * 64, (PackEntry("4", "is cut short: ≥ 1", "", None), PackEntry("", "", "too \n small", None))
    ),
    Chunk(2, "f" * 64, ()),
]
WRITTEN = b"".join(map(line_of, CHUNKS))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal") / "journal.jsonl"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert chunks_of(tmp_path / "j") == {}
    for chunk in CHUNKS:
        with journal(tmp_path / "j") as lines:
            lines.add(chunk)
    assert list(chunks_of(tmp_path / "j").values()) == CHUNKS
    assert (tmp_path / "j").read_bytes() == WRITTEN


def test_the_last_line_of_a_chunk_counts_by_hand(tmp_path: Path) -> None:
    again = Chunk(0, "9" * 64, ())
    with journal(tmp_path / "j") as lines:
        for chunk in (*CHUNKS, again):
            lines.add(chunk)
    assert chunks_of(tmp_path / "j")[0] == again


@given(cut=st.integers(0, len(WRITTEN)))
def test_a_torn_journal_goes_on_with_whole_lines(path: Path, cut: int) -> None:
    path.write_bytes(WRITTEN[:cut])
    kept = chunks_of(path)
    assert list(kept.values()) == CHUNKS[: len(kept)]
    with journal(path) as lines:
        lines.add(CHUNKS[2])
    assert chunks_of(path) == kept | {2: CHUNKS[2]}


@given(place=st.integers(0, len(WRITTEN) - 1), value=st.integers(0, 255))
def test_a_damaged_line_is_never_believed(path: Path, place: int, value: int) -> None:
    damaged = bytearray(WRITTEN)
    damaged[place] = value
    path.write_bytes(damaged)
    for number, chunk in chunks_of(path).items():
        assert chunk == CHUNKS[number]
