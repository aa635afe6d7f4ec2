from reports.pages.numbering import OPTIONAL, Numbering, sections


def test_numbers_are_given_at_first_mention_by_hand() -> None:
    numbering = Numbering()
    mentions = [("Table", "a"), ("Figure", "a"), ("Table", "b"), ("Table", "a")]
    assert [numbering.of(*mention) for mention in mentions] == ["Table 1", "Figure 1", "Table 2", "Table 1"]


def test_no_section_names_a_reference_standard_where_there_is_none() -> None:
    assert not [s for s in sections(agreement=True).values() if "standard" in s.title.lower()]
    numbered = [s.number for s in sections(agreement=False).values() if not s.appendix]
    assert numbered == list(range(1, len(numbered) + 1))


def test_optional_sections_stand_in_their_place_where_they_are_present() -> None:
    without, with_one = sections(agreement=False), sections(agreement=False, present=["perturbations"])
    assert [one for one in with_one if one not in without] == ["perturbations"]
    assert list(with_one).index("perturbations") == list(with_one).index("robustness") + 1
    assert list(with_one).index("limitations") == list(without).index("limitations") + 1


def test_the_order_is_that_of_the_outline() -> None:
    outline = (
        *(
            "signatures",
            "summary",
            "scope",
            "device",
            "protocol",
            "risk",
            "data",
            "reference",
            "size",
            "methods",
        ),
        *("primary", "subgroups", "secondary", "robustness", "failures", "limitations", "conclusion"),
    )
    assert [id_ for id_ in sections(agreement=False) if id_ in outline] == list(outline)
    every = list(sections(agreement=False, present=OPTIONAL))
    assert every.index("robustness") < every.index("workflow") < every.index("failures")
    assert every.index("predicate") == every.index("limitations") - 1
