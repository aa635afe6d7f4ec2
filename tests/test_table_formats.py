"""Tables as sites send them, at the command line: semicolons, workbooks, narrow numbers, one table for all three."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]
Rows = list[list[str]]
KINDS = ("studies", "reads", "predictions")
NUMBERS = ("age_years", "score")


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",", first: str = "") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(first)
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def with_commas(rows: Rows) -> Rows:
    header, *body = rows
    return [
        header,
        *[
            [c.replace(".", ",") if n in NUMBERS else c for n, c in zip(header, row, strict=True)]
            for row in body
        ],
    ]


def to_workbook(path: Path, sheets: dict[str, Rows]) -> Path:
    """Numbers as numbers, everything else as text."""
    book = openpyxl.Workbook()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            cells = zip(rows[0], row, strict=True)
            sheet.append([float(c) if n in NUMBERS and c not in ("", n) else c for n, c in cells])
    del book["Sheet"]
    book.save(path)
    return path


def of_study(study: Study) -> dict[str, Rows]:
    return {kind: rows_of(getattr(study, kind)) for kind in KINDS}


def add_to_protocol(study: Study, text: str) -> None:
    study.protocol.write_text(study.protocol.read_text("utf-8") + text, "utf-8")


def results_of(command: Command, out: Path, *arguments: object) -> dict[str, Any]:
    ended = command(*arguments, "--out", out)
    assert ended.code in (0, 1), ended.err
    found: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return found


def plain(command: Command, study: Study) -> dict[str, Any]:
    return results_of(command, study.folder / "plain", *study.arguments)


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether everything but the identity of files and protocol, and the counts of what was dropped, is the same."""
    apart = {"inputs", "protocol", "input_account"}
    content = [
        [one["inputs"][kind]["content_sha256"] for kind in ("studies", "predictions")]
        for one in (found, expected)
    ]
    trimmed = [{key: value for key, value in one.items() if key not in apart} for one in (found, expected)]
    return content[0] == content[1] and trimmed[0] == trimmed[1]


def refused(command: Command, study: Study, sentence: str, *arguments: object) -> None:
    ended = command(*(arguments or study.arguments), "--out", study.folder / "out")
    assert (ended.code, sentence in ended.err) == (2, True), ended.err
    assert not (study.folder / "out").exists()


# --- delimiters and decimal commas -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delimiter", "first", "key"),
    [(";", "", ";"), (";", "sep=;\r\n", ";"), ("\t", "", "\\t"), ("|", "\ufeff", "|"), (",", "", ",")],
)
def test_a_site_with_another_format_gets_the_same_results(
    command: Command, study: Study, delimiter: str, first: str, key: str
) -> None:
    expected = plain(command, study)
    for kind, rows in of_study(study).items():
        write_rows(getattr(study, kind), with_commas(rows), delimiter, first)
        add_to_protocol(study, f'[format.{kind}]\ndelimiter = "{key}"\ndecimal = ","\n')
    found = results_of(command, study.folder / "out", *study.arguments)
    assert same(found, expected)
    rerun = command("rerun", study.folder / "out", "--level", 1, "--independent")
    assert (rerun.code, "results.json: identical to the byte" in rerun.out) == (0, True), rerun.out


@pytest.mark.parametrize("kind", KINDS)
def test_another_delimiter_is_refused_with_the_key_of_its_table(
    command: Command, study: Study, kind: str
) -> None:
    write_rows(getattr(study, kind), with_commas(of_study(study)[kind]), ";")
    decimal = ' and decimal = ","' if kind == "predictions" else ""
    refused(
        command, study, f'semicolons, not by commas; write [format.{kind}] delimiter = ";"{decimal} in the'
    )


def test_a_decimal_comma_that_nobody_promised_is_refused_with_the_key(command: Command, study: Study) -> None:
    write_rows(study.predictions, with_commas(of_study(study)["predictions"]))
    refused(command, study, 'has a decimal comma; write [format.predictions] decimal = "," in the protocol.')
    write_rows(study.predictions, with_commas(rows_of(study.predictions)), ";")
    add_to_protocol(study, '[format.predictions]\ndelimiter = ";"\n')
    refused(command, study, 'has a decimal comma; write [format.predictions] decimal = "," in the protocol.')


def test_a_point_where_commas_are_promised_is_no_number(command: Command, study: Study) -> None:
    write_rows(study.predictions, of_study(study)["predictions"], ";")
    add_to_protocol(study, '[format.predictions]\ndelimiter = ";"\ndecimal = ","\n')
    refused(command, study, '[format.predictions] decimal = "," is set, and the file has a point.')


