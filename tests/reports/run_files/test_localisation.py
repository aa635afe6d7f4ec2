"""Where the device looks: rows and pictures by hand, and nothing read from outside the model folder."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.figures.overlap import overlap_figure
from reports.run_files.localisation import look_of
from tests.reports.conftest import CONSENSUS, HEAD, STATED, make_run, rows_under
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.results.secondary import Baseline, Measured
from validation.run import validate

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
COLUMNS = "image_id,outcome,score,boxes,thumbnail,overlay"


def illustrated(model: Path, *rows: str) -> None:
    for folder in ("thumbnails", "saliency"):
        (model / folder).mkdir(parents=True)
        for number in range(1, 4):
            (model / folder / f"{number:02}.png").write_bytes(PNG)
    (model / "illustrations.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")


def pictures(number: int) -> str:
    return f"thumbnails/{number:02}.png,saliency/{number:02}.png"


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with boxes around half the picture of every image, marks in every second of them, and three pictures."""
    run = make_run(tmp_path_factory.mktemp("looking"), HEAD + CONSENSUS + STATED)
    names = [line.partition(",")[0] for line in (run.inputs / "studies.csv").read_text().splitlines()[1:]]
    boxes = ["image_id,x,y,width,height", *(f"{name},0,0,0.5,1" for name in names)]
    marks = ["image_id,x,y,left,top,width,height"]
    marks += [
        f"{name},{'0.25' if place % 3 else '0.75'},0.5,0,0,1,1"
        for place, name in enumerate(names)
        if place % 2
    ]
    for table, lines in (("boxes", boxes), ("marks", marks)):
        (run.inputs / f"{table}.csv").write_text("\n".join(lines) + "\n")
    paths = {
        name: run.inputs / f"{name}.csv" for name in ("studies", "reads", "predictions", "boxes", "marks")
    }
    loaded = parse_protocol(run.protocol.read_bytes(), source="protocol.toml")
    made = validate(loaded, InputFiles(**paths), silent)
    run.results.write_text(made.results.to_json())
    return run


@pytest.fixture(scope="module")
def context(looking: RunFolder) -> ReportContext:
    return report_context(looking)


def test_the_rows_are_those_of_the_results_by_hand(
    context: ReportContext, page_from: Callable[[ReportContext], str]
) -> None:
    document = page_from(context)
    localisation = context.results.localisation
    assert localisation is not None
    rows = rows_under(document, "Hit rate and mean overlap")
    whole = localisation.whole
    assert rows[1][0] == f"All {whole.images} images, {whole.patients} patients"
    assert rows[1][1] == str(whole.hits)
    assert rows[1][2].startswith(f"{whole.hit_rate.value:.3f} ")
    assert [row[0].split()[0] for row in rows[2:]] == ["Called", "Called", "A", "Always", "Other"]
    assert rows[4][2] == "0.500"
    assert rows[5][2] == "1.000"  # every box covers the same half
    assert f"In {whole.images - whole.marked} images the device points nowhere" in " ".join(document.split())


@pytest.mark.parametrize(
    ("value", "interval", "told"),
    [
        (
            0.1,
            (0.05, 0.15),
            "points at the finding more often than the best baseline does: always the same point",
        ),
        (0.1, (-0.05, 0.25), "is not shown to point at the finding more often than the best baseline"),
        (-0.1, (-0.15, -0.05), "points at the finding less often than the best baseline does"),
        (0.1, None, "is not shown to point at the finding more often than the best baseline"),
    ],
)
def test_the_device_is_compared_with_its_best_baseline_by_hand(
    context: ReportContext,
    page_from: Callable[[ReportContext], str],
    value: float,
    interval: tuple[float, float] | None,
    told: str,
) -> None:
    look = context.look
    assert look is not None and look.result is not None
    baselines = (
        Baseline("chance", 0.2, Measured(0.5, (0.4, 0.6))),
        Baseline("fixed_place", 0.3, Measured(value, interval)),
    )
    changed = replace(look, result=replace(look.result, baselines=baselines))
    assert told in " ".join(page_from(replace(context, look=changed)).split())


def test_the_section_is_numbered_and_listed_by_hand(
    context: ReportContext, page_from: Callable[[ReportContext], str]
) -> None:
    document = page_from(context)
    assert '<section class="section" id="localisation">' in document
    assert 'href="#localisation"' in document


