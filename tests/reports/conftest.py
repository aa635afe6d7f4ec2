"""Run folders of small studies, each made once by the suite's own validation."""

import csv
import html
import itertools
import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.ledger.chain import Actor, Stamp
from protocols.ledger.run_trail import record_made
from protocols.progress import silent
from protocols.registration.counted_look import counted_look
from protocols.registration.register import register
from protocols.registration.test_set import locked_test_set_of
from protocols.schema.load import parse_protocol
from protocols.storage.run_folder import RunFolder, RunRecord
from protocols.tables.checks import reads_from, studies_from
from protocols.tables.column_mapping import reads_table, studies_table
from protocols.tables.input_account import InputAccount, Notice, TableAccount
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from reports.pdf.render_stack import missing_libraries
from reports.render import Rendered, render
from validation.cohort.inputs import InputFiles
from validation.results.results import AnalysisVerdict, Results, Subgroup
from validation.run import validate

PATIENTS = 70
HEAD = """
schema = "cxr510k-protocol/1"
id = "study"
version = 2
title = "A study"
[claim]
type = "detection"
finding = "airspace opacity"
[bootstrap]
replicates = 1000
"""
CONSENSUS = '[reference_standard]\nkind = "consensus"\nrule = "majority"\n'
ONE_READER = '[reference_standard]\nkind = "single_reader"\nrule = "majority"\n'
MINED = '[reference_standard]\nkind = "text_mined"\nrule = "any"\n'
STATED = '[operating_point]\nthreshold = 0.5\nsource = "stated for the test"\n'
SUBGROUPS = """
[[subgroups]]
axis = "age_years"
cut_points = [18, 65]
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = ["sex", "view"]
"""

BESIDE = """
[prevalences]
at = [0.05, 0.2]
[family]
axes = ["age_years", "sex"]
metrics = ["sensitivity", "specificity"]
"""
WEIGHTS = '[weights]\ncolumn = "weight"\n'


def criterion(id_: str, metric: str, subgroup: str, bound: str, goal: float, role: str = "acceptance") -> str:
    """A criterion as a protocol writes it."""
    return (
        f'[[criteria]]\nid = "{id_}"\nmetric = "{metric}"\nsubgroup = {subgroup}\nbound = "{bound}"\n'
        f'goal = {goal}\nrole = "{role}"\njustification = "for the test"\n'
    )


OVERALL = '"overall"'
PASSING = criterion("SE", "sensitivity", OVERALL, "lower", 0.3) + criterion(
    "AUC", "auroc", OVERALL, "lower", 0.6
)
FAILING = criterion("SP", "specificity", OVERALL, "lower", 0.9875)
EACH_SEX = criterion("SE-SEX", "sensitivity", '{axis = "sex", level = "*"}', "estimate", 0.5, "consistency")
PROTOCOLS = {
    "passing": HEAD + CONSENSUS + STATED + SUBGROUPS + BESIDE + PASSING + EACH_SEX,
    "failing": HEAD + CONSENSUS + STATED + SUBGROUPS + PASSING + FAILING,
    "without criteria and subgroups": HEAD + CONSENSUS + STATED,
    "every row insufficient": HEAD
    + CONSENSUS
    + STATED
    + "[minimum]\npatients = 5000\n"
    + SUBGROUPS
    + PASSING,
    "by patient, missing excluded": HEAD
    + CONSENSUS
    + STATED
    + '[analysis]\nunit = "patient"\n[missing]\nindeterminate = "exclude"\nnot_processed = "exclude"\n'
    + '[decision]\nother = "bca"\n'
    + SUBGROUPS
    + criterion("LR", "lr_negative", OVERALL, "upper", 0.4)
    + criterion("AP", "average_precision", OVERALL, "lower", 0.2),
    "by patient": HEAD + CONSENSUS + STATED + '[analysis]\nunit = "patient"\n',
    "text-mined": HEAD + MINED + STATED + SUBGROUPS + BESIDE + WEIGHTS + PASSING + FAILING,
    "one reader": HEAD.replace("replicates = 1000", 'replicates = 1000\nstrata = "class"')
    + ONE_READER
    + STATED
    + WEIGHTS,
    "decided": HEAD + CONSENSUS + STATED,
    "confirmatory": HEAD.replace('title = "A study"', 'title = "A study"\nstage = "confirmatory"')
    + CONSENSUS
    + STATED
    + '[[sensitivity]]\nid = "old"\nexclude = {column = "age_years", above = 80}\n'
    + PASSING,
}


# Registered, looked at once, amended with a reason, and looked at again.
PROTOCOLS["locked"] = PROTOCOLS["confirmatory"].replace("above = 80", "above = 85")
# An exploratory look at a test set that another protocol sealed.
PROTOCOLS["explored"] = PROTOCOLS["without criteria and subgroups"]
PROTOCOLS["no positives"] = PROTOCOLS["passing"]
FIRST: dict[str, str] = {
    "locked": PROTOCOLS["confirmatory"].replace("version = 2", "version = 1"),
    "explored": PROTOCOLS["confirmatory"].replace('"study"', '"sealing"'),
}
SETTINGS: dict[str, dict[str, object]] = {
    "no positives": {"positive_share": 0.0},
    "one reader": {"names": ("R0",)},
    "decided": {"names": ("consensus",)},
}