def test_identifiers_keep_their_commas_and_points(command: Command, study: Study) -> None:
    expected = plain(command, study)
    for kind, rows in of_study(study).items():
        named = [
            [row[0].replace("i000", "1.2").replace("i001", "1,2"), *row[1:]] for row in with_commas(rows)
        ]
        write_rows(getattr(study, kind), named, ";")
        add_to_protocol(study, f'[format.{kind}]\ndelimiter = ";"\ndecimal = ","\n')
    found = results_of(command, study.folder / "out", *study.arguments)
    assert found["estimates"] == expected["estimates"]
    listed = rows_of(study.folder / "out" / "line_listing.csv")
    assert [row[0] for row in listed[1:3]] == ["1,2", "1.2"]


# --- what spreadsheets leave ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: [[*row, "", ""] for row in rows],
        lambda rows: [*rows, *[[""] * len(rows[0])] * 3],
        lambda rows: [["", *row] for row in [rows[0], [""] * len(rows[0]), *rows[1:]]],
        lambda rows: [[" "], *rows, ["\u00a0"] * len(rows[0])],
    ],
    ids=["columns", "rows", "both", "white space"],
)
def test_empty_rows_and_columns_change_nothing_but_their_counts(
    command: Command, study: Study, spoil: Callable[[Rows], Rows]
) -> None:
    expected = plain(command, study)
    for kind, rows in of_study(study).items():
        write_rows(getattr(study, kind), spoil(rows))
    assert same(results_of(command, study.folder / "out", *study.arguments), expected)


# --- workbooks and narrow numbers ----------------------------------------------------------------------


def test_workbooks_say_the_same_and_rerun_as_they_were_given(command: Command, study: Study) -> None:
    expected = plain(command, study)
    books = {
        kind: to_workbook(study.folder / f"{kind}.xlsx", {kind: rows})
        for kind, rows in of_study(study).items()
    }
    options = [word for kind, path in books.items() for word in (f"--{kind}", path)]
    out = study.folder / "out"
    found = results_of(command, out, "validate", study.protocol, *options)
    assert found["estimates"] == expected["estimates"]
    assert (out / "inputs" / "studies.xlsx").read_bytes() == books["studies"].read_bytes()
    assert command("rerun", out, "--level", 1, "--independent").code == 0


@pytest.mark.parametrize("kind", [pa.float32(), pa.float16(), pa.float64(), "workbook"])
def test_scores_at_the_threshold_are_positive_in_every_file(
    command: Command, study: Study, kind: Any
) -> None:
    header, *rows = of_study(study)["predictions"]
    scores = ["0.7" if float(score) > 0.5 else "0.2" for _, score in rows]
    ids = [image for image, _ in rows]
    study.protocol.write_text(study.protocol.read_text("utf-8").replace("threshold = 0.5", "threshold = 0.7"))
    write_rows(study.predictions, [header, *zip(ids, scores, strict=True)])
    expected = plain(command, study)
    if kind == "workbook":
        other = to_workbook(
            study.folder / "p.xlsx", {"p": [header, *map(list, zip(ids, scores, strict=True))]}
        )
    else:
        other = study.folder / "p.parquet"
        pq.write_table(pa.table({"image_id": ids, "score": pa.array(map(float, scores), kind)}), other)
    found = results_of(command, study.folder / "out", *study.arguments[:-1], other)
    assert same(found, expected)
    assert next(row["value"] for row in found["estimates"] if row["metric"] == "sensitivity") > 0.5


def test_a_workbook_with_notes_needs_its_sheet_named(command: Command, study: Study) -> None:
    notes = [["by"], ["A. Example"]]
    book = to_workbook(study.folder / "s.xlsx", {"data": of_study(study)["studies"], "notes": notes})
    refused(command, study, "has 2 sheets that are not empty ('data', 'notes')", "cohort", "table", book)
    refused(command, study, "has no sheet 'Data'", "cohort", "table", book, "--sheet", "Data")
    out = study.folder / "cohort"
    assert command("cohort", "table", book, "--sheet", "data", "--out", out).code == 0
    assert rows_of(out / "studies.csv") == of_study(study)["studies"]
    sentence = "--sheet names a sheet of a workbook, and none of these files ends in .xlsx."
    refused(command, study, sentence, "cohort", "table", study.studies, "--sheet", "data")


# --- one table for all three -----------------------------------------------------------------------------


