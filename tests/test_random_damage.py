"""Tables and protocols damaged at random: whatever they hold, the suite answers, or refuses and writes nothing."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]
Damage = Callable[[random.Random, bytes], bytes]
FAST, ALL = 20, 150
WORDS = (
    *(
        "",
        " ",
        "NA",
        "nan",
        "inf",
        "-1",
        "0",
        "1",
        "1e400",
        "5e-324",
        "0x10",
        "1_0",
        "٣",
        "411",
        "060Y",
        "[]",
        "*",
    ),
    *(
        "=1+1",
        '"',
        "'",
        "\n",
        "\r",
        "\t",
        "\0",
        "\x1b[31m",
        "\ufeff",
        "\u202e",
        "\u2028",
        "\U0001fac1",
        "e\u0301",
    ),
    *(
        "<b>",
        "{{7*7}}",
        "%s",
        "../../x",
        "F,PA",
        "unknown",
        "overall",
        "positive",
        "POSITIVE",
        "i000",
        "p00",
        "a" * 300,
    ),
)
VALUES = (
    *(
        "nan",
        "inf",
        "-1",
        "0",
        "1.0",
        "[]",
        "{}",
        '""',
        "true",
        "1e9",
        "2020-01-01",
        "[[1]]",
        '"*"',
        "99999999999999999999",
    ),
    *(
        '"f1"',
        '"auroc"',
        '"upper"',
        '"estimate"',
        '"patient"',
        '"unanimous"',
        '"at_least:2"',
        '"adjudicated:R1"',
        '"any"',
    ),
    *(
        '"view"',
        '"site"',
        '"text_mined"',
        '"single_reader"',
        '{axis = "sex", level = "*"}',
        '{axis = "sex", level = "O"}',
    ),
)


def other_bytes(chance: random.Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 1, 3, 10])):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.choice([0, 1, 1, 20])] = chance.randbytes(chance.choice([0, 1, 1, 4]))
    return bytes(damaged)


def other_cell(chance: random.Random, content: bytes) -> bytes:
    lines = content.decode().split("\n")
    row = chance.randrange(len(lines))
    cells = lines[row].split(",")
    cells[chance.randrange(len(cells))] = chance.choice(WORDS)
    lines[row] = ",".join(cells)
    return "\n".join(lines).encode()


def other_column(chance: random.Random, content: bytes) -> bytes:
    header, *rows = [line.split(",") for line in content.decode().splitlines()]
    place, word = chance.randrange(len(header)), chance.choice(WORDS)
    for row in rows:
        row[place] = word
    return "\n".join(",".join(row) for row in [header, *rows]).encode()


def other_rows(chance: random.Random, content: bytes) -> bytes:
    header, *rows = content.splitlines(keepends=True)
    chance.shuffle(rows)
    return header + b"".join(rows[: chance.choice([0, 1, 2, 40, 119])] + rows[: chance.choice([0, 0, 0, 1])])


def other_order(chance: random.Random, content: bytes) -> bytes:
    rows = [line.split(",") for line in content.decode().splitlines()]
    order = chance.sample(range(len(rows[0])), chance.choice([len(rows[0]), len(rows[0]), len(rows[0]) - 1]))
    return "\n".join(",".join(row[place] for place in order) for row in rows).encode()


def other_line(chance: random.Random, content: bytes) -> bytes:
    """Of a protocol: a line twice, a line less, or another value."""
    lines = content.decode().splitlines()
    place = chance.randrange(len(lines))
    kind = chance.choice(["twice", "less", "value", "value", "value"])
    if kind == "twice":
        lines.insert(chance.randrange(len(lines)), lines[place])
    elif kind == "less":
        del lines[place]
    else:
        place = chance.choice([number for number, line in enumerate(lines) if " = " in line])
        lines[place] = f"{lines[place].partition(' = ')[0]} = {chance.choice(VALUES)}"
    return "\n".join(lines).encode()


def packed(chance: random.Random, content: bytes) -> bytes:
    """As gzip, cut or changed as often as whole."""
    whole = gzip.compress(content, mtime=0)
    return chance.choice(
        [whole, whole + whole, whole[: chance.randrange(len(whole))], other_bytes(chance, whole)]
    )


OF_TABLES: tuple[Damage, ...] = (
    other_bytes,
    other_cell,
    other_cell,
    other_column,
    other_rows,
    other_order,
    packed,
)
OF_PROTOCOLS: tuple[Damage, ...] = (other_bytes, other_line, other_line, other_line)


def damage(chance: random.Random, study: Study) -> list[object]:
    """One to three damages of a study's files; the arguments that validate it or make a cohort of it."""
    tables = {"studies": study.studies, "reads": study.reads, "predictions": study.predictions}
    for _ in range(chance.choice([1, 1, 2, 3])):
        name = chance.choice([*tables, "protocol"])
        path = tables.get(name, study.protocol)
        kind = chance.choice(OF_PROTOCOLS if name == "protocol" else OF_TABLES)
        try:
            damaged = kind(chance, path.read_bytes())
        except (UnicodeDecodeError, IndexError, ValueError):
            continue  # damaged beyond what this one takes
        if kind is packed and path.suffix == ".csv":
            tables[name] = path = path.with_name(f"{path.name}.gz")
        path.write_bytes(damaged)
    options = [part for name, path in tables.items() for part in (f"--{name}", path)]
    if chance.random() < 0.25:
        return ["cohort", "table", tables["studies"], "--reads", tables["reads"]]
    return ["validate", study.protocol, *options]


def cases() -> list[object]:
    return [
        pytest.param(range(start, start + 10), marks=[] if start < FAST else [pytest.mark.slow])
        for start in range(0, ALL, 10)
    ]


@pytest.mark.parametrize("seeds", cases(), ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_every_damage_is_answered_or_refused_and_nothing_written(
    command: Command, study: Study, seeds: range
) -> None:
    sound = {path: path.read_bytes() for path in study.folder.iterdir()}
    for seed in seeds:
        for path in study.folder.iterdir():
            if path not in sound and path.is_file():
                path.unlink()
        for path, content in sound.items():
            path.write_bytes(content)
        arguments = damage(random.Random(seed), study)
        before = sorted(study.folder.rglob("*"))
        out: Path = study.folder / f"out{seed}"
        ended = command(*arguments, "--out", out)
        assert ended.code in (0, 1, 2), (seed, ended.err)
        assert "Traceback" not in ended.err, seed
        if ended.code == 2:
            assert sorted(study.folder.rglob("*")) == before, seed
            last = [line for line in ended.err.splitlines() if line.startswith("cxr510k: ")]
            assert len(last) == 1, (seed, ended.err)
        else:
            assert (out / ("studies.csv" if arguments[0] == "cohort" else "results.json")).is_file(), seed
