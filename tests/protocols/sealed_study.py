"""A study small enough to follow its registration by hand: protocols by version, two test sets, one clock."""

from collections.abc import Callable
from itertools import count

from protocols.ledger.chain import Actor, Stamp
from protocols.registration.entry_facts import Threshold
from protocols.registration.test_set import LockedTestSet, locked_test_set_of
from protocols.schema.load import LoadedProtocol, parse_protocol
from protocols.tables.checks import reads_from, studies_from
from protocols.tables.reading import Table
from protocols.tables.records import Reads, Studies

AUTHOR = Actor("Ada Example", "ada", "quality engineer")
MODEL = 'from = "model"\nrule = "youden"'
STATED = 'threshold = 0.5\nsource = "stated for the test"'
CHOSEN = Threshold(0.43, "4" * 64)


def clock() -> Callable[[], Stamp]:
    """Return a clock that advances by one second per call."""
    seconds = count()

    def now() -> Stamp:
        second = next(seconds)
        return Stamp(f"2026-01-31T12:00:{second:02}Z", second * 10**9, AUTHOR, "host", {"cxr510k": "0"})

    return now


def protocol(
    version: int = 1, *, name: str = "small", stage: str = "confirmatory", point: str = STATED, more: str = ""
) -> LoadedProtocol:
    text = f"""# as it was given: é
schema = "cxr510k-protocol/1"
id = "{name}"
version = {version}
title = "A small study"
stage = "{stage}"
[claim]
type = "triage"
finding = "airspace opacity"
[reference_standard]
kind = "consensus"
rule = "majority"
[[criteria]]
id = "SP"
metric = "specificity"
subgroup = "overall"
bound = "lower"
goal = 0.8
justification = "agreed"
[operating_point]
{point}
{more}"""
    return parse_protocol(text.encode(), source="protocol.toml")


def tables(
    verdict: str = "positive", *, backwards: bool = False, split: bool = False
) -> tuple[Studies, Reads]:
    """Three images of two patients, two reads each; ``verdict`` is of the last read."""
    step = -1 if backwards else 1
    studies = [("i1", "p1", "test"), ("i2", "p1", "test"), ("i3", "p2", "test"), ("i4", "p4", "train")]
    reads = [(f"i{image}", f"R{reader}", "negative") for image in (1, 2, 3, 4) for reader in (1, 2)]
    reads[5] = ("i3", "R2", verdict)
    names = ("image_id", "patient_id", "split")
    columns = dict(zip(names, zip(*studies[: None if split else 3][::step], strict=True), strict=True))
    unknown = ("",) * len(columns["image_id"])
    columns |= {"age_years": unknown, "sex": unknown, "view": unknown}
    if not split:
        del columns["split"]
    read_columns = dict(
        zip(("image_id", "reader_id", "verdict"), zip(*reads[::step], strict=True), strict=True)
    )
    made = (Table.of(f"{name}.csv", named) for name, named in (("studies", columns), ("reads", read_columns)))
    return studies_from(next(made)), reads_from(next(made))


SET: LockedTestSet = locked_test_set_of(*tables())
OTHER_SET: LockedTestSet = locked_test_set_of(*tables("negative"))
