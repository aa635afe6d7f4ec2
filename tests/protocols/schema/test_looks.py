"""The planned looks of a protocol: levels by hand, and what is refused."""

import pytest

from protocols.errors import ProtocolError
from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.conftest import PROTOCOL_HEAD


def protocol(planned: str, bootstrap: str = "") -> Protocol:
    text = f"{PROTOCOL_HEAD}[bootstrap]\n{bootstrap}\n[looks]\nplanned = {planned}\n"
    return parse_protocol(text.encode(), source="p.toml").protocol


@pytest.mark.parametrize(
    ("planned", "bootstrap", "level"),
    [
        ("1", "", 0.95),
        ("1", "confidence_level = 0.9", 0.9),
        ("2", "", 0.975),  # 5 % / 2
        ("3", "", 1 - 0.05 / 3),
        ("10", "", 0.995),
        ("2", "confidence_level = 0.9", 0.95),
    ],
)
def test_alpha_is_divided_equally_by_hand(planned: str, bootstrap: str, level: float) -> None:
    made = protocol(planned, bootstrap)
    assert made.deciding_level == pytest.approx(level, abs=1e-15)
    assert made.at_deciding_level().bootstrap.confidence_level == made.deciding_level


def test_one_look_is_planned_by_default() -> None:
    made = parse_protocol(PROTOCOL_HEAD.encode(), source="p.toml").protocol
    assert (made.looks.planned, made.deciding_level) == (1, made.bootstrap.confidence_level)


@pytest.mark.parametrize("planned", ["0", "11", "2.0", '"2"'])
def test_other_numbers_are_refused(planned: str) -> None:
    with pytest.raises(ProtocolError, match=r"looks\.planned"):
        protocol(planned)


def test_too_few_replicates_beyond_a_bound_are_refused_by_hand() -> None:
    # 2.5 % / 4 is 1/160, and 25 of 4,000 replicates lie beyond it.
    with pytest.raises(ProtocolError, match=r"replicates = 3999; set it to 4000 or more"):
        protocol("4", "replicates = 3999")
    assert protocol("4", "replicates = 4000").looks.planned == 4
    assert protocol("1", "replicates = 1000\nconfidence_level = 0.99").looks.planned == 1  # as it always was