def table_account(
    table: str, read: int, used: int, excluded: Mapping[str, int], **cleaned: int
) -> TableAccount:
    """An account of one table, clean but for what is named."""
    names = ("cells_trimmed", "ages_converted", "rows_dropped_empty", "columns_dropped_empty")
    counts = dict.fromkeys(names, 0) | cleaned
    return TableAccount(table=table, rows_read=read, rows_used=used, rows_excluded=excluded, **counts)


TABLES = (
    table_account("studies", 1200, 1000, {"not_test_split": 170, "no_reference": 30}),
    table_account("reads", 3000, 3000, {}, cells_trimmed=14, ages_converted=1),
    table_account("predictions", 1003, 1000, {"not_in_studies": 3}),
)
NOTICES = (
    Notice(
        kind="sex_unknown",
        text="sex: 117 of 1,000 analysed images are unknown: 'Female' (64), 'Male' (53); map them in [values.sex].",
        table="studies",
        column="sex",
        count=117,
        examples=("Female", "Male"),
        criteria=("SE", "SE-SEX"),
    ),
    Notice(
        kind="unused_predictions",
        text="3 of 1,003 rows of predictions name no image of the studies: 'A-1', 'A-2', 'A-3'.",
        table="predictions",
        count=3,
        examples=("A-1", "A-2", "A-3"),
        cause="letter case",
    ),
)


def noticed(results: Results, notices: tuple[Notice, ...] = NOTICES) -> Results:
    """Results of "passing" with an account, notices, a criterion without any level, and analyses that differ."""
    first, *others = results.criteria
    kept = [one for one in others if one.subgroup.axis != "sex"]
    spread = replace(
        others[-1],
        id="SE-SEX",
        subgroup=Subgroup("sex", "*"),
        observed=None,
        monte_carlo_error=None,
        verdict="inconclusive",
        why="no level of sex is known",
        against_goal=None,
    )
    ranked = tuple(
        replace(one, rule="missing scores rank last of their class") if one.metric == "auroc" else one
        for one in results.sensitivity_analyses
    )
    return replace(
        results,
        input_account=InputAccount(TABLES, notices),
        criteria=(first, *kept, spread),
        sensitivity_analyses=ranked,
        sensitivity_verdicts={
            "all_best": AnalysisVerdict({first.id: "met", "SE-SEX": "inconclusive"}, "pass"),
            "all_worst": AnalysisVerdict({first.id: "not_met", "SE-SEX": "inconclusive"}, "fail"),
        },
    )


def tables(
    folder: Path,
    *,
    positive_share: float = 0.4,
    maker: str = "Maker",
    names: Sequence[str] = ("R0", "R1", "R2"),
) -> dict[str, Path]:
    """Studies, reads and predictions of 70 patients with unknowns, indeterminate reads and failed images."""
    chance = random.Random(20)
    columns = ["image_id", "patient_id", "age_years", "sex", "view", "manufacturer", "site", "weight"]
    studies = [columns]
    reads, predictions = [["image_id", "reader_id", "verdict"]], [["image_id", "score", "status"]]
    for patient in range(PATIENTS):
        age, sex = chance.choice([9, 30, 50, 70, 85, ""]), chance.choice(["F", "M", "M", ""])
        for number in range(chance.choice([1, 1, 2, 4])):
            image = f"{patient:03}-{number}"
            positive = chance.random() < positive_share
            view, site, weight = chance.choice(["PA", "AP"]), "NSW"[patient % 3], 1 + patient % 2
            studies.append([image, f"P{patient:03}", str(age), sex, view, maker, site, str(weight)])
            verdict = "positive" if positive else "negative"
            words = [verdict if chance.random() < 0.9 else "indeterminate" for _ in names]
            reads += [[image, reader, word] for reader, word in zip(names, words, strict=True)]
            score = 1 / (1 + math.exp(-chance.gauss(1.5 if positive else -1.5, 1.5)))
            failed = chance.random() < 0.03
            predictions.append([image, "" if failed else f"{score:.6f}", "failed" if failed else "ok"])
    paths = {}
    for name, rows in (("studies", studies), ("reads", reads), ("predictions", predictions)):
        paths[name] = folder / f"{name}.csv"
        with paths[name].open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return paths


def stamps() -> Callable[[], Stamp]:
    """Every stamp an hour after the one before."""
    hours = itertools.count(1)
    tool = {"cxr510k": "0.1.0", "source_sha256": "0" * 64}

    def next_stamp() -> Stamp:
        hour = next(hours)
        return Stamp(
            f"2026-11-19T{hour:02}:30:15Z", hour, Actor("Ada Byron", "ada", "statistician"), "desk", tool
        )

    return next_stamp


