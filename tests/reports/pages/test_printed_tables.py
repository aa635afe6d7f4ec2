"""The tables of a page as text, against pages written by hand."""

from reports.pages.printed_tables import PrintedTable, printed_tables

SIMPLE = """<table><caption data-key="matrix"><b>Table 1.</b> Calls &amp; truth.</caption>
<thead><tr><th></th><th>Positive</th></tr></thead>
<tbody><tr><th scope="row">Device <data value="x">positive</data></th>
<td><b>1,108</b><small>true positive</small></td></tr></tbody>
</table>"""


def test_a_table_by_hand() -> None:
    assert printed_tables(SIMPLE) == (
        PrintedTable(
            "matrix",
            "Table 1. Calls & truth.",
            ("", "Positive"),
            (("Device positive", "1,108 true positive"),),
        ),
    )


def test_the_text_of_a_group_stands_in_each_of_its_rows() -> None:
    (table,) = printed_tables(
        '<table><caption data-key="k">c</caption><thead><tr><th>Level</th><th>n</th></tr></thead>'
        '<tbody><tr><th colspan="2" scope="rowgroup">Sex</th></tr><tr><th>Female</th><td>3</td></tr></tbody>'
        '<tbody><tr><th colspan="2" scope="rowgroup">View</th></tr><tr><th>PA</th><td>4</td></tr></tbody></table>'
    )
    assert table.header == ("Group", "Level", "n")
    assert table.rows == (("Sex", "Female", "3"), ("View", "PA", "4"))


def test_columns_under_one_name_and_cells_over_several() -> None:
    (table,) = printed_tables(
        '<table><caption data-key="k">c</caption><thead><tr><th>Share</th><th colspan="2">PPV</th></tr></thead>'
        '<tr><td>1 %</td><td>0.029</td><td>0.025–0.034</td></tr><tr><td>5 %</td><td colspan="2">–</td></tr></table>'
    )
    assert table.header == ("Share", "PPV", "PPV (2)")
    assert table.rows == (("1 %", "0.029", "0.025–0.034"), ("5 %", "–", ""))


def test_a_table_of_facts_has_a_head_of_its_own() -> None:
    (table,) = printed_tables(
        '<table><caption data-key="k">c</caption><tbody><tr><th>Rule</th><td>majority</td></tr></tbody></table>'
    )
    assert table.header == ("Item", "Value")
    assert table.rows == (("Rule", "majority"),)


def test_a_table_without_a_key_is_part_of_the_layout() -> None:
    assert printed_tables("<table><tr><td>1</td></tr></table>") == ()