def one_table(study: Study, ending: str = ".csv") -> Path:
    """Studies with a truth, the majority of the readers, and a score; the readers' table is not needed any more."""
    tables = of_study(study)
    truth = {image: verdict for image, _, verdict in tables["reads"][1:]}
    score = dict(tables["predictions"][1:])
    header, *studies = tables["studies"]
    rows = [[*header, "verdict", "score"], *[[*row, truth[row[0]], score[row[0]]] for row in studies]]
    if ending == ".xlsx":
        return to_workbook(study.folder / "all.xlsx", {"all": rows})
    return write_rows(study.folder / "all.csv", rows)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_one_table_stands_for_all_three(command: Command, study: Study, ending: str) -> None:
    expected = plain(command, study)
    table, out = one_table(study, ending), study.folder / "out"
    found = results_of(command, out, "validate", study.protocol, "--table", table)
    assert found["estimates"] == expected["estimates"]
    assert found["reference_standard"]["readers"] == ["consensus"]
    assert len({found["inputs"][kind]["file_sha256"] for kind in KINDS}) == 1
    assert [path.name for path in (out / "inputs").iterdir()] == [f"table{ending}"]
    assert (out / "inputs" / f"table{ending}").read_bytes() == table.read_bytes()
    rerun = command("rerun", out, "--level", 1, "--independent")
    assert (rerun.code, "results.json: identical to the byte" in rerun.out) == (0, True), rerun.out


def test_one_table_without_truth_or_score_here_and_there(command: Command, study: Study) -> None:
    table = one_table(study)
    rows = rows_of(table)
    rows[1][-2], rows[2][-1] = "", ""
    found = results_of(
        command, study.folder / "out", "validate", study.protocol, "--table", write_rows(table, rows)
    )
    flow = {step["step"]: step["images"] for step in found["flow"]}
    assert (flow["no_reference"], flow["not_processed"], flow["analysed"]) == (1, 1, 119)
    assert command("rerun", study.folder / "out", "--level", 1, "--independent").code == 0


@pytest.mark.slow
def test_one_table_is_bundled_and_verified(command: Command, study: Study, keys: Path) -> None:
    run, bundle = study.folder / "out", study.folder / "bundle"
    results_of(command, run, "validate", study.protocol, "--table", one_table(study))
    assert command("report", run).code == 0
    made = command("bundle", run, "--out", bundle, "--key", keys / "private.pem")
    assert made.code == 0, made.err
    verified = command("verify", bundle, "--pubkey", keys / "public.pem")
    assert verified.code == 0, verified.out
    assert command("rerun", bundle, "--level", 1, "--pubkey", keys / "public.pem").code == 0


def test_one_table_is_locked_and_looked_at(command: Command, study: Study) -> None:
    study.protocol.write_text(
        study.protocol.read_text("utf-8").replace("version = 1", 'version = 1\nstage = "confirmatory"')
    )
    table = one_table(study)
    rows = rows_of(table)
    rows[1][-2] = ""  # an image that nobody read
    write_rows(table, rows)
    assert command("lock", study.protocol, "--table", table).code == 0
    found = results_of(command, study.folder / "out", "validate", study.protocol, "--table", table)
    assert found["verdict"] in ("pass", "fail", "inconclusive")


@pytest.mark.parametrize("further", ["--studies", "--reads", "--predictions", "--cohort"])
def test_one_table_stands_alone(command: Command, study: Study, further: str) -> None:
    given = ["validate", study.protocol, "--table", one_table(study), further, study.studies]
    refused(command, study, "give --cohort, or both --studies and --reads, or --table alone.", *given)
    if further != "--predictions":
        ended = command("lock", *given[1:])
        assert (ended.code, "or --table alone." in ended.err) == (2, True)


def test_scores_are_needed(command: Command, study: Study) -> None:
    sentence = "give --predictions, or --table for one table that has them."
    refused(command, study, sentence, *study.arguments[:-2])


# --- labels and the columns of a site, by `cohort table` -------------------------------------------------


def cohort(command: Command, study: Study, *options: object) -> tuple[Outcome, Path]:
    out = study.folder / "cohort"
    return command("cohort", "table", study.studies, *options, "--out", out), out


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "narrow"])
def test_labels_of_data_frames_with_gaps_are_read(command: Command, study: Study, ending: str) -> None:
    cells = ["1.0", "0.0", "", "1.0"]
    ids = [f"i{number:03}" for number in range(4)]
    path = study.folder / f"labels.{ending.replace('narrow', 'parquet')}"
    if ending == "csv":
        write_rows(path, [["image_id", "Pneumonia"], *zip(ids, cells, strict=True)])
    elif ending == "xlsx":
        book = openpyxl.Workbook()
        for row in [
            ["image_id", "Pneumonia"],
            *zip(ids, [float(c) if c else None for c in cells], strict=True),
        ]:
            book.active.append(row)
        book.save(path)
    else:
        kind = pa.float32() if ending == "narrow" else pa.float64()
        values = pa.array([float(cell) if cell else None for cell in cells], kind)
        pq.write_table(pa.table({"image_id": ids, "Pneumonia": values}), path)
    ended, out = cohort(command, study, "--labels", path)
    assert ended.code == 0, ended.err
    read = [[image, cell and str(int(float(cell)))] for image, cell in rows_of(out / "labels.csv")[1:]]
    assert read == [["i000", "1"], ["i001", "0"], ["i002", ""], ["i003", "1"]]