def make_run(root: Path, protocol: str, *, first: str | None = None, **settings: object) -> RunFolder:
    """A run folder in an empty folder, as `validate` makes it; with ``first``, after that was locked and used."""
    run = RunFolder(root)
    run.inputs.mkdir()
    run.protocol.write_text(protocol, encoding="utf-8")
    files = InputFiles(**tables(run.inputs, **settings))  # type: ignore[arg-type]
    loaded = parse_protocol(protocol.encode(), source="protocol.toml")
    ledger = root.with_name(f"{root.name}.ledger.jsonl") if first else None
    stamping = stamps()
    if first and ledger:
        earlier = parse_protocol(first.encode(), source="protocol.toml")
        test_set = locked_test_set_of(
            studies_from(studies_table(files.studies, loaded.protocol).table),
            reads_from(reads_table(files.reads, loaded.protocol).table),
        )
        register(ledger, earlier, test_set, None, stamping, reason=None)
        with counted_look(ledger, earlier, stamping, named=True) as look:
            look_back = validate(earlier, files, silent, look.begin).results
            look.end(look_back.to_json().encode(), look_back.verdict)
        if earlier.protocol.id == loaded.protocol.id:
            register(
                ledger, loaded, test_set, None, stamping, reason="An age was mistyped as 80 in version 1."
            )
    with counted_look(ledger, loaded, stamping, named=False) as look:
        made = validate(loaded, files, silent, look.begin if first else None)
        snapshot = look.end(made.results.to_json().encode(), made.results.verdict)
    run.results.write_text(made.results.to_json(), encoding="utf-8")
    run.line_listing.write_text(made.line_listing, encoding="utf-8")
    if snapshot:
        run.ledger.write_bytes(snapshot)
    run.write_record(
        RunRecord(
            started="2026-11-20T13:00:05Z",
            command="validate",
            suite="0.1.0",
            python="3.11",
            platform="Linux",
            host="example",
            versions={},
            image_root=None,
            device=None,
            durations_seconds={},
            images_per_second={},
            render_stack={},
        )
    )
    record_made(run, stamping(), "validate")
    return run


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunFolder]:
    """The run of one of `PROTOCOLS` by name; read only."""
    made: dict[str, RunFolder] = {}

    def of(name: str) -> RunFolder:
        if name not in made:
            made[name] = make_run(
                tmp_path_factory.mktemp("run"),
                PROTOCOLS[name],
                first=FIRST.get(name),
                **SETTINGS.get(name, {}),
            )
        return made[name]

    return of


@pytest.fixture(scope="session")
def context_of(run_of: Callable[[str], RunFolder]) -> Callable[[str], ReportContext]:
    """The context of one of `PROTOCOLS` by name."""
    return lambda name: report_context(run_of(name))


@pytest.fixture(scope="session")
def page_of(context_of: Callable[[str], ReportContext]) -> Callable[[str], str]:
    """The HTML of one of `PROTOCOLS` by name."""
    made: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in made:
            context = context_of(name)
            made[name] = report_page(context, gallery(context))
        return made[name]

    return of


@pytest.fixture(scope="session")
def rendered_of(run_of: Callable[[str], RunFolder]) -> Callable[[str], Rendered]:
    """Report and summary of one of `PROTOCOLS` by name."""
    made: dict[str, Rendered] = {}

    def of(name: str) -> Rendered:
        if name not in made:
            made[name] = render(run_of(name), silent)
        return made[name]

    return of


@pytest.fixture
def libraries() -> None:
    """Skip where this machine cannot lay out a PDF."""
    missing = missing_libraries()
    if missing:
        pytest.skip(
            f"needs the system libraries {', '.join(missing)}; `cxr510k doctor` says how to install them"
        )


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], RunFolder]:
    """A run whose title and whose maker, an axis of subgroups, bear a name."""

    def of(name: str) -> RunFolder:
        title = HEAD.replace('"A study"', f"'{name}'")
        root = tmp_path / "named"
        root.mkdir()
        return make_run(
            root, title + CONSENSUS + STATED + '[[subgroups]]\naxis = "manufacturer"\n', maker=name
        )

    return of


def rows_under(document: str, caption: str) -> list[list[str]]:
    """The cells, as a reader sees them, of each row of the one table whose caption holds a phrase."""
    tables = [
        table for table in re.findall(r"<table.*?</table>", document, re.DOTALL) if caption in seen(table)
    ]
    (table,) = tables
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return [[seen(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def seen(markup: str) -> str:
    """Markup without its tags."""
    return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


@pytest.fixture(scope="session")
def rows_of(page_of: Callable[[str], str]) -> Callable[[str, str], list[list[str]]]:
    """The rows of a table of one of `PROTOCOLS`, by a phrase of its caption."""
    return lambda name, caption: rows_under(page_of(name), caption)


@pytest.fixture(scope="session")
def page_from() -> Callable[[ReportContext], str]:
    """The HTML of a context of one's own."""
    return lambda context: report_page(context, gallery(context))
