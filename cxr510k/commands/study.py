"""`run`, `validate`, `report` and `robustness`: a study and its report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxr510k.app import MAKING, app
from cxr510k.exit_codes import AGAINST, DONE, VERDICT_AGAINST
from cxr510k.options import (
    NO_ROLE,
    Boxes,
    By,
    Device,
    Fonts,
    Images,
    InitialWeights,
    LedgerFile,
    OneTable,
    Out,
    ProtocolFile,
    Role,
    invocation,
    moved_images,
    stamping,
    tables_given,
)

if TYPE_CHECKING:
    from protocols.registration.counted_look import Look
    from protocols.schema.load import LoadedProtocol
    from protocols.storage.run_folder import RunFolder


@app.command(rich_help_panel=MAKING)
def run(
    out: Out,
    protocol: Annotated[Path | None, typer.Argument(help="The protocol; without it, the phantom's.")] = None,
    cohort: Annotated[Path | None, typer.Option(help="Folder of `cohort`, with labels and images.")] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="Write it for {finding} in the protocol; repeat for one run folder each."),
    ] = None,
    images: Images = None,
    initial_weights: InitialWeights = None,
    device: Device = "cpu",
    ledger: LedgerFile = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Do everything: cohort, train, predict, validate, report; without a protocol, on phantoms.

    Example: cxr510k run --out runs/phantom
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.workflow.inputs import CohortFolder, PhantomSource
    from cxr510k.workflow.run import LedgerPlace, run_study
    from cxr510k.workflow.stages import stages_on
    from cxr510k.workflow.work_folder import work_folder
    from protocols.registration.register import place_of_ledger
    from protocols.schema.load import library_protocol, load_protocol
    from protocols.schema.per_finding import run_each
    from protocols.storage.canonical import refuse_occupied
    from protocols.storage.run_folder import RunFolder
    from reports.pdf.render_stack import require_libraries

    if (protocol is None) != (cohort is None):
        raise typer.BadParameter("give a protocol and --cohort, or neither for the built-in phantom.")
    if finding and not protocol:
        raise typer.BadParameter("--finding needs a protocol that holds {finding}.")
    require_libraries()  # before hours of training, not after them
    stamping(by, role)
    place = LedgerPlace(place_of_ledger(protocol, ledger) if protocol else ledger, bool(ledger))
    source = CohortFolder(cohort, images, initial_weights) if cohort else PhantomSource()
    with work_folder(out) as work:

        def run_one(root: Path, loaded: "LoadedProtocol") -> None:
            with progress_bars() as progress:
                look = run_study(
                    root,
                    loaded,
                    source,
                    stages_on(device),
                    progress,
                    work=work,
                    ledger=place,
                    invocation=invocation(by, role),
                )
            _print_look(look, RunFolder(root))

        if finding and protocol:
            folders = run_each(out, protocol.read_bytes(), finding, run_one, source=str(protocol))
        else:
            refuse_occupied(out)
            run_one(out, load_protocol(protocol) if protocol else library_protocol("phantom"))
            folders = (RunFolder(out),)
    _finish_runs(folders)


@app.command(rich_help_panel=MAKING)
def validate(
    protocol: ProtocolFile,
    out: Out,
    predictions: Annotated[Path | None, typer.Option(help="The device's scores.")] = None,
    studies: Annotated[Path | None, typer.Option(help="The studies table.")] = None,
    reads: Annotated[Path | None, typer.Option(help="The readers' verdicts.")] = None,
    cohort: Annotated[
        Path | None, typer.Option(help="Folder of `cohort`, for studies, reads and its flow.")
    ] = None,
    table: OneTable = None,
    operating_point: Annotated[
        Path | None, typer.Option(help='The model\'s file, where from = "model".')
    ] = None,
    boxes: Boxes = None,
    marks: Annotated[Path | None, typer.Option(help="Where the device points, for --boxes.")] = None,
    inventory: Annotated[
        Path | None, typer.Option(help="images.csv of `predict`: test images that the device saw before.")
    ] = None,
    ledger: LedgerFile = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Measure a device's scores against the reference standard, as the protocol promises.

    Example: cxr510k validate protocol.toml --cohort cohorts/rsna --predictions scores.csv --out runs/one
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.terminal.study import print_verdict
    from cxr510k.workflow.run import LedgerPlace, validate_study
    from protocols.cohorts.profile.profile_record import profile_files
    from protocols.registration.register import place_of_ledger
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import refuse_occupied
    from protocols.storage.run_folder import OF_ONE_TABLE, ONE_TABLE, RunFolder
    from validation.cohort.inputs import InputFiles

    begun = invocation(by, role)
    refuse_occupied(out)
    loaded = load_protocol(protocol)
    further = {"operating_point": operating_point, "boxes": boxes, "marks": marks, "images": inventory}
    tables = tables_given(cohort, studies, reads, table, predictions) | {
        name: path for name, path in further.items() if path
    }
    if "predictions" not in tables:
        raise typer.BadParameter("give --predictions, or --table for one table that has them.")
    if marks and "boxes" not in tables:
        raise typer.BadParameter("--marks needs --boxes, or a --cohort that has boxes.")
    kept = tables | (profile_files(cohort) if cohort else {})
    if table:
        kept = {ONE_TABLE: table} | {name: path for name, path in kept.items() if name not in OF_ONE_TABLE}
    place = LedgerPlace(place_of_ledger(protocol, ledger), bool(ledger))
    with progress_bars() as progress:
        results, look = validate_study(
            out, loaded, InputFiles(**tables), kept, progress, ledger=place, invocation=begun
        )
    print_verdict(results)
    _print_look(look, RunFolder(out))
    _finish(out, results.verdict)


@app.command(rich_help_panel=MAKING)
def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    font: Fonts = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Render the 510(k)-style report of a run folder and its summary, PDF and HTML, with tables and figures.

    Example: cxr510k report runs/one
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.workflow.run_additions import add_report
    from cxr510k.workflow.stages import stages_on
    from protocols.storage.run_folder import RunFolder
    from reports.pdf.pdfa_checks import verapdf

    with progress_bars() as progress:
        add_report(run, stages_on("cpu", fonts=font or ()), progress, invocation=invocation(by, role))
    folder = RunFolder(run)
    print(f"wrote {folder.report_pdf}, {folder.summary_pdf}, both as HTML, and {folder.report_parts}")
    said = {path.name: verapdf(path.read_bytes()) for path in (folder.report_pdf, folder.summary_pdf)}
    for name, answer in said.items():
        print(f"veraPDF on {name}: {answer.status} ({answer.told})")
    if any(answer.status == "FAILED" for answer in said.values()):
        raise typer.Exit(VERDICT_AGAINST)


@app.command(rich_help_panel=MAKING)
def robustness(
    run: Annotated[Path, typer.Argument(help="A run folder with a trained device.")],
    images: Images = None,
    device: Device = "cpu",
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Score the test images again, perturb them and hide parts of them; the report then states what follows.

    Example: cxr510k robustness runs/one
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.terminal.screen import print_folded
    from cxr510k.workflow.run_additions import add_robustness
    from cxr510k.workflow.stages import stages_on
    from cxr510k.workflow.work_folder import work_folder
    from protocols.storage.run_folder import RunFolder
    from reports.pdf.render_stack import require_libraries
    from validation.results.robustness_results import robustness_from_json

    if RunFolder(run).report_pdf.exists():
        require_libraries()
    with work_folder(run.resolve()) as work, progress_bars() as progress:
        made = add_robustness(
            run, stages_on(device), moved_images(images), progress, work=work, invocation=invocation(by, role)
        )
    results = robustness_from_json(made.results.read_bytes(), source=str(made.results))
    for caution in results.cautions:
        print_folded(f"caution: {caution.about}: {caution.text}")
    print(f"wrote {made.root}: {results.images} images, {len(results.perturbed)} changes")


def _print_look(look: "Look", folder: "RunFolder") -> None:
    """Print the number of the look at a locked test set, with its alpha of several, or why none was counted."""
    from cxr510k.terminal.screen import print_folded
    from reports.content.looks import alpha_of_look, beyond_plan, of_planned
    from validation.results.results import results_from_json

    if look.number:
        results = results_from_json(folder.results.read_bytes(), source=str(folder.results))
        print(
            f"look {look.number}{of_planned(results, look.number)} at the test set, counted in {look.ledger}"
        )
        if each := alpha_of_look(results):
            print(each)
        if beyond := beyond_plan(results, look.number):
            print_folded(f"notice: {beyond}", "yellow")
    if look.note:
        print(f"note: {look.note}")


def _finish_runs(folders: Sequence["RunFolder"]) -> None:
    """Print every verdict; exit against the device where one of them is against it."""
    from cxr510k.terminal.study import print_verdict
    from validation.results.results import results_from_json

    verdicts = []
    for folder in folders:
        results = results_from_json(folder.results.read_bytes(), source=str(folder.root))
        print_verdict(results)
        print(f"report: {folder.report_pdf}\nsummary: {folder.summary_pdf}")
        verdicts.append(results.verdict)
    for folder, verdict in list(zip(folders, verdicts, strict=True))[:-1]:
        print(f"wrote {folder.root}: verdict {verdict}")
    worst = next((verdict for verdict in verdicts if verdict in AGAINST), verdicts[-1])
    _finish(folders[-1].root, worst)


def _finish(out: Path, verdict: str) -> None:
    """Print the verdict as the last line; exit with 1 where it is against the device."""
    against = verdict in AGAINST
    print(f"wrote {out}: verdict {verdict}, exit {VERDICT_AGAINST if against else DONE}")
    if against:
        raise typer.Exit(VERDICT_AGAINST)
