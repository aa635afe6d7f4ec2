"""NIH's files in every published form, cut to a few rows that can be read by eye."""

import itertools
from pathlib import Path

import pytest

from protocols.cohorts.sources.nih_release import LABELS, find_images, read_entries, read_official_lists
from protocols.errors import BadInputError

ENTRY = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"
SPLIT_HEADER = ENTRY + ",OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
BINARY = "Image," + ",".join(LABELS[:14]) + ",PatientId"


def written(folder: Path, *rows: str) -> Path:
    path = folder / "entries.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (SPLIT_HEADER, "x.png,Edema|Mass,3,13,60,M,AP,2682,2749,0.143,0.143"),  # as published in 2020
        (
            SPLIT_HEADER + ",",
            "x.png,Edema|Mass,3,13,060Y,M,AP,2682,2749,0.143,0.143,",
        ),  # as published in 2017
        (
            ENTRY + ',"OriginalImage[Width,Height]","OriginalImagePixelSpacing[x,y]"',
            'x.png,Edema|Mass,3,13,60,M,AP,"2682,2749","0.143,0.143"',
        ),  # as a spreadsheet mends it
        (
            ENTRY
            + ",OriginalImageWidth,OriginalImageHeight,OriginalImagePixelSpacing_x,OriginalImagePixelSpacing_y",
            "x.png,Edema|Mass,3,13,060Y,M,AP,2682,2749,0.143,0.143",
        ),  # the sample set
        (SPLIT_HEADER.replace("Gender", "Sex"), "x.png,Edema|Mass,3,13,60,M,AP,2682,2749,0.143,0.143"),
        (ENTRY, "x.png,Mass|Edema,3,13,60,M,AP"),  # other order, no acquisition columns
    ],
)
def test_forms_of_the_image_list_by_hand(tmp_path: Path, header: str, row: str) -> None:
    entries = read_entries(written(tmp_path, header, row))
    assert entries.studies.to_dict("records") == [
        {"image_id": "x.png", "patient_id": "13", "age_years": "60", "sex": "M", "view": "AP"}
    ]
    assert {name for name, marks in entries.findings.items() if list(marks) == ["1"]} == {"Edema", "Mass"}


def test_every_label_has_its_column_by_hand(tmp_path: Path) -> None:
    rows = [f"{name}.png,{name},0,{place},50,F,PA" for place, name in enumerate(LABELS)]
    findings = read_entries(written(tmp_path, ENTRY, *rows)).findings
    assert tuple(findings) == LABELS
    assert all(
        (findings[column][row] == "1") == (column == name)
        for (row, name), column in itertools.product(enumerate(LABELS), LABELS)
    )


@pytest.mark.parametrize(
    ("age", "years"),
    [("060Y", "60"), ("013M", "1.0833333333333333"), ("001D", "0.0027378507871321013"), ("148", "148")],
)
def test_ages_of_the_sample_set_by_hand(tmp_path: Path, age: str, years: str) -> None:
    entries = read_entries(written(tmp_path, ENTRY, f"x.png,Edema,0,1,{age},F,PA"))
    assert list(entries.studies["age_years"]) == [years]