def test_a_run_without_boxes_has_no_such_section_by_hand(
    page_of: Callable[[str], str], context_of: Callable[[str], ReportContext]
) -> None:
    assert context_of("passing").look is None
    assert "Where the device looks" not in page_of("passing")


def test_words_of_agreement_where_truth_is_text_mined_by_hand(
    context: ReportContext,
    context_of: Callable[[str], ReportContext],
    page_from: Callable[[ReportContext], str],
) -> None:
    mined = context_of("text-mined")
    document = page_from(
        replace(
            mined,
            look=context.look,
            results=replace(mined.results, localisation=context.results.localisation),
        )
    )
    section = document.partition('id="localisation">')[2].partition("</section>")[0]
    assert "a positive label and a score" in section
    assert "reference" not in section.lower()


def test_pictures_are_shown_by_outcome_by_hand(
    context: ReportContext, tmp_path: Path, page_from: Callable[[ReportContext], str]
) -> None:
    model = tmp_path / "model"
    illustrated(
        model,
        f"a,FN,0.100000,2,{pictures(1)}",
        f"b,FN,0.200000,0,{pictures(2)}",
        f"c,TP,0.900000,1,{pictures(3)}",
    )
    look = look_of(model, context.results)
    assert look is not None
    assert [(outcome, [one.image_id for one in shown]) for outcome, shown in look.illustrations] == [
        ("FN", ["a", "b"]),
        ("TP", ["c"]),
    ]
    document = page_from(replace(context, look=look))
    assert document.count('<img src="data:image/png;base64,') == 6
    assert "False negative: lowest scores first." in document
    assert "and 2 boxes" in document


def test_pictures_alone_make_the_section_by_hand(
    context_of: Callable[[str], ReportContext], tmp_path: Path, page_from: Callable[[ReportContext], str]
) -> None:
    model = tmp_path / "model"
    illustrated(model, f"a,FP,0.900000,0,{pictures(1)}")
    passing = context_of("passing")
    look = look_of(model, passing.results)
    document = page_from(replace(passing, look=look))
    assert "False positive: highest scores first." in document
    assert "Hit rate" not in document


def test_an_empty_table_of_pictures_is_nothing_to_tell_by_hand(
    context_of: Callable[[str], ReportContext], tmp_path: Path
) -> None:
    illustrated(tmp_path)
    assert look_of(tmp_path, context_of("passing").results) is None


@pytest.mark.parametrize(
    "row",
    [
        "a,FN,0.1,0,../../secret.png,saliency/01.png",
        "a,FN,0.1,0,/etc/passwd,saliency/01.png",
        "a,FN,0.1,0,thumbnails/09.png,saliency/01.png",
        "a,FN,low,0,thumbnails/01.png,saliency/01.png",
        "a,FN,0.1,0,thumbnails/01.png",
    ],
)
def test_a_table_that_is_not_ours_is_refused_by_hand(
    context_of: Callable[[str], ReportContext], tmp_path: Path, row: str
) -> None:
    illustrated(tmp_path, row)
    with pytest.raises(BadInputError, match=r"illustrations\.csv: is not as `run` writes it"):
        look_of(tmp_path, context_of("passing").results)


def test_what_is_no_picture_is_refused_by_hand(
    context_of: Callable[[str], ReportContext], tmp_path: Path
) -> None:
    illustrated(tmp_path, f"a,FN,0.1,0,{pictures(1)}")
    (tmp_path / "thumbnails" / "01.png").write_text("<svg/>")
    with pytest.raises(BadInputError, match=r"'thumbnails/01\.png' is not a PNG"):
        look_of(tmp_path, context_of("passing").results)


def test_the_figure_says_in_words_what_it_shows_by_hand(context: ReportContext) -> None:
    results: Results = context.results
    assert results.localisation is not None
    drawing = overlap_figure(results.localisation)
    assert drawing is not None
    whole = results.localisation.whole
    # Regions are the whole picture and boxes its half: an overlap of 0.5, and 0 without a mark.
    assert f"0.5 to 0.6: {whole.hits} hits, {whole.marked - whole.hits} misses" in drawing.description
    assert f"0.0 to 0.1: 0 hits, {whole.images - whole.marked} misses" in drawing.description


def test_without_an_image_there_is_no_figure_by_hand(context: ReportContext) -> None:
    localisation = context.results.localisation
    assert localisation is not None
    empty = tuple(replace(one, hits=0, misses=0) for one in localisation.overlaps)
    assert overlap_figure(replace(localisation, overlaps=empty)) is None
