"""The command line: each command parses, calls the library and prints what it wrote.

The only place that knows all four rooms; it imports them inside the handlers, so that `--help` is
instant and an auditor's commands never load TensorFlow.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from protocols.images.folder import ImageFolder
    from protocols.load import LoadedProtocol
    from protocols.pipeline import Stages
    from protocols.progress import Progress
    from protocols.records import Labels, Studies
    from protocols.rerun import Finding
    from protocols.run_folder import RunFolder

app = typer.Typer(
    name="cxr510k",
    help="Train, validate and report a chest-X-ray pneumonia classifier, with evidence that reruns to the same bytes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cohort_app = typer.Typer(
    help="Turn a data source into studies, reads, labels, flow.csv and exclusions.csv.", no_args_is_help=True
)
app.add_typer(cohort_app, name="cohort")

DONE, VERDICT_AGAINST, BAD_INPUT, NOT_POSSIBLE_HERE, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 4, 130

Out = Annotated[Path, typer.Option("--out", help="Folder to make; absent or empty.")]
ProtocolFile = Annotated[Path, typer.Argument(help="The protocol, a TOML file.", show_default=False)]
Device = Annotated[
    Literal["cpu", "gpu"], typer.Option("--device", help="cpu or gpu; never another than the one asked for.")
]
Images = Annotated[
    Path | None,
    typer.Option("--images", help="Folder that holds the images, where they are not beside the studies."),
]
Within = Annotated[
    Path | None, typer.Option("--within", help="CSV whose first column lists the images to keep.")
]
HoldOut = Annotated[
    Path | None,
    typer.Option("--hold-out", help="CSV whose first column lists images whose patients are the test split."),
]


@cohort_app.command("phantom")
def cohort_phantom(
    out: Out,
    patients: Annotated[int, typer.Option(help="How many synthetic patients.")] = 700,
    seed: Annotated[int, typer.Option(help="Another seed makes other patients.")] = 510,
) -> None:
    """Make synthetic chest radiographs with known truth and simulated readers.

    Example: cxr510k cohort phantom --patients 40 --out cohorts/phantom
    """
    from protocols.canonical import new_folder
    from protocols.cohorts import phantom
    from reports.terminal import progress_bars

    with new_folder(out) as folder, progress_bars() as progress:
        phantom.generate(
            folder,
            seed=seed,
            patients=patients,
            workers=os.cpu_count() or 1,
            progress=partial(progress, "phantoms"),
        )
    print(f"wrote {out}")


@cohort_app.command("nih")
def cohort_nih(
    metadata: Annotated[
        Path, typer.Argument(help="Data_Entry_2017, the sample set's labels or a CheXNeXt-style table.")
    ],
    out: Out,
    images: Images = None,
    train_val_list: Annotated[Path | None, typer.Option(help="The official train_val_list.txt.")] = None,
    test_list: Annotated[Path | None, typer.Option(help="The official test_list.txt.")] = None,
    within: Within = None,
    hold_out: HoldOut = None,
    reads: Annotated[Path | None, typer.Option(help="Radiologists' reads of some of these images.")] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="Offer this text-mined finding as reads; cannot pass. Repeatable."),
    ] = None,
) -> None:
    """Take NIH ChestX-ray14: patients, ages, sex, view and text-mined findings.

    Example: cxr510k cohort nih Data_Entry_2017_v2020.csv --images images --out cohorts/nih
    """
    from protocols.canonical import new_folder
    from protocols.cohorts.folder import write_cohort
    from protocols.cohorts.nih import nih

    with new_folder(out) as folder:
        cohort = nih(
            metadata,
            out=out,
            images=images,
            train_val_list=train_val_list,
            test_list=test_list,
            within=within,
            hold_out=hold_out,
            reads=reads,
            findings=finding or (),
        )
        write_cohort(cohort, folder)
    _print_flow(out)


@cohort_app.command("rsna")
def cohort_rsna(
    mapping: Annotated[Path, typer.Argument(help="RSNA classes matched to NIH images (rsna_to_nih.csv).")],
    metadata: Annotated[Path, typer.Option(help="NIH's Data_Entry_2017, for patient, age, sex and view.")],
    out: Out,
    images: Images = None,
    within: Within = None,
    hold_out: HoldOut = None,
) -> None:
    """Take RSNA 2018 radiologists' classes, joined to NIH's patients; positive is Lung Opacity.

    Example: cxr510k cohort rsna rsna_to_nih.csv --metadata Data_Entry_2017_v2020.csv --out cohorts/rsna
    """
    from protocols.canonical import new_folder
    from protocols.cohorts.folder import write_cohort
    from protocols.cohorts.rsna import rsna

    with new_folder(out) as folder:
        cohort = rsna(mapping, metadata=metadata, out=out, images=images, within=within, hold_out=hold_out)
        write_cohort(cohort, folder)
    _print_flow(out)


@cohort_app.command("chexpert")
def cohort_chexpert(
    folder: Annotated[Path, typer.Argument(help="Folder of the CheXpert test set's labels.")],
    finding: Annotated[str, typer.Option(help="One of the 14 findings, as the files name it.")],
    out: Out,
) -> None:
    """Take the CheXpert test set: 500 studies that five radiologists read for a finding.

    Example: cxr510k cohort chexpert chexpert-test --finding Consolidation --out cohorts/consolidation
    """
    from protocols.canonical import new_folder
    from protocols.cohorts.chexpert import chexpert
    from protocols.cohorts.folder import write_cohort

    with new_folder(out) as staging:
        write_cohort(chexpert(folder, finding=finding), staging)
    _print_flow(out)


@cohort_app.command("table")
def cohort_table(
    studies: Annotated[Path, typer.Argument(help="Studies in the suite's columns, CSV or Parquet.")],
    out: Out,
    reads: Annotated[Path | None, typer.Option(help="Readers' verdicts.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Training labels.")] = None,
    within: Within = None,
    hold_out: HoldOut = None,
) -> None:
    """Take a site's own tables, checked strictly.

    Example: cxr510k cohort table studies.csv --reads reads.csv --out cohorts/site
    """
    from protocols.canonical import new_folder
    from protocols.cohorts.folder import write_cohort
    from protocols.cohorts.table import table

    with new_folder(out) as folder:
        write_cohort(
            table(studies, out=out, reads=reads, labels=labels, within=within, hold_out=hold_out), folder
        )
    _print_flow(out)


@app.command()
def train(
    protocol: ProtocolFile,
    studies: Annotated[Path, typer.Option(help="The studies table, with a column split.")],
    labels: Annotated[Path, typer.Option(help="The training labels.")],
    out: Out,
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Train the device under test and freeze its operating point.

    Example: cxr510k train protocol.toml --studies c/studies.csv --labels c/labels.csv --out model
    """
    from model.train import train as train_model
    from protocols.canonical import new_folder
    from protocols.load import load_protocol
    from reports.terminal import progress_bars

    loaded = load_protocol(protocol)
    cohort, findings = _studies(loaded, studies), _labels(labels)
    with new_folder(out) as folder, progress_bars() as progress:
        trained = train_model(
            loaded, cohort, findings, _image_folder(studies, images), folder, device=device, progress=progress
        )
    print(
        f"wrote {out}: tuning AUROC {trained.plan.tune_auroc:.3f}, threshold {trained.choice.threshold:.6f}"
    )


