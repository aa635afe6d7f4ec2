"""Without one site, without one reader: by hand."""

from tests.validation.conftest import TABLES, Image, Judge, criterion
from validation.results.secondary import Adjudication, LeftOut


def value(left_out: LeftOut, metric: str) -> float | None:
    return next(one.value for one in left_out.estimates if one.metric == metric)


def of_site(site: str, right: int) -> list[Image]:
    """Ten positive patients of a site, of whom ``right`` are test positive, and ten negative ones, test negative."""
    positives = [
        Image(f"{site}p{n}", "PPP", 0.9 if n < right else 0.1, further={"site": site}) for n in range(10)
    ]
    return [*positives, *(Image(f"{site}n{n}", "NNN", 0.1, further={"site": site}) for n in range(10))]


def test_without_each_site_by_hand(judge: Judge) -> None:
    results = judge([*of_site("A", 10), *of_site("B", 5), *of_site("", 5)])
    sites = [one for one in results.leave_one_out if one.kind == "site"]
    assert [(one.name, one.images, value(one, "sensitivity")) for one in sites] == [
        ("A", 40, 0.5),
        ("B", 40, 0.75),
    ]


def test_one_site_alone_is_not_left_out(judge: Judge) -> None:
    assert [one for one in judge(of_site("A", 10)).leave_one_out if one.kind == "site"] == []


def test_without_each_reader_by_hand(judge: Judge) -> None:
    # R0 and R1 find the first five positive, R2 none: without R0 or R1 the two that are left disagree.
    split = [Image(f"p{n}", "PPN", 0.9) for n in range(5)]
    images = [
        *split,
        *(Image(f"n{n}", "NNN", 0.1) for n in range(5)),
        *(Image(f"q{n}", "PPP", 0.9) for n in range(5)),
    ]
    results = judge(images)
    assert results.estimate("sensitivity").denominator == 10
    # Worst case: the five that became indeterminate and are test positive are false positives.
    both = [one for one in results.leave_one_out if one.kind == "reader"]
    assert [(one.name, one.indeterminate, one.ties_excluded, value(one, "specificity")) for one in both] == [
        ("R0", 5, False, 0.5),
        ("R0", 5, True, 1.0),
        ("R1", 5, False, 0.5),
        ("R1", 5, True, 1.0),
        ("R2", 0, False, 1.0),
    ]


def test_the_adjudicator_may_be_left_out(judge: Judge) -> None:
    head = '[reference_standard]\nkind = "adjudicated"\nrule = "adjudicated:R2"\n'
    images = [Image(f"p{n}", ("PPN", "NNP", "PNP", "PNN")[n % 4], (0.9, 0.1)[n % 2]) for n in range(40)]
    results = judge(images, TABLES, standard=head)
    assert {one.name for one in results.leave_one_out} == {"R0", "R1", "R2"}


def test_a_single_reader_is_not_left_out(judge: Judge) -> None:
    head = '[reference_standard]\nkind = "single_reader"\nrule = "majority"\n'
    images = [Image(f"p{n}", "P" if n % 2 else "N", (0.9, 0.1)[n % 2]) for n in range(40)]
    assert judge(images, TABLES, standard=head).leave_one_out == ()


EXCLUDED = TABLES + '[missing]\nindeterminate = "exclude"\n'


def test_images_come_back_and_leave_without_a_reader_by_hand(judge: Judge) -> None:
    # Two against two: excluded. Without R3 the five are positive; without R0 five that were positive become a tie.
    images = [
        *(Image(f"b{n}", "PPNN", 0.9) for n in range(5)),
        *(Image(f"l{n}", "PPNP", 0.9) for n in range(5)),
        *(Image(f"n{n}", "NNNN", 0.1) for n in range(5)),
    ]
    results = judge(images, EXCLUDED)
    assert results.cohort.images == 10
    of_readers = [one for one in results.leave_one_out if one.kind == "reader"]
    assert {one.name: one.images for one in of_readers} == {"R0": 15, "R1": 15, "R2": 15, "R3": 15}
    left = judge([*images[5:], *(Image(f"t{n}", "PPN", 0.9) for n in range(5))], EXCLUDED)
    without = {one.name: one.images for one in left.leave_one_out if one.kind == "reader"}
    # Of three reads, two that are left and differ are indeterminate: those images leave.
    assert (left.cohort.images, without["R0"], without["R2"]) == (15, 10, 15)


def test_an_image_without_a_score_stays_out_by_hand(judge: Judge) -> None:
    rule = EXCLUDED + 'not_processed = "exclude"\n'
    images = [
        *(Image(f"b{n}", "PPNN", None) for n in range(5)),
        *(Image(f"n{n}", "NNNN", 0.1) for n in range(5)),
    ]
    assert {one.images for one in judge(images, rule).leave_one_out} == {5}


CRITERION = criterion("SP", "specificity", 0.6)


def test_a_verdict_that_hangs_on_one_reader_is_reported_by_hand(judge: Judge) -> None:
    """Without R0 or R1 twenty of sixty negatives are ties, which count as false positives."""
    images = [
        *(Image(f"p{n}", "PPN", 0.9) for n in range(20)),
        *(Image(f"n{n}", "NNN", 0.1) for n in range(40)),
    ]
    results = judge(images, TABLES + CRITERION)
    verdicts = {(one.name, one.ties_excluded): dict(one.verdicts) for one in results.leave_one_out}
    assert verdicts == {
        ("R0", False): {"SP": "not_met"},
        ("R0", True): {"SP": "met"},
        ("R1", False): {"SP": "not_met"},
        ("R1", True): {"SP": "met"},
        ("R2", False): {"SP": "met"},
    }
    (told,) = [one for one in results.input_account.notices if one.kind == "verdict_hangs_on_one"]
    assert told.text == "Without one reader a criterion has another verdict (R0: SP not met; R1: SP not met)."
    assert (told.count, told.criteria) == (2, ("SP",))


def test_an_adjudicator_counts_in_no_agreement_by_hand(judge: Judge) -> None:
    """R0 and R1 agree on 30 of 40 images; R2 reads the other ten and agrees with R0 in six."""
    head = '[reference_standard]\nkind = "adjudicated"\nrule = "adjudicated:R2"\n'
    images = [
        *(Image(f"a{n}", "PP-" if n % 2 else "NN-", 0.5) for n in range(30)),
        *(Image(f"b{n}", "PNP" if n < 6 else "PNN", 0.5) for n in range(10)),
    ]
    found = judge(images, TABLES, standard=head).agreement
    assert (found.images, found.percent.value) == (40, 0.75)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("R0", "R1")]
    assert found.adjudication == Adjudication("R2", 10, {"R0": 6, "R1": 4})
    assert [reader.images for reader in found.readers] == [40, 40, 10]
