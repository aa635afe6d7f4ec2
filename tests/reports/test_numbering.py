from reports.numbering import Numbering, sections


def test_numbers_are_given_at_first_mention_by_hand() -> None:
    numbering = Numbering()
    mentions = [("Table", "a"), ("Figure", "a"), ("Table", "b"), ("Table", "a")]
    assert [numbering.of(*mention) for mention in mentions] == ["Table 1", "Figure 1", "Table 2", "Table 1"]


def test_no_section_names_a_reference_standard_where_there_is_none() -> None:
    assert not [s for s in sections(agreement=True).values() if "standard" in s.title.lower()]
    assert [s.number for s in sections(agreement=False).values()] == list(range(1, 13))


def test_optional_sections_stand_in_their_place_where_they_are_present() -> None:
    without, with_one = sections(agreement=False), sections(agreement=False, present=["perturbations"])
    assert [one for one in with_one if one not in without] == ["perturbations"]
    assert list(with_one).index("perturbations") == list(with_one).index("robustness") + 1
    assert with_one["methods"].number == without["methods"].number + 1
