"""A protocol file -> the protocol: what cannot be read, and all faults of a file at once."""

from pathlib import Path

import pytest

from protocols.errors import ProtocolError
from protocols.schema.load import load_protocol, parse_protocol
from protocols.storage.canonical import sha256_bytes

SMALLEST = """
schema = "cxr510k-protocol/1"
id = "smallest"
version = 1
title = "Nothing but what is required"
[claim]
type = "triage"
finding = "pneumonia"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
threshold = 0.5
source = "given by the manufacturer"
"""


def faults(content: bytes) -> list[str]:
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(content, source="p.toml")
    return refusal.value.faults


def test_smallest_protocol_has_the_contracts_defaults_by_hand() -> None:
    protocol = parse_protocol(SMALLEST.encode(), source="p.toml").protocol
    drawn, least = protocol.bootstrap, protocol.minimum
    assert (protocol.stage, protocol.analysis.unit) == ("exploratory", "image")
    assert (protocol.missing.indeterminate, protocol.missing.not_processed) == ("worst_case", "worst_case")
    assert (drawn.cluster, drawn.replicates, drawn.confidence_level, drawn.seed) == (
        "patient_id",
        10_000,
        0.95,
        510,
    )
    # The contract says bca; docs/decisions/0011 says why AUROC is decided otherwise.
    assert (protocol.decision.proportion, protocol.decision.other) == ("exact_clustered", "delong_newcombe")
    decision = protocol.decision
    assert (decision.of_pairs, decision.of_means, decision.bootstrap_alone) == (
        "mover",
        "jackknife_student",
        "bca",
    )
    assert (least.patients, least.positive_patients, least.negative_patients) == (30, 10, 10)


def test_the_hash_is_of_the_files_bytes_by_hand(tmp_path: Path) -> None:
    content = SMALLEST.replace("\n", "\r\n").encode()
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    loaded = load_protocol(path)
    assert (loaded.content, loaded.sha256) == (content, sha256_bytes(content))


def test_a_byte_order_mark_is_dropped_by_hand() -> None:
    assert parse_protocol(b"\xef\xbb\xbf" + SMALLEST.encode(), source="p.toml").protocol.id == "smallest"


def test_missing_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"absent\.toml: cannot be read \(No such file or directory\)\."):
        load_protocol(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"id = ", "p.toml: is not valid TOML (Invalid value"),
        (b'id = "a"\nid = "b"', "p.toml: is not valid TOML (Cannot overwrite a value"),
        (b"[claim]\n[claim]\n", "p.toml: is not valid TOML (Cannot declare"),
        (b"\x00\x01", "p.toml: is not valid TOML"),
        (b"\x89PNG\r\n", "p.toml: is not UTF-8 text (byte 0)."),
        ('id = "a"'.encode("utf-16"), "p.toml: is not UTF-8 text (byte 0)."),
        (b"a = " + b"[" * 5000, "p.toml: is not valid TOML"),  # nested beyond the parser's depth
        (b"a = " + b"9" * 5000, "p.toml: is not valid TOML"),  # more digits than Python converts
    ],
)
def test_what_is_no_toml_by_hand(content: bytes, sentence: str) -> None:
    (fault,) = faults(content)
    assert fault.startswith(sentence)


def test_an_empty_file_lists_every_required_key_by_hand() -> None:
    required = ("schema", "id", "version", "title", "claim", "reference_standard", "operating_point")
    assert faults(b"") == [f"p.toml: {key}: this key is required and missing." for key in required]


def test_all_faults_of_a_file_at_once_by_hand() -> None:
    text = (
        SMALLEST.replace("threshold = 0.5", "threshold = 1.5").replace('"triage"', '"screening"')
        + """
[bootstrap]
replicates = 10
seed = -1
[training_set]
images = 5
[[subgroups]]
axis = "sex"
[[criteria]]
id = "SE"
metric = "sensitivty"
subgroup = {axis = "view", level = "PA"}
bound = "estimate"
goal = -1
"""
    )
    found = faults(text.encode())
    assert [fault.split(": ")[1] for fault in found] == [
        "claim.type",
        "operating_point.threshold",
        "bootstrap.replicates",
        "bootstrap.seed",
        "criteria.1.metric",
        "criteria.1.goal",
        "criteria.1.role",
        "criteria.1.justification",
        "training_set",
    ]


def test_faults_between_tables_stand_beside_others_by_hand() -> None:
    text = (
        SMALLEST
        + """
[bootstrap]
seed = -1
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = "sex"
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = {axis = "view", level = "PA"}
bound = "lower"
goal = 0.8
justification = "given"
"""
    )
    assert faults(text.encode()) == [
        "p.toml: bootstrap.seed: should be greater than or equal to 0; received -1.",
        "p.toml: subgroups: duplicate 'sex'; give each entry its own name.",
        "p.toml: criteria 'SE': axis 'view' is not in [[subgroups]]; those there are sex.",
    ]


def test_each_fault_is_a_sentence_a_line_by_hand() -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(b"id = 1\nversion = 'x'\n", source="p.toml")
    lines = str(refusal.value).splitlines()
    assert len(lines) == len(refusal.value.faults) > 2
    assert all(line.startswith("p.toml: ") and line.endswith(".") for line in lines)


def test_places_are_counted_from_one_by_hand() -> None:
    text = (
        SMALLEST + '[[subgroups]]\naxis = "sex"\n[[subgroups]]\naxis = "age_years"\ncut_points = [18, nan]\n'
    )
    assert faults(text.encode()) == [
        "p.toml: subgroups.2.cut_points.2: should be a finite number; received nan."
    ]
