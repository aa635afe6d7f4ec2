"""images.csv of a bundle: what stands of an image that is there, damaged, missing, moved or another."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.images_csv import (
    COLUMNS,
    NOT_AT_HAND,
    OTHER_PIXELS,
    FoundImage,
    ListedImages,
    found_images,
    listing_text,
    read_listing,
    recorded_images,
)
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.images.hashes import ImageRecord, Inventory, record_of
from protocols.progress import silent
from protocols.storage.canonical import sha256_bytes, sha256_file
from protocols.tables.checks import studies_from
from protocols.tables.reading import parse_table
from protocols.tables.records import Studies
from tests.small_run import draw


def studies_of(*rows: str) -> Studies:
    """Studies of ``image_id,patient_id,split,image_path``."""
    lines = ["image_id,patient_id,split,image_path,age_years,sex,view", *(f"{row},,," for row in rows)]
    return studies_from(parse_table(Path("studies.csv"), "\n".join(lines).encode()))


def listed(
    studies: Studies, root: Path, scored: Inventory | None = None, *, search: bool = False
) -> tuple[FoundImage, ...]:
    images = ImageFolder(root, search=search)
    return found_images(studies, images, scored, bundled=True, workers=1, progress=silent)


def inventory_of(root: Path, *names: str) -> Inventory:
    return Inventory({name: record_of(read_image(root / f"{name}.png")) for name in names}, {})


def test_a_picture_by_its_file(tmp_path: Path) -> None:
    draw(tmp_path / "deep" / "a.png", 1)
    (found,) = listed(studies_of("a,p1,test,deep/a.png"), tmp_path)
    row, file = found.row, tmp_path / "deep" / "a.png"
    assert found.file == file
    assert (row.image_id, row.patient_id, row.split, row.image_path) == ("a", "p1", "test", "deep/a.png")
    assert (row.size, row.file_sha256) == (file.stat().st_size, sha256_file(file))
    assert row.pixels_sha256 == read_image(file).pixels_sha256
    assert (row.status, row.reason, row.bundled) == ("ok", "", True)


def test_rows_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    for shade, name in enumerate("abc"):
        draw(tmp_path / f"{name}.png", shade)
    rows = [f"{name},p,test,{name}.png" for name in "cab"]
    assert [found.row.image_id for found in listed(studies_of(*rows), tmp_path)] == ["a", "b", "c"]


def test_a_damaged_picture_has_its_reason_and_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"<html>")
    (found,) = listed(studies_of("a,p1,test,a.png"), tmp_path)
    assert found.row.status == "failed"
    assert found.row.reason == "is neither PNG, JPEG nor DICOM (it begins with b'<html>')"
    assert found.row.file_sha256 == sha256_bytes(b"<html>")
    assert (found.row.pixels_sha256, found.row.bundled) == ("", True)


def test_a_missing_picture_has_its_reason_alone(tmp_path: Path) -> None:
    (found,) = listed(studies_of("a,p1,test,a.png"), tmp_path)
    assert found.file is None
    assert (found.row.status, found.row.file_sha256, found.row.bundled) == ("failed", "", False)
    assert "there is no file 'a.png'" in found.row.reason


def test_a_missing_picture_that_was_scored_keeps_the_hashes_of_then(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    scored = inventory_of(tmp_path, "a")
    (tmp_path / "a.png").unlink()
    (found,) = listed(studies_of("a,p1,test,a.png"), tmp_path, scored)
    assert (found.row.status, found.row.file_sha256) == ("recorded", scored.records["a"].file_sha256)


def test_every_picture_that_is_not_the_one_that_was_scored_is_named(tmp_path: Path) -> None:
    for shade, name in enumerate("abc"):
        draw(tmp_path / f"{name}.png", shade)
    scored = inventory_of(tmp_path, "a", "b", "c")
    draw(tmp_path / "a.png", 7)
    (tmp_path / "c.png").write_bytes(b"")
    rows = [f"{name},p,test,{name}.png" for name in "abc"]
    with pytest.raises(EvidenceDiffersError) as told:
        listed(studies_of(*rows), tmp_path, scored)
    assert str(told.value).splitlines() == [
        "image 'a': is no longer the file that was scored.",
        "image 'c': is no longer the file that was scored.",
    ]


def test_other_pixels_of_the_same_file_are_told(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    record = record_of(read_image(tmp_path / "a.png"))
    then = ImageRecord(record.rows, record.columns, record.file_sha256, "0" * 64, record.likeness)
    (found,) = listed(studies_of("a,p1,test,a.png"), tmp_path, Inventory({"a": then}, {}))
    assert (found.row.status, found.row.reason) == ("ok", OTHER_PIXELS)
    assert found.row.pixels_sha256 == record.pixels_sha256


def test_a_moved_picture_is_listed_where_it_was_found(tmp_path: Path) -> None:
    draw(tmp_path / "new" / "a.png", 1)
    (found,) = listed(studies_of("a,p1,test,old/a.png"), tmp_path, search=True)
    assert found.row.image_path == "new/a.png"


def test_a_path_that_leads_up_stays_within_the_bundle(tmp_path: Path) -> None:
    draw(tmp_path / "pictures" / "a.png", 1)
    (tmp_path / "tables").mkdir()
    (found,) = listed(studies_of("a,p1,test,../pictures/a.png"), tmp_path / "tables")
    assert found.row.image_path == "a.png"


def test_paths_that_lead_up_keep_what_tells_them_apart(tmp_path: Path) -> None:
    for shade, name in enumerate(("p1/view.png", "p2/view.png")):
        draw(tmp_path / "far" / "away" / name, shade)
    (tmp_path / "tables").mkdir()
    rows = studies_of("a,p1,test,../far/away/p1/view.png", "b,p2,test,../far/away/p2/view.png")
    found = listed(rows, tmp_path / "tables")
    assert [one.row.image_path for one in found] == ["p1/view.png", "p2/view.png"]


def test_images_of_a_bundle_are_found_by_its_list(tmp_path: Path) -> None:
    for shade, name in enumerate(("p1/view.png", "p2/view.png")):
        draw(tmp_path / "far" / name, shade)
    (tmp_path / "tables").mkdir()
    rows = studies_of("a,p1,test,../far/p1/view.png", "b,p2,test,../far/p2/view.png", "c,p3,test,c.png")
    found = listed(rows, tmp_path / "tables")
    images = ListedImages(tmp_path / "far", [one.row for one in found])
    assert images.path_of("b", "../far/p2/view.png") == tmp_path / "far" / "p2" / "view.png"
    with pytest.raises(UndecodableImageError, match=r"there is no file 'c\.png'"):
        images.path_of("c", "c.png")


def test_two_pictures_cannot_lie_at_one_place(tmp_path: Path) -> None:
    draw(tmp_path / "pictures" / "a.png", 1)
    draw(tmp_path / "tables" / "a.png", 2)
    rows = studies_of("a,p1,test,../pictures/a.png", "b,p2,test,a.png")
    with pytest.raises(BadInputError, match=r"images 'a' and 'b': both would be at 'a\.png'"):
        listed(rows, tmp_path / "tables")


def test_two_ids_of_one_file_may(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    one, other = listed(studies_of("a,p1,test,a.png", "b,p1,test,a.png"), tmp_path)
    assert one.row.file_sha256 == other.row.file_sha256


def test_without_files_the_rows_are_those_of_the_scoring(tmp_path: Path) -> None:
    draw(tmp_path / "b.png", 1)
    scored = inventory_of(tmp_path, "b")
    (found,) = recorded_images(studies_of("a,p1,train,a.png", "b,p2,test,b.png"), scored)
    assert (found.row.image_id, found.row.patient_id, found.row.split) == ("b", "p2", "test")
    assert (found.row.status, found.row.reason, found.row.size) == ("recorded", NOT_AT_HAND, None)
    assert found.row.pixels_sha256 == scored.records["b"].pixels_sha256


def test_it_reads_what_it_writes_against_itself(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    found = listed(studies_of("a,p1,test,a.png", 'b,"p, 2",train,b.png'), tmp_path)
    rows = tuple(one.row for one in found)
    (tmp_path / "images.csv").write_text(listing_text(rows), encoding="utf-8")
    assert read_listing(tmp_path / "images.csv") == rows


def test_no_rows_are_read_as_none(tmp_path: Path) -> None:
    (tmp_path / "images.csv").write_text(listing_text(()), encoding="utf-8")
    assert read_listing(tmp_path / "images.csv") == ()


HEADER = ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("image_id\na\n", "is no images.csv of a bundle"),
        (HEADER + "a,p,test,a.png,x,,,ok,,no\n", "is no images.csv of a bundle"),
        (HEADER + "a,p,test,a.png,1,,,fine,,no\n", "is no images.csv of a bundle"),
        (HEADER + "a,p,test,a.png,01,,,ok,,no\n", "is not written as `bundle` writes it"),
        (HEADER + "a,p,test,a.png,1,,,ok,,maybe\n", "is not written as `bundle` writes it"),
        (HEADER + '"a",p,test,a.png,1,,,ok,,no\n', "is not written as `bundle` writes it"),
    ],
)
def test_another_table_is_told(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "images.csv").write_text(content, encoding="utf-8")
    with pytest.raises(EvidenceDiffersError, match=sentence):
        read_listing(tmp_path / "images.csv")
