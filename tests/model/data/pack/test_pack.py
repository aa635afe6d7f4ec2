"""What the pack holds, by hand on pictures of a few pixels; the same however it came about, against itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.data.pack.pack import CHUNK, Pack, fitted, pack
from protocols.errors import NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.schema.training import InputGate
from protocols.tables.records import Studies
from tests.records import studies

GATE = InputGate(smallest_side=32)
ROOT = Path(__file__).parents[4]
Packer = Callable[..., Pack]


def test_area_average_by_hand() -> None:
    picture = np.array([[0, 4, 10, 10], [8, 4, 10, 10], [1, 1, 0, 0], [1, 1, 0, 200]], np.uint8)
    assert fitted(picture, 2).tolist() == [[4, 10], [1, 50]]


def test_same_size_is_left_alone_by_hand() -> None:
    picture = np.arange(9, dtype=np.uint8).reshape(3, 3)
    np.testing.assert_array_equal(fitted(picture, 3), picture)


def test_wide_picture_is_centred_on_black_by_hand() -> None:
    picture = np.full((2, 4), 9, np.uint8)
    assert fitted(picture, 4).tolist() == [[0] * 4, [9] * 4, [9] * 4, [0] * 4]


def studies_of(images: int, **columns: Any) -> Studies:
    """Images i0, i1 and so on, of adults and unknown view but for ``columns``."""
    names = [f"i{number}" for number in range(images)]
    return studies(names, **{"age_years": [50] * images, **columns})


def write_pictures(folder: Path, images: int, side: int = 40) -> None:
    """Noise, no two alike, kept dark so that a level tells which picture it is."""
    folder.mkdir(exist_ok=True)
    for number in range(images):
        pixels = np.random.default_rng(number).integers(0, 256, (side, side), np.uint8)
        Image.fromarray(pixels).save(folder / f"i{number}.png")


@pytest.fixture
def packer(tmp_path: Path) -> Packer:
    """Pack images of ``tmp_path/images`` into ``tmp_path/work``."""

    def packed(images: int, **changed: Any) -> Pack:
        options: dict[str, Any] = {"image_size": 4, "gate": GATE, "progress": lambda *_: None} | changed
        studies = options.pop("studies", studies_of(images))
        rows = options.pop("rows", range(images))
        work = options.pop("work", tmp_path / "work")
        return pack(studies, rows, ImageFolder(tmp_path / "images", search=False), work, **options)

    return packed


def pixel_file(tmp_path: Path, work: str = "work") -> Path:
    (found,) = (tmp_path / work).glob("pack-*/pixels.npy")
    return found


def test_pack_holds_pictures_in_the_order_asked_for_by_hand(packer: Packer, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for number, value in enumerate((10, 20, 30)):
        halves = np.repeat([[value, 200 + value]], 20, axis=1).repeat(40, axis=0).astype(np.uint8)
        Image.fromarray(halves).save(tmp_path / "images" / f"i{number}.png")
    (tmp_path / "images" / "i1.png").write_bytes(b"")
    told: list[tuple[str, int, int]] = []
    packed = packer(
        3,
        rows=[2, 1, 0],
        image_size=2,
        progress=lambda stage, done, total, note="": told.append((stage, done, total)),
    )
    assert packed.pixels.tolist() == [[[30, 230]] * 2, [[0, 0]] * 2, [[10, 210]] * 2]
    assert packed.faults == {1: "is empty (0 bytes)"}
    assert packed.out_of_scope == {}
    assert packed.usable.tolist() == [0, 2]
    assert {position: record.rows for position, record in packed.records.items()} == {0: 40, 2: 40}
    assert told == [("pack", 3, 3)]


def test_a_refused_picture_is_black_and_has_a_record_by_hand(packer: Packer, tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", 3)
    age_years, view = np.array([3.0, np.nan, 50.0]), ("", "LATERAL", "PA")
    gate = InputGate(smallest_side=32, age_years=(18.0, 120.0))
    packed = packer(3, studies=studies_of(3, age_years=age_years, view=view), gate=gate)
    assert sorted(packed.out_of_scope) == [0, 1]
    assert "3" in packed.out_of_scope[0] and "LATERAL" in packed.out_of_scope[1]
    assert packed.usable.tolist() == [2]
    assert sorted(packed.records) == [0, 1, 2]
    assert not packed.pixels[:2].any() and packed.pixels[2].any()


def test_no_pictures_make_an_empty_pack_by_hand(packer: Packer, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    packed = packer(0)
    assert packed.pixels.shape == (0, 4, 4)
    assert packed.usable.tolist() == []


def test_pack_on_disk_is_a_plain_array_for_reading_only(packer: Packer, tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", 2)
    packed = packer(2)
    np.testing.assert_array_equal(np.load(pixel_file(tmp_path)), packed.pixels)
    with pytest.raises(ValueError, match="read-only"):
        packed.pixels[0, 0, 0] = 1


def test_three_bad_among_a_thousand_are_named_whatever_the_workers_against_itself(
    packer: Packer, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "images", 1_000)
    (tmp_path / "images" / "i7.png").write_bytes(b"GIF89a")
    (tmp_path / "images" / "i90.png").unlink()
    short = (tmp_path / "images" / "i900.png").read_bytes()[:-30]
    (tmp_path / "images" / "i900.png").write_bytes(short)
    alone = packer(1_000, workers=1)
    spread = packer(1_000, workers=3, work=tmp_path / "other")
    assert pixel_file(tmp_path).read_bytes() == pixel_file(tmp_path, "other").read_bytes()
    assert (alone.faults, alone.out_of_scope, alone.records) == (
        spread.faults,
        spread.out_of_scope,
        spread.records,
    )
    assert sorted(alone.faults) == [7, 90, 900]
    assert all(alone.faults.values())
    assert len(alone.usable) == len(alone.records) == 997


def test_real_pictures_against_pillow(packer: Packer, tmp_path: Path, shared_data: Path) -> None:
    paths = sorted((shared_data / "nih" / "images-1024").glob("*.png"))
    (tmp_path / "images").mkdir()
    for number, path in enumerate(paths):
        (tmp_path / "images" / f"i{number}.png").symlink_to(path)
    packed = packer(len(paths), image_size=224)
    assert packed.usable.tolist() == list(range(14))
    for path, pixels in zip(paths, packed.pixels, strict=True):
        with Image.open(path) as image:
            whole = image.getchannel(0)  # four are RGBA, and grey
        np.testing.assert_array_equal(pixels, np.asarray(whole.resize((224, 224), Image.Resampling.BOX)))


def reads_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded from now on, in this process."""
    import model.data.pack.pack

    read, names = model.data.pack.pack.read_image, []

    def told(path: Path) -> Any:
        names.append(path.name)
        return read(path)

    monkeypatch.setattr("model.data.pack.pack.read_image", told)
    return names