@app.command()
def predict(
    model: Annotated[Path, typer.Option(help="Folder that `train` made.")],
    studies: Annotated[Path, typer.Option(help="The studies table; only its test split is scored.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Score images with a trained device.

    Example: cxr510k predict --model model --studies c/studies.csv --out predictions.csv
    """
    from model.predict import predict as predict_scores
    from protocols.admission import studies_from
    from protocols.canonical import write_text
    from protocols.tables import read_table
    from reports.terminal import progress_bars

    _refuse_existing_file(out)
    cohort = studies_from(read_table(studies))
    with progress_bars() as progress:
        text = predict_scores(model, cohort, _image_folder(studies, images), device=device, progress=progress)
    write_text(out, text)
    print(f"wrote {out}: {text.count(chr(10)) - 1} images")


@app.command()
def validate(
    protocol: ProtocolFile,
    predictions: Annotated[Path, typer.Option(help="The device's scores.")],
    out: Out,
    studies: Annotated[Path | None, typer.Option(help="The studies table.")] = None,
    reads: Annotated[Path | None, typer.Option(help="The readers' verdicts.")] = None,
    cohort: Annotated[
        Path | None, typer.Option(help="Folder of `cohort`, for studies, reads and its flow.")
    ] = None,
    operating_point: Annotated[
        Path | None, typer.Option(help='The model\'s file, where from = "model".')
    ] = None,
) -> None:
    """Measure a device's scores against the reference standard, as the protocol promises.

    Example: cxr510k validate protocol.toml --cohort cohorts/rsna --predictions scores.csv --out runs/one
    """
    from protocols.canonical import refuse_occupied
    from protocols.environment import run_record
    from protocols.load import load_protocol
    from protocols.pipeline import store_validation
    from reports.terminal import print_verdict, progress_bars
    from validation.inputs import InputFiles
    from validation.run import validate as validate_files

    record = run_record(_command(), datetime.now(UTC))
    refuse_occupied(out)
    loaded = load_protocol(protocol)
    tables = _cohort_tables(cohort, studies, reads)
    files = InputFiles(**tables, predictions=predictions, operating_point=operating_point)
    with progress_bars() as progress:
        done = validate_files(loaded, files, progress)
    given = {**tables, "predictions": predictions} | (
        {"operating_point": operating_point} if operating_point else {}
    )
    outputs = {"results.json": done.results.to_json(), "line_listing.csv": done.line_listing}
    store_validation(out, loaded, given, outputs, record)
    print_verdict(done.results)
    _finish(out, done.results.verdict)


@app.command()
def report(run: Annotated[Path, typer.Argument(help="A run folder.")]) -> None:
    """Render the 510(k)-style report of a run folder, PDF and HTML.

    Example: cxr510k report runs/one
    """
    from protocols.pipeline import add_report
    from reports.terminal import progress_bars

    with progress_bars() as progress:
        add_report(run, _stage_report, progress)
    print(f"wrote {run / 'report.pdf'} and {run / 'report.html'}")


@app.command()
def rerun(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    level: Annotated[
        int | None, typer.Option(help="1 from scores, 2 from weights and images, 3 from data.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Also ask the second implementation of the statistics.")
    ] = False,
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Repeat a run in a temporary folder and say what was reproduced.

    Example: cxr510k rerun runs/one --level 1 --independent
    """
    from protocols.images.folder import ImageFolder
    from protocols.rerun import rerun as rerun_run
    from reports.stack import same_content
    from reports.terminal import print_findings, progress_bars

    if level is None and not independent:
        raise typer.BadParameter("give --level 1, 2 or 3, --independent, or both.")
    moved = ImageFolder(images, search=True) if images else None
    with progress_bars() as progress:
        findings = rerun_run(
            run,
            level,
            _stages(device),
            same_content,
            moved,
            progress,
            second_opinion=_second_opinion if independent else None,
        )
    print_findings(findings, level)
    if not all(finding.reproduced for finding in findings):
        raise typer.Exit(VERDICT_AGAINST)


@app.command()
def run(
    out: Out,
    protocol: Annotated[Path | None, typer.Argument(help="The protocol; without it, the phantom's.")] = None,
    cohort: Annotated[Path | None, typer.Option(help="Folder of `cohort`, with labels and images.")] = None,
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Do everything: cohort, train, predict, validate, report; without a protocol, on phantoms.

    Example: cxr510k run --out runs/phantom
    """
    from protocols.canonical import refuse_occupied
    from protocols.environment import run_record
    from protocols.load import library_protocol, load_protocol
    from protocols.pipeline import run as run_everything
    from protocols.run_folder import RunFolder
    from reports.terminal import print_verdict, progress_bars
    from validation.results import results_from_json

    record = run_record(_command(), datetime.now(UTC))
    if (protocol is None) != (cohort is None):
        raise typer.BadParameter("give a protocol and --cohort, or neither for the built-in phantom.")
    refuse_occupied(out)
    loaded = load_protocol(protocol) if protocol else library_protocol("phantom")
    with progress_bars() as progress:

        def bring_cohort(folder: RunFolder) -> "ImageFolder":
            return (
                _bring_tables(folder, loaded, cohort, images) if cohort else _bring_phantom(folder, progress)
            )

        run_everything(out, loaded, bring_cohort, _stages(device), record, progress)
    results = results_from_json(RunFolder(out).results.read_bytes(), source=str(out))
    print_verdict(results)
    print(f"report: {RunFolder(out).report_pdf}")
    _finish(out, results.verdict)


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and the one line that mends it.

    Example: cxr510k doctor
    """
    from reports.stack import INSTALL, missing_libraries

    missing = missing_libraries()
    if missing:
        print(f"missing: {', '.join(missing)}\n{INSTALL}")
        raise typer.Exit(NOT_POSSIBLE_HERE)
    print("nothing is missing")


def _stages(device: Literal["cpu", "gpu"]) -> "Stages":
    from protocols.pipeline import Stages

    def stage_train(folder: "RunFolder", images: "ImageFolder", progress: "Progress") -> str:
        from model.train import train as train_model

        loaded = _protocol_of(folder)
        # Named without its folder, which nobody knows while the run is being made.
        studies = replace(_studies(loaded, folder.require_input("studies")), source="studies")
        labels = _labels(folder.require_input("labels"))
        folder.model.mkdir()
        return train_model(
            loaded, studies, labels, images, folder.model, device=device, progress=progress
        ).runtime.device_name

    def stage_predict(folder: "RunFolder", images: "ImageFolder", progress: "Progress") -> None:
        from model.predict import predict as predict_scores
        from protocols.canonical import write_text

        studies = _studies(_protocol_of(folder), folder.require_input("studies"))
        text = predict_scores(folder.model, studies, images, device=device, progress=progress)
        write_text(folder.inputs / "predictions.csv", text)

    return Stages(train=stage_train, predict=stage_predict, validate=_stage_validate, report=_stage_report)


def _stage_validate(folder: "RunFolder", progress: "Progress") -> str:
    from protocols.canonical import write_text
    from validation.inputs import input_files
    from validation.run import validate as validate_files

    loaded = _protocol_of(folder)
    done = validate_files(loaded, input_files(folder, loaded.protocol), progress)
    write_text(folder.results, done.results.to_json())
    write_text(folder.line_listing, done.line_listing)
    return done.results.verdict


def _second_opinion(folder: "RunFolder", progress: "Progress") -> "tuple[Finding, ...]":
    from validation.independent_comparison import compare, findings
    from validation.independent_opinion import second_opinion
    from validation.inputs import input_files
    from validation.results import results_from_json

    recorded = results_from_json(folder.results.read_bytes(), source=str(folder.results))
    protocol = _protocol_of(folder).protocol
    opinion = second_opinion(protocol, input_files(folder, protocol), progress)
    return findings(compare(recorded, opinion), opinion.criteria)


def _stage_report(folder: "RunFolder", progress: "Progress") -> Mapping[str, str]:
    from protocols.canonical import write_bytes, write_text
    from reports.render import render

    rendered = render(folder, progress)
    write_bytes(folder.report_pdf, rendered.pdf)
    write_text(folder.report_html, rendered.html)
    return rendered.render_stack


def _bring_phantom(folder: "RunFolder", progress: "Progress") -> "ImageFolder":
    """Phantoms into the run folder: tables among the inputs, images where the record finds them."""
    from protocols.cohorts import phantom
    from protocols.images.folder import ImageFolder

    phantom.generate(folder.root, workers=os.cpu_count() or 1, progress=partial(progress, "phantoms"))
    for table in sorted(folder.root.glob("*.csv")):
        table.rename(folder.inputs / table.name)
    return ImageFolder(folder.root, search=False)


def _bring_tables(
    folder: "RunFolder", loaded: "LoadedProtocol", cohort: Path, images: Path | None
) -> "ImageFolder":
    """A cohort's tables into the run folder, after they were checked where the user knows them."""
    from protocols.admission import reads_from
    from protocols.cohorts.folder import tables_of
    from protocols.mapping import reads_table
    from protocols.pipeline import store_input

    tables = tables_of(cohort, ("studies", "reads", "labels"), optional=("flow", "exclusions", "truth"))
    _studies(loaded, tables["studies"])
    reads_from(reads_table(tables["reads"], loaded.protocol).table)
    _labels(tables["labels"])
    for name, path in tables.items():
        store_input(folder, name, path)
    return _image_folder(tables["studies"], images)


def _studies(loaded: "LoadedProtocol", path: Path) -> "Studies":
    from protocols.admission import studies_from
    from protocols.mapping import studies_table

    return studies_from(studies_table(path, loaded.protocol).table)


def _labels(path: Path) -> "Labels":
    from protocols.admission import labels_from
    from protocols.tables import read_table

    return labels_from(read_table(path))


def _protocol_of(folder: "RunFolder") -> "LoadedProtocol":
    from protocols.load import load_protocol

    return load_protocol(folder.protocol)


def _cohort_tables(cohort: Path | None, studies: Path | None, reads: Path | None) -> dict[str, Path]:
    """Studies, reads and, of a cohort folder, the source's flow."""
    from protocols.cohorts.folder import tables_of

    if cohort and not (studies or reads):
        return tables_of(cohort, ("studies", "reads"), optional=("flow",))
    if studies and reads and not cohort:
        return {"studies": studies, "reads": reads}
    raise typer.BadParameter("give --cohort, or both --studies and --reads.")


def _image_folder(studies: Path, images: Path | None) -> "ImageFolder":
    from protocols.images.folder import ImageFolder

    return ImageFolder(images, search=True) if images else ImageFolder(studies.parent, search=False)


def _refuse_existing_file(out: Path) -> None:
    from protocols.errors import BadInputError

    if out.exists():
        raise BadInputError(f"{out}: exists; name a file that does not.")


def _print_flow(out: Path) -> None:
    from protocols.cohorts.folder import FLOW, read_flow

    for step in read_flow(out / FLOW):
        print(f"{step.step:<24}{step.images:>9,} images {step.patients:>8,} patients  {step.reason}")
    print(f"wrote {out}")


def _finish(out: Path, verdict: str) -> None:
    """The last line says which verdict it was; the exit code says whether it stands against the device."""
    against = verdict in ("fail", "inconclusive")
    print(f"wrote {out}: verdict {verdict}, exit {VERDICT_AGAINST if against else DONE}")
    if against:
        raise typer.Exit(VERDICT_AGAINST)


def _command() -> str:
    return " ".join(sys.argv[1:])


def main() -> None:
    """Run one command and end with the contract's exit code, a sentence and never a traceback."""
    code, sentence = _ended()
    if sentence:
        print(f"cxr510k: {sentence}", file=sys.stderr)
    sys.exit(code)


def _ended() -> tuple[int, str]:
    """The exit code of the command that was typed, and what there is to say of it."""
    from typer.exceptions import TyperException

    from protocols.environment import refuse_borrowed_names
    from protocols.errors import SuiteError

    try:
        if "--help" not in sys.argv:
            refuse_borrowed_names()
        code = app(standalone_mode=False) or DONE
        return code, "interrupted; nothing was written." if code == INTERRUPTED else ""
    except TyperException as error:
        usage = error.format_message().replace("Value error, ", "")
        return BAD_INPUT, f"{usage} See cxr510k --help." if usage else ""
    except SuiteError as error:
        return error.exit_code, str(error)
    except OSError as error:
        what = error.filename or "a file"
        return NOT_POSSIBLE_HERE, f"{what}: {error.strerror or error}; nothing was written."
    except Exception as error:  # noqa: BLE001 - the one place where a fault of our own becomes exit 4
        with tempfile.NamedTemporaryFile("w", prefix="cxr510k-error-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
        return INTERNAL_ERROR, f"internal error ({type(error).__name__}); details are in {file.name}."


if __name__ == "__main__":
    main()
