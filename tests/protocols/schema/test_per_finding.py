"""A pattern of a protocol becomes one protocol a finding, and reads of several findings one reads table each."""

from importlib import resources
from pathlib import Path

import pytest

from protocols.cohorts.sources.nih_release import FINDINGS
from protocols.errors import BadInputError, ProtocolError
from protocols.schema.load import LoadedProtocol, parse_protocol
from protocols.schema.per_finding import protocol_of_finding, run_each
from protocols.storage.canonical import sha256_bytes
from protocols.storage.manifest import write_manifest
from protocols.storage.run_folder import RunFolder
from protocols.tables.checks import reads_from
from protocols.tables.column_mapping import reads_table
from tests.conftest import PROTOCOL_HEAD

PATTERN = PROTOCOL_HEAD.replace('id = "small"', 'id = "small-{finding}"').replace(
    'rule = "majority"', 'rule = "majority"\nfinding = "{finding}"'
)
READS = """image_id,reader_id,verdict,finding
a,R1,positive,Edema
a,R1,negative,Mass
b,R1,maybe,Mass
"""


def test_every_placeholder_is_replaced_by_hand() -> None:
    made = protocol_of_finding(PATTERN.encode(), "Edema", source="p.toml")
    assert (made.protocol.id, made.protocol.reference_standard.finding) == ("small-Edema", "Edema")
    assert made.content == PATTERN.replace("{finding}", "Edema").encode()
    assert made.sha256 == sha256_bytes(made.content)


@pytest.mark.parametrize("finding", ['a"b', "", "-a", "a\n", "{finding}", "ü"])
def test_other_characters_are_refused_by_hand(finding: str) -> None:
    with pytest.raises(BadInputError, match="a finding is named by letters"):
        protocol_of_finding(PATTERN.encode(), finding, source="p.toml")


def test_a_protocol_without_a_placeholder_is_refused_by_hand() -> None:
    with pytest.raises(BadInputError, match=r"p.toml: contains no \{finding\}, so every finding"):
        protocol_of_finding(PROTOCOL_HEAD.encode(), "Edema", source="p.toml")


def test_a_finding_that_breaks_the_id_is_told_by_hand() -> None:
    with pytest.raises(ProtocolError, match=r"p.toml \(No Finding\): id: should match"):
        protocol_of_finding(PATTERN.encode(), "No Finding", source="p.toml")


def reads_of(tmp_path: Path, text: str, finding: str | None) -> list[tuple[str, str]]:
    (tmp_path / "reads.csv").write_text(text)
    head = PATTERN.replace("{finding}", finding) if finding else PROTOCOL_HEAD
    protocol = parse_protocol(head.encode(), source="p.toml").protocol
    reads = reads_from(reads_table(tmp_path / "reads.csv", protocol).table)
    return list(zip(reads.image_id, reads.verdict, strict=True))


def test_reads_of_one_finding_count_by_hand(tmp_path: Path) -> None:
    assert reads_of(tmp_path, READS, "Edema") == [("a", "positive")]


def test_rows_keep_the_numbers_they_have_in_the_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"reads.csv, row 4: verdict is 'maybe'"):
        reads_of(tmp_path, READS, "Mass")


def test_a_single_finding_needs_no_name_by_hand(tmp_path: Path) -> None:
    of_one = "\n".join(READS.splitlines()[:2])
    assert reads_of(tmp_path, of_one, None) == [("a", "positive")]


@pytest.mark.parametrize(
    ("text", "finding", "sentence"),
    [
        (READS, None, r"has reads of 2 findings \('Edema', 'Mass'\); name one of them"),
        (READS, "Nodule", r"has no read of .* 'Nodule'; the file has reads of 'Edema', 'Mass'"),
        ("image_id,reader_id,verdict\na,R,positive\n", "Mass", "the file has no column 'finding'"),
        (
            READS + "a,R1,positive,Edema\n",
            "Edema",
            r"row 5: duplicate image_id 'a', reader_id 'R1', finding 'Edema'",
        ),
    ],
)
def test_refusals_of_reads_by_hand(tmp_path: Path, text: str, finding: str | None, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        reads_of(tmp_path, text, finding)


def test_hash_is_of_the_rows_that_count_against_itself(tmp_path: Path) -> None:
    def content(text: str) -> str:
        (tmp_path / "reads.csv").write_text(text)
        protocol = parse_protocol(PATTERN.replace("{finding}", "Edema").encode(), source="p.toml").protocol
        return (
            reads_table(tmp_path / "reads.csv", protocol)
            .identity(numeric=set(), further=set())
            .content_sha256
        )

    assert content(READS) == content(READS.replace("maybe", "positive"))
    assert content(READS) != content(READS.replace("a,R1,positive,Edema", "a,R1,negative,Edema"))


def test_the_librarys_pattern_is_sound_against_itself() -> None:
    pattern = (resources.files("protocols") / "library" / "nih-full.toml").read_bytes()
    made = protocol_of_finding(pattern, "Pleural_Thickening", source="nih-full.toml").protocol
    assert made.training and made.training.outputs == FINDINGS
    assert made.training.outputs[made.training.primary] == made.reference_standard.finding


def test_what_an_interrupted_call_finished_is_kept_by_hand(tmp_path: Path) -> None:
    made: list[str] = []

    def run(root: Path, loaded: LoadedProtocol) -> None:
        if root.name == "Mass" and not made.count("Mass"):
            made.append("Mass")
            raise KeyboardInterrupt
        made.append(root.name)
        root.mkdir(parents=True)
        RunFolder(root).protocol.write_bytes(loaded.content)
        write_manifest(root)

    def both() -> tuple[RunFolder, ...]:
        return run_each(tmp_path / "out", PATTERN.encode(), ["Edema", "Mass"], run, source="p.toml")

    with pytest.raises(KeyboardInterrupt):
        both()
    assert [folder.root.name for folder in both()] == ["Edema", "Mass"]
    assert made == ["Edema", "Mass", "Mass"]
    (tmp_path / "out" / "Edema" / "protocol.toml").write_text("another")
    with pytest.raises(BadInputError, match="Edema: is not empty"):
        both()


def test_a_finding_given_twice_is_refused_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="each can be given once; received Edema, Edema"):
        run_each(tmp_path, PATTERN.encode(), ["Edema", "Edema"], lambda *_: None, source="p.toml")