def test_a_finished_pack_is_found_against_itself(
    packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "images", 40)
    first = packer(40)
    names = reads_of(monkeypatch)
    notes: list[str] = []
    second = packer(40, progress=lambda stage, done, total, note="": notes.append(f"{done} {note}"))
    assert names == []
    assert notes[-1] == "40 found in the work folder"
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert (first.records, first.faults) == (second.records, second.faults)


@pytest.mark.parametrize("what", ["pixels", "line", "torn", "tail", "size"])
def test_only_what_is_damaged_is_repeated_against_itself(
    packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    write_pictures(tmp_path / "images", 3 * CHUNK)
    packer(3 * CHUNK)
    file = pixel_file(tmp_path)
    journal, whole = file.with_name("journal.jsonl"), file.read_bytes()
    lines = journal.read_bytes().splitlines(keepends=True)
    if what == "pixels":
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif what == "line":
        journal.write_bytes(b"".join([*lines[:2], lines[2].replace(b'"rows":40', b'"rows":41', 1)]))
    elif what == "torn":
        journal.write_bytes(b"".join(lines)[:-20])
    elif what == "tail":
        journal.write_bytes(b"".join(lines[:2]) + bytes(100))
    else:
        file.write_bytes(whole[:-1])
    names = reads_of(monkeypatch)
    for _ in range(2):  # the second time nothing is left to do
        packed = packer(3 * CHUNK)
        assert file.read_bytes() == whole
        assert {record.rows for record in packed.records.values()} == {40}
    repeated = range(0 if what == "size" else 2 * CHUNK, 3 * CHUNK)
    assert names == [f"i{number}.png" for number in repeated]


def test_a_mended_file_costs_its_own_chunk_by_hand(
    packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "images", 2 * CHUNK)
    broken = tmp_path / "images" / "i3.png"
    content = broken.read_bytes()
    broken.write_bytes(content[:-1])
    assert list(packer(2 * CHUNK).faults) == [3]
    broken.write_bytes(content)
    names = reads_of(monkeypatch)
    packed = packer(2 * CHUNK)
    assert names == [f"i{number}.png" for number in range(CHUNK)]
    assert packed.faults == {} and packed.pixels[3].any()


def test_a_file_that_the_system_could_not_read_is_tried_again(
    packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "images", 2)
    with monkeypatch.context() as broken:

        def refuse(path: Path) -> bytes:
            raise OSError(5, "Input/output error", str(path))

        broken.setattr(Path, "read_bytes", refuse)
        assert packer(2).faults == dict.fromkeys((0, 1), "cannot be read (Input/output error)")
    assert packer(2).faults == {}


@pytest.mark.parametrize("changed", ["image_size", "gate", "age_years", "order"])
def test_another_request_is_another_pack(packer: Packer, tmp_path: Path, changed: str) -> None:
    write_pictures(tmp_path / "images", 2)
    packer(2)
    packer(
        2,
        **{
            "image_size": {"image_size": 5},
            "gate": {"gate": InputGate(smallest_side=33)},
            "age_years": {"studies": studies_of(2, age_years=np.array([50.0, 51.0]))},
            "order": {"rows": [1, 0]},
        }[changed],
    )
    assert len(list((tmp_path / "work").iterdir())) == 2


@pytest.mark.fault(51)
def test_two_processes_at_one_pack_are_refused(packer: Packer, tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", 2)

    said = []

    def meanwhile(*_: object) -> None:
        other = [sys.executable, "-c", packing(tmp_path, images=2)]
        said.append(subprocess.run(other, capture_output=True, text=True, cwd=ROOT, check=True).stdout)

    packer(2, progress=meanwhile)
    assert f"process {os.getpid()} is at work on it; wait until it is done" in said[0]


@pytest.mark.parametrize("call", ["posix_fallocate", "write"])
@pytest.mark.fault(48)
def test_a_full_disk_is_one_sentence_and_what_is_packed_is_kept(
    packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write_pictures(tmp_path / "images", 2 * CHUNK)
    whole = packer(2 * CHUNK).pixels
    bytes_whole = pixel_file(tmp_path).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        place = "os.posix_fallocate" if call == "posix_fallocate" else "model.data.pack.journal.Journal.add"
        disk.setattr(place, full)
        with pytest.raises(NotPossibleHereError, match=r"cannot be written \(No space left on device\)"):
            packer(2 * CHUNK, work=tmp_path / "full")
    assert call == "write" or not list((tmp_path / "full").glob("pack-*/pixels.npy"))
    np.testing.assert_array_equal(packer(2 * CHUNK, work=tmp_path / "full").pixels, whole)
    assert pixel_file(tmp_path, "full").read_bytes() == bytes_whole


@pytest.mark.fault(48)
def test_a_file_larger_than_allowed_is_one_sentence(packer: Packer, tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", 2)
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + packing(
        tmp_path, images=2, image_size=256
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "cannot be written (File too large); 2 packed images need 0.00 GB" in ended.stdout


@pytest.mark.fault(49)
def test_a_work_folder_that_is_a_file_is_one_sentence(packer: Packer, tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", 1)
    (tmp_path / "work").write_text("")
    with pytest.raises(NotPossibleHereError, match="cannot be written"):
        packer(1)


def packing(tmp_path: Path, *, images: int, image_size: int = 4) -> str:
    """A program that packs with two workers and prints each step, or the refusal."""
    return f"""
from pathlib import Path
from tests_of_pack import GATE, studies_of
from model.data.pack.pack import pack
from protocols.errors import SuiteError
from protocols.images.folder import ImageFolder
def told(stage, done, total, note=""):
    print(done, flush=True)
if __name__ == "__main__":
    try:
        pack(studies_of({images}), range({images}), ImageFolder(Path({str(tmp_path / "images")!r}), search=False),
             Path({str(tmp_path / "work")!r}), image_size={image_size}, gate=GATE, workers=2, progress=told)
    except SuiteError as error:
        print(error, flush=True)
""".replace("from tests_of_pack import GATE, studies_of", STUDIES)


STUDIES = """
from tests.records import studies
from protocols.schema.training import InputGate
GATE = InputGate(smallest_side=32)
def studies_of(images):
    return studies([f"i{number}" for number in range(images)], age_years=[50] * images)
"""


def children_of(process: int) -> list[int]:
    """Processes that this one started, but for the one that only keeps count of semaphores."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text()
            command = status.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{process}\n" in lines and b"spawn_main" in command:
            found.append(int(status.parent.name))
    return found


def alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(30_000):  # only a hang is a fault: a slow machine is none
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("what is waited for does not come about")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
@pytest.mark.parametrize("how", ["parent killed", "worker killed", "interrupted"])
@pytest.mark.fault(46, 50)
def test_what_ends_a_pack_leaves_nobody_and_goes_on_against_itself(
    packer: Packer, tmp_path: Path, how: str
) -> None:
    images = 20 * CHUNK
    write_pictures(tmp_path / "images", 1, side=500)
    for number in range(1, images):
        (tmp_path / "images" / f"i{number}.png").hardlink_to(tmp_path / "images" / "i0.png")
    program = tmp_path / "program.py"
    program.write_text(packing(tmp_path, images=images))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.readline()
        workers = children_of(running.pid)
        assert len(workers) == 2
        if how == "parent killed":
            running.kill()
        elif how == "worker killed":
            os.kill(workers[0], signal.SIGKILL)
        else:
            os.killpg(running.pid, signal.SIGINT)  # as Ctrl+C does
        said, errors = running.communicate(timeout=600)
    wait_until(lambda: not any(map(alive, workers)))
    if how == "worker killed":
        assert "a process that packs images was killed from outside" in said
        assert errors == ""
    if how == "interrupted":
        assert errors.count("KeyboardInterrupt") == 1
    steps: list[int] = []
    packed = packer(images, workers=1, progress=lambda stage, done, total, note="": steps.append(done))
    assert steps[0] == CHUNK and steps[-1] == images
    fresh = packer(images, workers=1, work=tmp_path / "fresh")
    assert pixel_file(tmp_path).read_bytes() == pixel_file(tmp_path, "fresh").read_bytes()
    assert packed.records == fresh.records
