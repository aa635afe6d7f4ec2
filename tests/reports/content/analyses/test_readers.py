from collections.abc import Callable
from dataclasses import replace

from reports.content.analyses.readers import MOST_PATTERNS, MOST_READERS, reader_tables
from reports.content.context import ReportContext
from tests.reports.conftest import seen
from validation.results.secondary import Agreement, DawidSkene, Measured, PairAgreement, ReaderTendency

GIVEN = Measured(0.8, (0.7, 0.9))
NO_MODEL = DawidSkene(10, None, (), 0, 0, "not estimable: no image has three reads")


def agreement(readers: int, pairs: int = 1, **changes: object) -> Agreement:
    """Readers and pairs without end, each pair a little better."""
    made = Agreement(
        images=10,
        patients=5,
        categories=("positive", "negative"),
        readers=tuple(ReaderTendency(f"R{number:02}", 10, 4, 6, 0) for number in range(readers)),
        patterns={"2 positive": 4, "2 negative": 6},
        percent=GIVEN,
        fleiss_kappa=GIVEN,
        gwet_ac1=GIVEN,
        krippendorff_alpha=GIVEN,
        pairs=tuple(
            PairAgreement(
                "R00",
                f"R{number:02}",
                10,
                Measured(number / 100, None),
                Measured(None, None, "not estimable: all verdicts are alike"),
            )
            for number in range(1, pairs + 1)
        ),
        adjudication=None,
        dawid_skene=NO_MODEL,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_patterns_beyond_the_most_frequent_are_counted_together() -> None:
    patterns = {f"{number} positive": number for number in range(1, MOST_PATTERNS + 4)}
    tables = reader_tables(agreement(2, patterns=patterns))
    assert [pattern.images for pattern in tables.patterns] == list(range(15, 3, -1))
    assert (tables.other_patterns, tables.other_images) == (3, 1 + 2 + 3)


def test_many_readers_and_pairs_leave_ranges() -> None:
    tables = reader_tables(agreement(MOST_READERS + 1, pairs=11))
    assert (tables.rows, tables.pairs.rows, tables.pairs.number) == ((), (), 11)
    assert (tables.pairs.percent, tables.pairs.kappa) == ((0.01, 0.11), None)


def test_a_pair_says_what_it_lacks_by_hand() -> None:
    assert reader_tables(agreement(2)).pairs.notes == (
        "Not estimable (all verdicts are alike): kappa of R00 with R01.",
    )


def test_a_pool_of_readers_on_the_page(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    pool = agreement(30, pairs=11)
    document = seen(
        page_from(
            replace(context, results=replace(context.results, agreement=pool), readers=reader_tables(pool))
        )
    )
    assert "30 readers read the images analysed" in document
    assert (
        "Over 11 pairs of readers on the images that both read, proportion of agreement goes from 0.010 to 0.110; each"
        in document
    )
    assert "Dawid and Skene's model of a latent truth is not estimable: no image has three reads." in document
    assert (
        "agreement and Cohen's kappa (" not in document
    )  # the table's caption; a figure stands in its place
