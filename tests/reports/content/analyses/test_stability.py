from reports.content.analyses.stability import MOST_ROWS, left_out_tables, site_notes
from reports.language.vocabulary import Words
from validation.results.secondary import ClosedEstimate, LeftOut, SiteMetric, SiteVariation

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())
LACKING = ClosedEstimate("auroc", None, None, "not estimable: one class has no scored unit")


def left_out(name: str, value: float, other: ClosedEstimate = LACKING) -> LeftOut:
    estimates = (ClosedEstimate("sensitivity", value, (0.1, 0.9)), other)
    return LeftOut("site", name, 10, 5, 0, ties_excluded=False, estimates=estimates, verdicts={})


def test_range_and_notes_by_hand() -> None:
    given = ClosedEstimate("auroc", 0.7, (0.5, 0.9))
    table = left_out_tables([left_out("A", 0.4, given), left_out("B", 0.6)], WORDS)["site"]
    assert table.ranges == {"sensitivity": (0.4, 0.6), "auroc": (0.7, 0.7)}
    assert table.notes == ("Not estimable (one class has no scored unit): AUROC without B.",)


def test_what_no_row_has_is_said_once_by_hand() -> None:
    table = left_out_tables([left_out("A", 0.4), left_out("B", 0.6)], WORDS)["site"]
    assert table.notes == ("Not estimable (one class has no scored unit): AUROC.",)
    assert "auroc" not in table.ranges


def test_too_many_rows_leave_the_range() -> None:
    table = left_out_tables([left_out(f"{number}", number / 100) for number in range(MOST_ROWS + 1)], WORDS)[
        "site"
    ]
    assert table.rows == ()
    assert (table.left_out, table.ranges["sensitivity"]) == (21, (0.0, 0.2))


def test_nothing_left_out_is_no_table() -> None:
    assert left_out_tables([], WORDS) == {}


def test_notes_on_sites_as_clusters_by_hand() -> None:
    few = "2 clusters, 5 needed"
    found = [
        SiteMetric(
            metric=metric,
            value=0.9,
            interval=None,
            note=few,
            sites=2,
            between_site_variance=None,
            between_site_sd=None,
            i_squared=None,
            variance_note=note,
        )
        for metric, note in (("sensitivity", None), ("auroc", "not estimable: no variance within sites"))
    ]
    sites = SiteVariation(sites=2, images=9, patients=9, images_without_site=0, metrics=tuple(found))
    assert site_notes(sites, WORDS) == (
        "Interval not given, 2 clusters, 5 needed: sensitivity and AUROC.",
        "Not estimable (no variance within sites): AUROC.",
    )
    assert site_notes(None, WORDS) == ()