@pytest.mark.parametrize(
    ("marks", "no_finding"),
    [
        ("0,0,0,0,0,0,0,0,0,0,0,0,0,0", "1"),
        ("0,0,0,0,0,0,0,0,0,0,0,0,1,0", "0"),
        ("0,0,0,0,0,0,0,0,0,0,0,0,0,", ""),  # one unknown and none there
        (",,,,,,,,,,,,1,", "0"),
    ],
)
def test_binary_tables_by_hand(tmp_path: Path, marks: str, no_finding: str) -> None:
    entries = read_entries(written(tmp_path, BINARY, f"x.png,{marks},13"))
    assert list(entries.findings["No Finding"]) == [no_finding]
    assert entries.studies.to_numpy().tolist() == [["x.png", "13", "", "", ""]]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            ["a,b", "1,2"],
            r"entries\.csv: is neither Data_Entry_2017 \(columns 'Finding Labels', .* it has 'a', 'b'\.",
        ),
        (
            [ENTRY, "x.png,Pneumonitis,0,1,50,F,PA"],
            r"row 2: finding 'Pneumonitis' is not NIH's; those are 'Atelectasis', ",
        ),
        ([ENTRY, "x.png,,0,1,50,F,PA"], r"row 2: finding '' is not NIH's"),
        ([ENTRY, "x.png,Edema|Flu,0,1,50,F,PA"], r"row 2: finding 'Flu' is not NIH's"),
        ([ENTRY, "x,Edema,0,1,50,F,PA", "x,Edema,0,1,50,F,PA"], r"row 3: duplicate image_id 'x'"),
        ([ENTRY, "x,Edema,0,,50,F,PA"], r"row 2: patient_id is empty"),
        (
            [ENTRY.replace("Gender", "Sexe"), "x,Edema,0,1,50,F,PA"],
            r"a column 'Patient Gender' or 'Patient Sex' is missing",
        ),
        (
            [SPLIT_HEADER, "x,Edema,0,1,50,F,PA,2682,2749,0.1,0.1,"],
            r"row 2: has 12 fields; the header has 11",
        ),
        (
            [BINARY.replace("Hernia,", ""), "x,0,0,0,0,0,0,0,0,0,0,0,0,0,1"],
            r"the column of finding 'Hernia' is missing",
        ),
        ([BINARY, "x,2,0,0,0,0,0,0,0,0,0,0,0,0,0,1"], r"row 2: Atelectasis is '2'; a label is 1, 0 or empty"),
    ],
)
def test_entry_refusals_by_hand(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_entries(written(tmp_path, *rows))


def lists(folder: Path, train_val: bytes, test: bytes) -> tuple[Path, Path]:
    (folder / "train_val_list.txt").write_bytes(train_val)
    (folder / "test_list.txt").write_bytes(test)
    return folder / "train_val_list.txt", folder / "test_list.txt"


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b" \n\n"])
def test_official_lists_by_hand(tmp_path: Path, line: bytes) -> None:
    split = read_official_lists(*lists(tmp_path, b"a.png" + line + b"b.png", b"c.png" + line))
    assert split == {"a.png": "train", "b.png": "train", "c.png": "test"}


def test_one_official_list_alone_by_hand(tmp_path: Path) -> None:
    assert read_official_lists(None, lists(tmp_path, b"a", b"c")[1]) == {"c": "test"}
    assert read_official_lists(None, None) == {}


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (b"c.png\na.png\n", r"test_list\.txt: image 'a\.png' is in the other official list too"),
        (b"\n\n", r"test_list\.txt: names no image"),
        (b"\xff\xfea", r"test_list\.txt: is not UTF-8 text \(byte 0\)"),
    ],
)
def test_list_refusals_by_hand(tmp_path: Path, test: bytes, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_official_lists(*lists(tmp_path, b"a.png\nb.png\n", test))


def test_a_list_that_is_not_there_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.txt: cannot be read \(No such file or directory\)\."):
        read_official_lists(tmp_path / "absent.txt", None)


@pytest.mark.parametrize(
    "places",
    [
        ["a.png", "b.png"],  # one folder
        ["images/a.png", "images/b.png"],  # the sample set
        ["images_001/images/a.png", "images_012/images/b.png"],  # NIH's archives, unpacked
        ["images_001/a.png", "images_002/b.png"],
    ],
)
def test_image_folders_by_hand(tmp_path: Path, places: list[str]) -> None:
    for place in (*places, "images_001/.DS_Store", "images_002/.DS_Store", "other/c.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    found = find_images(tmp_path, ["a.png", "b.png", "c.png"])
    assert found == {Path(place).name: tmp_path / place for place in places}


def test_one_image_in_two_folders_by_hand(tmp_path: Path) -> None:
    for part in ("images_001", "images_002"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.png").touch()
    with pytest.raises(
        BadInputError, match=r"images_002/a\.png: is in .*images_001 too; keep one of the two\."
    ):
        find_images(tmp_path, ["a.png"])


def test_no_image_folder_by_hand(tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=r"absent: is not a folder; give the one that contains the images"
    ):
        find_images(tmp_path / "absent", ["a.png"])
