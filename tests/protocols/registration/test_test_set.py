"""The identity of a test set: its rows and nothing else."""

import pytest

from protocols.registration.test_set import LockedTestSet, locked_test_set_of
from protocols.storage.canonical import sha256_bytes
from tests.protocols.sealed_study import OTHER_SET, SET, tables

ROWS = """["read","i1","R1","negative"]
["read","i1","R2","negative"]
["read","i2","R1","negative"]
["read","i2","R2","negative"]
["read","i3","R1","negative"]
["read","i3","R2","positive"]
["study","i1","p1"]
["study","i2","p1"]
["study","i3","p2"]
"""


def test_identity_by_hand() -> None:
    assert LockedTestSet(3, 2, sha256_bytes(ROWS.encode())) == SET


@pytest.mark.parametrize(
    "changes", [{"backwards": True}, {"split": True}, {"backwards": True, "split": True}]
)
def test_identity_ignores_the_order_of_rows_and_other_splits_against_itself(changes: dict[str, bool]) -> None:
    assert locked_test_set_of(*tables(**changes)) == SET


def test_one_changed_verdict_is_another_test_set() -> None:
    assert (OTHER_SET.images, OTHER_SET.patients) == (SET.images, SET.patients)
    assert OTHER_SET.content_sha256 != SET.content_sha256
