"""Images damaged at random: none crashes, hangs or is decoded to other pixels than another decoder's."""

import pytest

from tests.protocols.images.mutations import counted, whole_files


def test_whole_files_are_decoded_as_by_the_other_decoders() -> None:
    count = counted(range(0), 0, dcmtk=False)
    for name, content in whole_files().items():
        count.judge(name, content, dcmtk=False)
    assert (count.wrong, count.became["decoded"]) == ([], len(whole_files()))


def test_a_hundred_damaged_files_against_other_decoders() -> None:
    assert counted(range(100), 2026, dcmtk=False).wrong == []


@pytest.mark.slow
def test_two_thousand_damaged_files_against_other_decoders() -> None:
    count = counted(range(2000), 510, dcmtk=False)
    assert count.wrong == []
    assert count.became["decoded and compared"] > 200