@pytest.mark.parametrize(
    ("finding", "word", "delimiter", "keys"),
    [
        (
            "Pneumonia",
            "-1.0",
            ",",
            '[values.Pneumonia] "-1.0" = "" (or "1" or "0") and [columns.labels] Pneumonia = "Pneumonia"',
        ),
        ("Pneumonia", "-1", ",", '[values.Pneumonia] "-1" = ""'),
        ("Pneumonia", "-1,0", ";", '[values.Pneumonia] "-1.0" = ""'),
        ("Pleural Effusion", "uncertain", ",", '[values."Pleural Effusion"] "uncertain" = ""'),
    ],
)
def test_a_label_of_doubt_is_refused_with_the_remedy_which_works(
    command: Command, study: Study, finding: str, word: str, delimiter: str, keys: str
) -> None:
    rows = [["image_id", finding], ["i000", "1"], ["i001", word]]
    labels = write_rows(study.folder / "labels.csv", rows, delimiter)
    options = ["--labels", labels, "--protocol", study.protocol]
    if delimiter == ";":
        add_to_protocol(study, '[format.labels]\ndelimiter = ";"\ndecimal = ","\n')
    ended, _ = cohort(command, study, *options)
    assert ended.code == 2
    assert f"labels.csv, row 3: {finding} is " in ended.err and keys in ended.err
    add_to_protocol(
        study, f'[columns.labels]\n"{finding}" = "{finding}"\n[values."{finding}"]\n"{word}" = ""\n'
    )
    ended, out = cohort(command, study, *options)
    assert ended.code == 0, ended.err
    assert rows_of(out / "labels.csv") == [["image_id", finding], ["i000", "1"], ["i001", ""]]


def test_values_of_a_column_that_no_table_has_are_still_told(command: Command, study: Study) -> None:
    add_to_protocol(study, '[values.Pneumonai]\n"-1.0" = ""\n')
    ended, _ = cohort(command, study, "--protocol", study.protocol)
    assert (ended.code, "values.Pneumonai: no table has a column 'Pneumonai'" in ended.err) == (2, True)


def test_a_protocol_maps_the_tables_of_a_cohort(command: Command, study: Study) -> None:
    _, *rows = of_study(study)["studies"]
    words = {"F": "weiblich", "M": "männlich"}
    sent = [
        ["Accession", "MRN", "Alter", "Geschlecht", "view", "bmi", "site"],
        *[[a, p, f"{age},5", words[sex], view, "23,4", "1,2"] for a, p, age, sex, view in rows],
    ]
    write_rows(study.studies, sent, ";")
    reads = [[image, reader, f" {verdict}\u00a0"] for image, reader, verdict in of_study(study)["reads"]]
    write_rows(study.reads, [["Accession", "reader_id", "verdict"], *reads[1:]])
    add_to_protocol(
        study,
        '[columns.studies]\nimage_id = "Accession"\npatient_id = "MRN"\nage_years = "Alter"\nsex = "Geschlecht"\n'
        '[columns.reads]\nimage_id = "Accession"\n[values.sex]\nweiblich = "F"\n"männlich" = "M"\n'
        '[format.studies]\ndelimiter = ";"\ndecimal = ","\n',
    )
    ended, out = cohort(command, study, "--reads", study.reads, "--protocol", study.protocol)
    assert ended.code == 0, ended.err
    written = [
        dict(zip(table[0], row, strict=True)) for table in [rows_of(out / "studies.csv")] for row in table[1:]
    ]
    first = {"image_id": "i000", "patient_id": "p00", "age_years": "10.5", "sex": "M", "view": "PA"}
    assert written[0] == first | {"bmi": "23.4", "site": "1,2"}
    assert rows_of(out / "reads.csv")[1] == ["R1", "positive", "i000"]
    assert "notice: reads: white space removed" in ended.out


@pytest.mark.parametrize("delimiter", [";", "tab", "|"])
def test_the_format_on_the_command_line(command: Command, study: Study, delimiter: str) -> None:
    header, *rows = of_study(study)["studies"]
    sent = [header, *[[*row[:2], f"{row[2]},25", *row[3:]] for row in rows]]
    mark = {"tab": "\t"}.get(delimiter, delimiter)
    write_rows(study.studies, sent, mark)
    within = write_rows(study.folder / "within.csv", [["image_id", "x"], ["i000 ", "1"], ["i001", "2"]], mark)
    options = ["--delimiter", delimiter, "--decimal", ",", "--within", within]
    ended, out = cohort(command, study, *options)
    assert ended.code == 0, ended.err
    assert rows_of(out / "studies.csv") == [
        header,
        [*rows[0][:2], "10.25", *rows[0][3:]],
        [*rows[1][:2], "10.25", *rows[1][3:]],
    ]
