"""The command line: each command parses, calls the library and prints what it wrote.

The only place that knows all four rooms; it imports them inside the handlers, so that `--help` is
instant and an auditor's commands never load TensorFlow.
"""

import io
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from cxr510k.workflow.run import Stages, Training
    from protocols.cohorts.cohort import Cohort
    from protocols.evidence.reproduction.comparisons import Finding
    from protocols.evidence.reproduction.levels import Rerun
    from protocols.evidence.reproduction.open_evidence import Evidence
    from protocols.images.folder import ImageFolder
    from protocols.ledger.chain import Stamp
    from protocols.progress import Progress
    from protocols.registration.look import Look, Unseal
    from protocols.registration.register import Stamping
    from protocols.schema.load import LoadedProtocol
    from protocols.storage.run_folder import RunFolder
    from protocols.tables.perturbation_scores import BatteryFolder, BatteryScores
    from protocols.tables.records import Labels, Studies

app = typer.Typer(
    name="cxr510k",
    help="Train, validate and report a chest-X-ray pneumonia classifier, with evidence that reruns to the same bytes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
MAKING, CHECKING = "Make evidence", "Check evidence"

cohort_app = typer.Typer(
    help="Turn a data source into studies, reads, labels, flow.csv and exclusions.csv.", no_args_is_help=True
)
app.add_typer(cohort_app, name="cohort", rich_help_panel=MAKING)
ledger_app = typer.Typer(
    help="Read and check the ledger of a test set, or the trail of a run.", no_args_is_help=True
)
app.add_typer(ledger_app, name="ledger", rich_help_panel=CHECKING)

ROOMS = ("model", "protocols", "reports", "validation")
AGAINST = ("fail", "inconclusive")
DONE, VERDICT_AGAINST, BAD_INPUT, NOT_POSSIBLE_HERE, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 4, 130
TERMINATED = 143

Out = Annotated[Path, typer.Option("--out", help="Folder to make; absent or empty.")]
ProtocolFile = Annotated[Path, typer.Argument(help="The protocol, a TOML file.", show_default=False)]
Device = Annotated[
    Literal["cpu", "gpu", "gpus"],
    typer.Option("--device", help="cpu, gpu (one) or gpus (all); never another than the one asked for."),
]
Images = Annotated[
    Path | None,
    typer.Option("--images", help="Folder that holds the images, where they are not beside the studies."),
]
Fonts = Annotated[
    list[Path] | None,
    typer.Option("--font", help="Font file for letters that no bundled font has; repeatable."),
]
InitialWeights = Annotated[
    Path | None,
    typer.Option("--initial-weights", help="Weights to begin from, where the protocol names their SHA-256."),
]
WithProfile = Annotated[
    bool, typer.Option("--profile", help="Also write profile.html: what the cohort holds, before training.")
]
Within = Annotated[
    Path | None, typer.Option("--within", help="CSV whose first column lists the images to keep.")
]
OneTable = Annotated[
    Path | None, typer.Option("--table", help="One table for studies, reads and predictions together.")
]
Boxes = Annotated[Path | None, typer.Option("--boxes", help="Boxes that readers drew around the finding.")]
PublicKeyFile = Annotated[
    Path,
    typer.Option(
        "--pubkey", help="Public key of the bundle's maker, by a way of your own; never from the bundle."
    ),
]
HoldOut = Annotated[
    Path | None,
    typer.Option("--hold-out", help="CSV whose first column lists images whose patients are the test split."),
]

LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", help="Ledger of the test set; default ledger.jsonl beside the protocol."),
]
By = Annotated[str | None, typer.Option("--by", help="Who does it; default the account of the system.")]
Role = Annotated[str, typer.Option("--role", help="In which role, such as 'quality engineer'.")]
NO_ROLE = "not stated"


@cohort_app.command("phantom")
def cohort_phantom(
    out: Out,
    patients: Annotated[int, typer.Option(help="How many synthetic patients.")] = 700,
    seed: Annotated[int, typer.Option(help="Another seed makes other patients.")] = 510,
    profile: WithProfile = False,
) -> None:
    """Make synthetic chest radiographs with known truth and simulated readers.

    Example: cxr510k cohort phantom --patients 40 --out cohorts/phantom
    """
    from cxr510k.terminal.study import progress_bars
    from protocols.cohorts.phantom import generate as phantom
    from protocols.storage.canonical import new_folder

    with new_folder(out) as folder:
        with progress_bars() as progress:
            phantom.generate(
                folder,
                seed=seed,
                patients=patients,
                workers=os.cpu_count() or 1,
                progress=partial(progress, "phantoms"),
            )
        if profile:
            _write_profile(folder)
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
    boxes: Boxes = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="Offer this text-mined finding as reads; cannot pass. Repeatable."),
    ] = None,
    profile: WithProfile = False,
) -> None:
    """Take NIH ChestX-ray14: patients, ages, sex, view and text-mined findings.

    Example: cxr510k cohort nih Data_Entry_2017_v2020.csv --images images --out cohorts/nih
    """
    from protocols.cohorts.sources.nih import nih

    make = partial(
        nih,
        metadata,
        out=out,
        images=images,
        train_val_list=train_val_list,
        test_list=test_list,
        within=within,
        hold_out=hold_out,
        reads=reads,
        boxes=boxes,
        findings=finding or (),
    )
    _write_cohort(out, make, profile)


@cohort_app.command("rsna")
def cohort_rsna(
    mapping: Annotated[Path, typer.Argument(help="RSNA classes matched to NIH images (rsna_to_nih.csv).")],
    metadata: Annotated[Path, typer.Option(help="NIH's Data_Entry_2017, for patient, age, sex and view.")],
    out: Out,
    images: Images = None,
    within: Within = None,
    hold_out: HoldOut = None,
    boxes: Annotated[
        Path | None, typer.Option(help="RSNA's stage_2_train_labels.csv, for where the opacities are.")
    ] = None,
    profile: WithProfile = False,
) -> None:
    """Take RSNA 2018 radiologists' classes, joined to NIH's patients; positive is Lung Opacity.

    Example: cxr510k cohort rsna rsna_to_nih.csv --metadata Data_Entry_2017_v2020.csv --out cohorts/rsna
    """
    from protocols.cohorts.sources.rsna import rsna

    make = partial(
        rsna,
        mapping,
        metadata=metadata,
        out=out,
        images=images,
        within=within,
        hold_out=hold_out,
        boxes=boxes,
    )
    _write_cohort(out, make, profile)


@cohort_app.command("chexpert")
def cohort_chexpert(
    folder: Annotated[Path, typer.Argument(help="Folder of the CheXpert test set's labels.")],
    finding: Annotated[str, typer.Option(help="One of the 14 findings, as the files name it.")],
    out: Out,
    profile: WithProfile = False,
) -> None:
    """Take the CheXpert test set: 500 studies that five radiologists read for a finding.

    Example: cxr510k cohort chexpert chexpert-test --finding Consolidation --out cohorts/consolidation
    """
    from protocols.cohorts.sources.chexpert import chexpert

    _write_cohort(out, partial(chexpert, folder, finding=finding), profile)


@cohort_app.command("google")
def cohort_google(
    labels: Annotated[Path, typer.Argument(help="The adjudicated labels, such as validation_labels.csv.")],
    finding: Annotated[str, typer.Option(help="One of the four findings, as the file names it.")],
    metadata: Annotated[Path, typer.Option(help="NIH's Data_Entry_2017, for patient, age, sex and view.")],
    out: Out,
    within: Within = None,
    profile: WithProfile = False,
) -> None:
    """Take Google's labels of NIH images: several readers, adjudicated, of four findings.

    Example: cxr510k cohort google labels.csv --finding Fracture --metadata Data_Entry_2017_v2020.csv --out cohorts/one
    """
    from protocols.cohorts.sources.google import google

    make = partial(google, labels, finding=finding, metadata=metadata, out=out, within=within)
    _write_cohort(out, make, profile)


@cohort_app.command("vindr")
def cohort_vindr(
    annotations: Annotated[Path, typer.Argument(help="One row per box and reader, such as train.csv.")],
    studies: Annotated[Path, typer.Option(help="The images' studies, in the suite's columns.")],
    finding: Annotated[str, typer.Option(help="The class_name that readers call positive.")],
    out: Out,
    within: Within = None,
    hold_out: HoldOut = None,
    profile: WithProfile = False,
) -> None:
    """Take annotations as VinDr-CXR publishes them: each reader's boxes become one read per image.

    Example: cxr510k cohort vindr train.csv --studies studies.csv --finding Pneumonia --out cohorts/vindr
    """
    from protocols.cohorts.sources.vindr import vindr

    make = partial(
        vindr, annotations, studies=studies, finding=finding, out=out, within=within, hold_out=hold_out
    )
    _write_cohort(out, make, profile)


@cohort_app.command("dicom")
def cohort_dicom(
    folder: Annotated[Path, typer.Argument(help="Folder of DICOM files, searched with all folders inside.")],
    out: Out,
    reads: Annotated[Path | None, typer.Option(help="Readers' verdicts.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Training labels.")] = None,
    within: Within = None,
    hold_out: HoldOut = None,
    boxes: Boxes = None,
    profile: WithProfile = False,
) -> None:
    """Take a folder of DICOM radiographs: patients, ages, sex and view from their headers.

    Example: cxr510k cohort dicom export --reads reads.csv --out cohorts/site
    """
    from cxr510k.terminal.study import progress_bars
    from protocols.cohorts.sources.dicom import dicom

    with progress_bars() as progress:
        make = partial(
            dicom,
            folder,
            out=out,
            progress=partial(progress, "headers"),
            reads=reads,
            labels=labels,
            within=within,
            hold_out=hold_out,
            boxes=boxes,
        )
        _write_cohort(out, make, profile)


@cohort_app.command("table")
def cohort_table(
    studies: Annotated[Path, typer.Argument(help="One row per image: CSV, Parquet or Excel.")],
    out: Out,
    reads: Annotated[Path | None, typer.Option(help="Readers' verdicts.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Training labels.")] = None,
    boxes: Boxes = None,
    within: Within = None,
    hold_out: HoldOut = None,
    protocol: Annotated[
        Path | None, typer.Option(help="Protocol whose [columns], [values] and [format] the tables follow.")
    ] = None,
    delimiter: Annotated[
        Literal[",", ";", "|", "tab"] | None,
        typer.Option(help="What separates the columns of the CSV files."),
    ] = None,
    decimal: Annotated[
        Literal[".", ","] | None, typer.Option(help="The decimal mark of the CSV files.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook that has several.")] = None,
    profile: WithProfile = False,
) -> None:
    """Take a site's own tables, checked strictly, and write them as plain CSV in the suite's columns.

    Example: cxr510k cohort table studies.csv --reads reads.csv --out cohorts/site
    """
    from protocols.cohorts.sources.own_tables import table
    from protocols.schema.load import load_protocol

    make = partial(
        table,
        studies,
        out=out,
        reads=reads,
        labels=labels,
        boxes=boxes,
        within=within,
        hold_out=hold_out,
        protocol=load_protocol(protocol).protocol if protocol else None,
        delimiter="\t" if delimiter == "tab" else delimiter,
        decimal=decimal,
        sheet=sheet,
    )
    _write_cohort(out, make, profile)


@app.command(rich_help_panel=MAKING)
def train(
    protocol: ProtocolFile,
    studies: Annotated[Path, typer.Option(help="The studies table, with a column split.")],
    labels: Annotated[Path, typer.Option(help="The training labels.")],
    out: Out,
    images: Images = None,
    initial_weights: InitialWeights = None,
    device: Device = "cpu",
) -> None:
    """Train the device under test and freeze its operating point.

    Example: cxr510k train protocol.toml --studies c/studies.csv --labels c/labels.csv --out model
    """
    from cxr510k.terminal.study import progress_bars
    from cxr510k.workflow.run import work_folder
    from model.training.train import train as train_model
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import new_folder

    loaded = load_protocol(protocol)
    cohort, findings = _studies(loaded, studies), _labels(loaded, labels)
    with work_folder(out) as work, new_folder(out) as folder, progress_bars() as progress:
        trained = train_model(
            loaded,
            cohort,
            findings,
            _image_folder(studies, images),
            folder,
            work=work,
            device=device,
            progress=progress,
            initial_weights=initial_weights,
        )
    print(
        f"wrote {out}: tuning AUROC {trained.plan.tune_auroc:.3f}, threshold {trained.choice.threshold:.6f}, "
        f"{trained.images_per_second:.0f} images/s"
    )
    for note in trained.notes:
        print(f"note: {note}")


@app.command(rich_help_panel=MAKING)
def predict(
    model: Annotated[Path, typer.Option(help="Folder that `train` made.")],
    studies: Annotated[Path, typer.Option(help="The studies table; only its test split is scored.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    inventory: Annotated[
        Path | None,
        typer.Option(help="Also write this CSV: hashes of every picture, and those seen in training."),
    ] = None,
    marks: Annotated[Path | None, typer.Option(help="Also write this CSV: where the device points.")] = None,
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Score images with a trained device.

    Example: cxr510k predict --model model --studies c/studies.csv --out predictions.csv
    """
    from cxr510k.terminal.study import progress_bars
    from cxr510k.workflow.run import work_folder
    from model.explanation.saliency import mark
    from model.inference.predict import predict as predict_scores
    from protocols.storage.canonical import write_text
    from protocols.tables.checks import studies_from
    from protocols.tables.column_mapping import studies_table

    for path in filter(None, (out, inventory, marks)):
        _refuse_existing_file(path)
    cohort, folder = studies_from(studies_table(studies).table), _image_folder(studies, images)
    with work_folder(out) as work, progress_bars() as progress:
        predicted = predict_scores(model, cohort, folder, work=work, device=device, progress=progress)
        pointed = mark(model, cohort, folder, work=work, device=device, progress=progress) if marks else ""
    for made, text in ((out, predicted.predictions), (inventory, predicted.images), (marks, pointed)):
        if made:
            write_text(made, text)
    print(f"wrote {out}: {predicted.summary}")


@app.command(rich_help_panel=MAKING)
def lock(
    protocol: ProtocolFile,
    studies: Annotated[Path | None, typer.Option(help="The studies table.")] = None,
    reads: Annotated[Path | None, typer.Option(help="The readers' verdicts.")] = None,
    cohort: Annotated[Path | None, typer.Option(help="Folder of `cohort`, for studies and reads.")] = None,
    table: OneTable = None,
    operating_point: Annotated[
        Path | None, typer.Option(help='The model\'s file, where from = "model", to freeze its threshold.')
    ] = None,
    ledger: LedgerFile = None,
    by: By = None,
    role: Role = NO_ROLE,
    reason: Annotated[str | None, typer.Option(help="Why, where it amends what is registered.")] = None,
    receipt: Annotated[Path | None, typer.Option(help="Also write the receipt to this file.")] = None,
) -> None:
    """Lock a protocol, its test set and its threshold before anybody looks, and print a receipt to file elsewhere.

    Example: cxr510k lock protocol.toml --cohort cohorts/rsna --by "A. Example" --role "quality engineer"
    """
    from protocols.registration.entries import Threshold
    from protocols.registration.register import place_of_ledger, register
    from protocols.registration.test_set import sealed_set_of
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import write_text
    from protocols.tables.checks import reads_from
    from protocols.tables.column_mapping import reads_table
    from validation.cohort.operating_point import operating_point as point_of

    if receipt:
        _refuse_existing_file(receipt)
    loaded = load_protocol(protocol)
    tables = _tables(cohort, studies, reads, table)
    given = reads_table(tables["reads"], loaded.protocol, one_table=bool(table))
    sealed = sealed_set_of(_studies(loaded, tables["studies"]), reads_from(given.table))
    threshold = None
    if operating_point:
        point = point_of(loaded.protocol.operating_point, operating_point)
        threshold = Threshold(point.threshold, point.sha256)
    path = place_of_ledger(protocol, ledger)
    if path is None:
        raise typer.BadParameter(
            "the protocol lies in a run folder; name the ledger of its test set with --ledger."
        )
    made = register(path, loaded, sealed, threshold, _stamping(by, role), reason=reason)
    print(made.to_json(), end="")
    if receipt:
        write_text(receipt, made.to_json())
    print(
        f"{path}: holds it as of entry {made.ledger.entries}. File or sign the receipt where nobody here can change "
        "it: nothing else proves the order.",
        file=sys.stderr,
    )


@ledger_app.command("show")
def ledger_show(
    ledger: Annotated[Path, typer.Argument(help="A ledger.jsonl or the trail.jsonl of a run.")],
) -> None:
    """Show every entry of a ledger, oldest first: when, who, what.

    Example: cxr510k ledger show ledger.jsonl
    """
    from protocols.ledger.chain import read_ledger
    from protocols.registration.display import ledger_table

    for line in ledger_table(read_ledger(ledger), shutil.get_terminal_size().columns):
        print(line)


@ledger_app.command("verify")
def ledger_verify(
    ledger: Annotated[Path, typer.Argument(help="A ledger.jsonl or the trail.jsonl of a run.")],
    receipt: Annotated[
        Path | None,
        typer.Option(help="The receipt as it was filed elsewhere: nothing before it may be missing."),
    ] = None,
) -> None:
    """Check the chain of a ledger, the order of its entries and, with a receipt, that nothing was cut off.

    Example: cxr510k ledger verify ledger.jsonl --receipt filed/receipt.json
    """
    from protocols.ledger.chain import read_ledger
    from protocols.registration.consistency import faults_of, notes_of
    from protocols.registration.receipt import missing_promise, read_receipt

    filed = read_receipt(receipt) if receipt else None
    held = read_ledger(ledger)
    faults = list(faults_of(held))
    missing = missing_promise(filed, held) if filed else None
    print(f"chain: whole; entries: {held.head.entries}, head {held.head.sha256}")
    for note in notes_of(held):
        print(f"note: {note}")
    for fault in faults:
        print(f"fault: {fault}")
    print(f"order: {'broken' if faults else 'every look that had to be registered was'}")
    if filed:
        print(f"receipt: {missing or 'the ledger goes on from it'}")
    else:
        print("receipt: none given, so a ledger cut short or written anew would not be noticed")
    if faults or missing:
        raise typer.Exit(VERDICT_AGAINST)


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
        Path | None, typer.Option(help="images.csv of `predict`: test pictures that the device saw before.")
    ] = None,
    ledger: LedgerFile = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Measure a device's scores against the reference standard, as the protocol promises.

    Example: cxr510k validate protocol.toml --cohort cohorts/rsna --predictions scores.csv --out runs/one
    """
    from cxr510k.terminal.study import print_verdict, progress_bars
    from cxr510k.workflow.run import store_validation
    from protocols.cohorts.profile.record import profile_files
    from protocols.evidence.environment.machine import run_record
    from protocols.registration.look import looking
    from protocols.registration.register import place_of_ledger
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import refuse_occupied
    from protocols.storage.output_lock import alone_at
    from protocols.storage.run_folder import OF_ONE_TABLE, ONE_TABLE
    from validation.cohort.inputs import InputFiles
    from validation.run import validate as validate_files

    record = run_record(_command(), datetime.now(UTC))
    refuse_occupied(out)
    loaded = load_protocol(protocol)
    further = {"operating_point": operating_point, "boxes": boxes, "marks": marks, "images": inventory}
    tables = _tables(cohort, studies, reads, table, predictions) | {
        name: path for name, path in further.items() if path
    }
    if "predictions" not in tables:
        raise typer.BadParameter("give --predictions, or --table for one table that has them.")
    if marks and "boxes" not in tables:
        raise typer.BadParameter("--marks needs --boxes, or a --cohort that has boxes.")
    given = tables | (profile_files(cohort) if cohort else {})
    if table:
        given = {ONE_TABLE: table} | {name: path for name, path in given.items() if name not in OF_ONE_TABLE}
    stamping, path = _stamping(by, role), place_of_ledger(protocol, ledger)
    with alone_at(out), looking(path, loaded, stamping, named=bool(ledger)) as look:
        with progress_bars() as progress:
            done = validate_files(loaded, InputFiles(**tables), progress, look.begin)
        outputs = {"results.json": done.results.to_json(), "line_listing.csv": done.line_listing}
        verdict = done.results.verdict
        store_validation(out, loaded, given, outputs, record, look=look, verdict=verdict, stamping=stamping)
    print_verdict(done.results)
    _tell(look)
    _finish(out, verdict)


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
    from cxr510k.terminal.study import progress_bars
    from cxr510k.workflow.run import add_report
    from protocols.storage.run_folder import RunFolder
    from reports.pdf.pdfa_checks import verapdf

    with progress_bars() as progress:
        add_report(
            run,
            partial(_stage_report, fonts=font or ()),
            progress,
            stamping=_stamping(by, role),
            command=_command(),
        )
    folder = RunFolder(run)
    print(f"wrote {folder.report_pdf}, {folder.summary_pdf}, both as HTML, and {folder.report_parts}")
    said = {path.name: verapdf(path.read_bytes()) for path in (folder.report_pdf, folder.summary_pdf)}
    for name, answer in said.items():
        print(f"veraPDF on {name}: {answer.status} ({answer.told})")
    if any(answer.status == "FAILED" for answer in said.values()):
        raise typer.Exit(VERDICT_AGAINST)


@app.command(rich_help_panel=CHECKING)
def rerun(
    evidence: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, a bundle or a bundle's archive.")
    ],
    level: Annotated[
        int | None, typer.Option(help="1 from scores, 2 also from weights and images, 3 also from data.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Also ask the second implementation of the statistics.")
    ] = False,
    pubkey: Annotated[
        Path | None,
        typer.Option(help="Public key of a bundle's maker, by a way of your own; never one from the bundle."),
    ] = None,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="Refuse to rerun what --pubkey does not verify.")
    ] = False,
    images: Images = None,
    attest: Annotated[
        Path | None, typer.Option(help="Also make this folder, with an attestation of what came out.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who reran it, for --attest.")] = None,
    role: Annotated[str | None, typer.Option(help="In which role, for --attest.")] = None,
    font: Fonts = None,
    device: Device = "cpu",
) -> None:
    """Repeat a run in a temporary folder and say what was reproduced.

    Example: cxr510k rerun runs/one --level 1 --independent
    """
    from cxr510k.terminal.study import (
        print_findings,
        print_guard_band,
        print_outcome,
        print_rerun,
        progress_bars,
    )
    from cxr510k.workflow.rerun import rerun as rerun_evidence
    from protocols.evidence.bundle.signing import read_public_key
    from protocols.evidence.reproduction import open_evidence as starting_point
    from protocols.evidence.reproduction.levels import require_level
    from protocols.evidence.verification.verify import refuse_key_from_bundle
    from protocols.images.folder import ImageFolder
    from protocols.storage.canonical import refuse_occupied
    from reports.pdf.read_pdf import PrintedPdf
    from reports.pdf.render_stack import require_libraries, same_content

    if level is None and not independent:
        raise typer.BadParameter("give --level 1, 2 or 3, --independent, or both.")
    if require_signature and not pubkey:
        raise typer.BadParameter(
            "--require-signature needs --pubkey FILE: a signature is checked with a key."
        )
    if attest and not (by and role):
        raise typer.BadParameter("--attest needs --by NAME and --role ROLE: an attestation says who ran it.")
    if not attest and (by or role):
        raise typer.BadParameter("--by and --role are for --attest DIR.")
    require_level(level)
    if attest and attest.resolve().is_relative_to(evidence.resolve()):
        raise typer.BadParameter("--attest names a folder within the evidence, which a rerun never changes.")
    if attest:
        refuse_occupied(attest)
        require_libraries()
    if pubkey:
        refuse_key_from_bundle(evidence, pubkey)
    key = read_public_key(pubkey) if pubkey else None
    moved = ImageFolder(images, search=True) if images else None
    with starting_point.opened(evidence, key, printed=PrintedPdf) as opened:
        print_findings(opened.intact.findings)
        if opened.intact.reproduced:
            _require_fonts(opened.run.root, font or ())
        with progress_bars() as progress:
            done = rerun_evidence(
                opened,
                level,
                replace(_stages(device), report=partial(_stage_report, fonts=font or ())),
                same_content,
                moved,
                progress,
                announce=print_guard_band,
                second_opinion=_second_opinion if independent else None,
            )
        print_rerun(done)
        if attest and by and role:
            _attest(attest, opened, done, by=by, role=role, fonts=font or ())
    print_outcome(done)
    if not done.reproduced:
        raise typer.Exit(VERDICT_AGAINST)


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
    from cxr510k.terminal.study import progress_bars
    from cxr510k.workflow.run import run as run_everything
    from cxr510k.workflow.run import work_folder
    from protocols.evidence.environment.machine import run_record
    from protocols.registration.look import looking
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
    stages, stamping = _stages(device), _stamping(by, role)
    path = place_of_ledger(protocol, ledger) if protocol else ledger
    with work_folder(out) as work:

        def run_one(root: Path, loaded: "LoadedProtocol") -> None:
            record = run_record(_command(), datetime.now(UTC))
            with looking(path, loaded, stamping, named=bool(ledger)) as look, progress_bars() as progress:

                def bring_cohort(folder: RunFolder) -> "ImageFolder":
                    if cohort is None:
                        return _bring_phantom(folder, progress)
                    return _bring_tables(folder, loaded, cohort, images, initial_weights)

                run_everything(
                    root,
                    loaded,
                    bring_cohort,
                    stages,
                    record,
                    progress,
                    work=work,
                    look=look,
                    stamping=stamping,
                )
            _tell(look)

        if finding and protocol:
            folders = run_each(out, protocol.read_bytes(), finding, run_one, source=str(protocol))
        else:
            refuse_occupied(out)
            run_one(out, load_protocol(protocol) if protocol else library_protocol("phantom"))
            folders = (RunFolder(out),)
    _finish_runs(folders)


@app.command(rich_help_panel=MAKING)
def robustness(
    run: Annotated[Path, typer.Argument(help="A run folder with a trained device.")],
    images: Images = None,
    device: Device = "cpu",
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Score the test images again, perturb them and hide parts of them; the report then tells what follows.

    Example: cxr510k robustness runs/one
    """
    from cxr510k.terminal.study import print_folded, progress_bars
    from cxr510k.workflow.run import add_robustness, work_folder
    from protocols.images.folder import ImageFolder
    from protocols.storage.run_folder import RunFolder
    from protocols.tables.perturbation_scores import BatteryFolder
    from reports.pdf.render_stack import require_libraries
    from validation.results.robustness_results import robustness_from_json

    def time_images(folder: RunFolder, images: ImageFolder, progress: "Progress") -> str:
        from model.inference.timing import timing

        studies = _studies(_protocol_of(folder), folder.require_input("studies"))
        timed = timing(
            folder.model, studies, images, device=device, clock=time.perf_counter, progress=progress
        )
        return timed.to_json()

    moved = ImageFolder(images, search=True) if images else None
    if RunFolder(run).report_pdf.exists():
        require_libraries()
    with work_folder(run.resolve()) as work, progress_bars() as progress:
        add_robustness(
            run,
            _stages(device),
            time_images,
            moved,
            progress,
            work=work,
            stamping=_stamping(by, role),
            command=_command(),
        )
    made = BatteryFolder.of(RunFolder(run)).results
    results = robustness_from_json(made.read_bytes(), source=str(made))
    for caution in results.cautions:
        print_folded(f"caution: {caution.about}: {caution.text}")
    print(f"wrote {made.parent}: {results.images} images, {len(results.perturbed)} changes")


@app.command(rich_help_panel=MAKING)
def keygen(out: Out) -> None:
    """Make a key pair for signing bundles: private.pem for its owner alone, public.pem to publish.

    Example: cxr510k keygen --out keys
    """
    from protocols.evidence.bundle.signing import new_key_pair

    pair = new_key_pair(out)
    print(f"wrote {pair.private}: keep it to yourself; whoever has it signs in your name")
    print(f"wrote {pair.public}: publish it where the auditor finds it without you, with its key id")
    print(f"key id {pair.key_id}")


@app.command(rich_help_panel=MAKING)
def bundle(
    run: Annotated[Path, typer.Argument(help="A run folder, with its report.")],
    out: Out,
    key: Annotated[Path, typer.Option("--key", help="The private.pem of `keygen` that signs the bundle.")],
    tar: Annotated[bool, typer.Option("--tar", help="Also write it as one file, OUT.tar.")] = False,
    without_images: Annotated[
        bool, typer.Option("--without-images", help="Leave the images out; their hashes stay.")
    ] = False,
    images: Images = None,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="Ledger of a sealed test set; default where the run had it."),
    ] = None,
    by: By = None,
    role: Role = NO_ROLE,
) -> None:
    """Make a signed bundle of a run folder: everything an auditor needs to check and repeat it.

    Example: cxr510k bundle runs/one --out bundles/one --key keys/private.pem --tar
    """
    from cxr510k.terminal.study import progress_bars
    from protocols.evidence.bundle.archive import archive_of, refuse_archive, write_archive
    from protocols.evidence.bundle.create import make_bundle
    from protocols.evidence.bundle.signing import read_private_key
    from protocols.parallel.local import cores

    private = read_private_key(key)
    if tar:
        refuse_archive(archive_of(out))
    with progress_bars() as progress:
        made = make_bundle(
            run,
            out,
            private,
            images=images,
            with_images=not without_images,
            ledger=ledger,
            stamp=_stamping(by, role)(),
            workers=cores(),
            progress=progress,
        )
    print(f"wrote {out}: {made.files:,} files, {made.size / 1e6:,.1f} MB; the bag is {made.folder.bag}")
    print(f"images: {made.images:,} listed, {made.bundled:,} within")
    print(f"ledger: {made.ledger_entries:,} entries, the last of them this bundle's")
    print(f"wrote {made.folder.attestation}: signed with key {made.key_id}")
    if tar:
        write_archive(out, archive_of(out))
        print(f"wrote {archive_of(out)}: {archive_of(out).stat().st_size / 1e6:,.1f} MB")
    print(
        "publish the key id where an auditor finds it without this bundle: nothing within it can prove whose it is"
    )


@app.command(rich_help_panel=CHECKING)
def verify(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder or its archive.")],
    pubkey: PublicKeyFile,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write this file: the verdict with every finding.")
    ] = None,
) -> None:
    """Check a bundle offline: signature, every byte, ledger, and that its documents say the same.

    Example: cxr510k verify bundles/one --pubkey keys/public.pem
    """
    from cxr510k.terminal.verification import print_verification
    from protocols.evidence.bundle.signing import read_public_key
    from protocols.evidence.environment.machine import run_record
    from protocols.evidence.verification.verify import refuse_key_from_bundle
    from protocols.evidence.verification.verify import verify as verify_bundle
    from protocols.storage.canonical import write_text
    from reports.pdf.read_pdf import PrintedPdf
    from reports.pdf.render_stack import render_stack

    refuse_key_from_bundle(bundle, pubkey)
    key = read_public_key(pubkey)
    if json:
        _refuse_existing_file(json)
    here = replace(run_record(_command(), datetime.now(UTC)), render_stack=render_stack())
    verification = verify_bundle(bundle, key, printed=PrintedPdf, here=here)
    print_verification(verification)
    if json:
        write_text(json, verification.to_json())
        print(f"wrote {json}")
    if not verification.passed:
        raise typer.Exit(VERDICT_AGAINST)


@app.command(rich_help_panel=CHECKING)
def tamper_test(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder or its archive; it is only read.")],
    pubkey: PublicKeyFile,
) -> None:
    """Check that verification sees every tampering: a copy of a bundle is changed in each way and verified.

    Example: cxr510k tamper-test bundles/one --pubkey keys/public.pem
    """
    from cxr510k.terminal.study import progress_bars
    from cxr510k.terminal.verification import print_tamper_test
    from protocols.evidence.bundle.signing import read_public_key
    from protocols.evidence.tampering.tamper_test import tamper_test as test_tampering
    from protocols.evidence.verification.verify import refuse_key_from_bundle
    from reports.pdf.read_pdf import PrintedPdf

    refuse_key_from_bundle(bundle, pubkey)
    key = read_public_key(pubkey)
    with progress_bars() as progress:
        test = test_tampering(bundle, key, printed=PrintedPdf, progress=progress)
    print_tamper_test(test)
    if not test.passed:
        raise typer.Exit(VERDICT_AGAINST)


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and the one line that mends it.

    Example: cxr510k doctor
    """
    from reports.pdf.render_stack import INSTALL, missing_libraries

    missing = missing_libraries()
    if missing:
        print(f"missing: {', '.join(missing)}\n{INSTALL}")
        raise typer.Exit(NOT_POSSIBLE_HERE)
    print("nothing is missing")


def _write_cohort(out: Path, make: "Callable[[], Cohort]", profile: bool) -> None:
    from cxr510k.terminal.study import print_flow, print_notices
    from protocols.cohorts.cohort import FLOW, cohort_notices, read_flow, write_cohort
    from protocols.storage.canonical import new_folder

    with new_folder(out) as folder:
        cohort = make()
        write_cohort(cohort, folder)
        if profile:
            _write_profile(folder)
    print_flow(read_flow(out / FLOW))
    print_notices(cohort_notices(cohort, out))
    print(f"wrote {out}")


def _write_profile(folder: Path) -> None:
    """profile.json, montage.png and profile.html beside a cohort's tables."""
    from cxr510k.terminal.study import progress_bars
    from protocols.cohorts.profile.write import write_profile
    from protocols.storage.canonical import write_text
    from reports.pages.profile import PAGE, profile_html

    with progress_bars() as progress:
        write_profile(folder, folder, finding=None, progress=progress)
    write_text(folder / PAGE, profile_html(folder))


def _stages(device: Literal["cpu", "gpu", "gpus"]) -> "Stages":
    from cxr510k.workflow.run import Stages

    def stage_train(
        folder: "RunFolder", images: "ImageFolder", work: Path, progress: "Progress"
    ) -> "Training":
        from cxr510k.workflow.run import Training
        from model.training.train import train as train_model

        loaded = _protocol_of(folder)
        # Named without its folder, which nobody knows while the run is being made.
        studies = replace(_studies(loaded, folder.require_input("studies")), source="studies")
        labels = _labels(loaded, folder.require_input("labels"))
        folder.model.mkdir()
        trained = train_model(
            loaded,
            studies,
            labels,
            images,
            folder.model,
            work=work,
            device=device,
            progress=progress,
            initial_weights=folder.initial_weights if folder.initial_weights.exists() else None,
        )
        return Training(trained.runtime.device_name, trained.images_per_second)

    def stage_predict(folder: "RunFolder", images: "ImageFolder", work: Path, progress: "Progress") -> None:
        from model.explanation.saliency import mark
        from model.inference.predict import predict as predict_scores
        from protocols.storage.canonical import write_text

        studies = _studies(_protocol_of(folder), folder.require_input("studies"))
        predicted = predict_scores(folder.model, studies, images, work=work, device=device, progress=progress)
        write_text(folder.inputs / "predictions.csv", predicted.predictions)
        write_text(folder.inputs / "images.csv", predicted.images)
        if folder.input("boxes"):
            marks = mark(folder.model, studies, images, work=work, device=device, progress=progress)
            write_text(folder.inputs / "marks.csv", marks)

    def stage_illustrate(
        folder: "RunFolder", images: "ImageFolder", work: Path, progress: "Progress"
    ) -> None:
        from model.explanation.illustrations import illustrate
        from protocols.tables.boxes_and_marks import boxes_from
        from protocols.tables.column_mapping import boxes_table

        studies = _studies(_protocol_of(folder), folder.require_input("studies"))
        boxes = folder.input("boxes")
        illustrate(
            folder.model,
            studies,
            images,
            folder.line_listing,
            boxes_from(boxes_table(boxes).table) if boxes else None,
            work=work,
            device=device,
            progress=progress,
        )

    def stage_perturb(
        folder: "RunFolder", images: "ImageFolder", work: Path, progress: "Progress"
    ) -> "BatteryScores":
        from model.inference.perturbed_scores import perturbed_scores

        studies = _studies(_protocol_of(folder), folder.require_input("studies"))
        return perturbed_scores(folder.model, studies, images, work=work, device=device, progress=progress)

    return Stages(
        train=stage_train,
        predict=stage_predict,
        validate=_stage_validate,
        illustrate=stage_illustrate,
        report=_stage_report,
        perturb=stage_perturb,
        measure=_stage_measure,
    )


def _stage_measure(folder: "RunFolder", battery: "BatteryFolder", progress: "Progress") -> str:
    from validation.analyses.robustness import robustness as measure_robustness

    return measure_robustness(folder, battery, progress).to_json()


def _stage_validate(folder: "RunFolder", progress: "Progress", unseal: "Unseal | None" = None) -> str:
    from protocols.storage.canonical import write_text
    from validation.cohort.inputs import input_files
    from validation.run import validate as validate_files

    loaded = _protocol_of(folder)
    done = validate_files(loaded, input_files(folder, loaded.protocol), progress, unseal)
    write_text(folder.results, done.results.to_json())
    write_text(folder.line_listing, done.line_listing)
    return done.results.verdict


def _second_opinion(folder: "RunFolder", progress: "Progress") -> "tuple[Finding, ...]":
    from validation.cohort.inputs import input_files
    from validation.independent.comparison import compare, findings
    from validation.independent.study import second_opinion
    from validation.results.results import results_from_json

    recorded = results_from_json(folder.results.read_bytes(), source=str(folder.results))
    protocol = _protocol_of(folder).protocol
    opinion = second_opinion(protocol, input_files(folder, protocol), progress)
    return findings(compare(recorded, opinion, protocol), opinion.criteria)


def _stage_report(
    folder: "RunFolder", progress: "Progress", *, fonts: "Sequence[Path]" = ()
) -> Mapping[str, str]:
    """Both documents, and the tables and figures of the report beside them."""
    from protocols.storage.canonical import write_bytes, write_text
    from reports.render import render

    rendered = render(folder, progress, fonts=fonts)
    write_bytes(folder.report_pdf, rendered.report.pdf)
    write_text(folder.report_html, rendered.report.html)
    write_bytes(folder.summary_pdf, rendered.summary.pdf)
    write_text(folder.summary_html, rendered.summary.html)
    shutil.rmtree(folder.report_parts, ignore_errors=True)
    for name, content in rendered.parts.items():
        path = folder.report_parts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    return rendered.render_stack


def _attest(
    out: Path, evidence: "Evidence", done: "Rerun", *, by: str, role: str, fonts: "Sequence[Path]"
) -> None:
    """A new folder with what came of a rerun, as a page for a person and as JSON."""
    from protocols.evidence.environment.machine import run_record, stamp
    from protocols.evidence.reproduction.attestation import JSON, PDF, attest
    from protocols.storage.canonical import new_folder, write_bytes, write_text
    from reports.pages.attestation import render_attestation
    from reports.pdf.render_stack import render_stack

    now = datetime.now(UTC)
    here = replace(run_record(_command(), now), render_stack=render_stack())
    attestation = attest(evidence, done, here, stamp(by, role, now, time.monotonic_ns()))
    pdf = render_attestation(attestation, fonts=fonts)
    with new_folder(out) as folder:
        write_bytes(folder / PDF, pdf)
        write_text(folder / JSON, attestation.to_json())
    print(f"wrote {out / PDF} and {out / JSON}")


def _require_fonts(run: Path, fonts: "Sequence[Path]") -> None:
    """Refuse to draw a report again without the fonts that were given for it."""
    from protocols.errors import NotPossibleHereError
    from protocols.storage.run_folder import RunFolder
    from reports.fonts.supplied import supplied_fonts
    from reports.pdf.render_stack import missing_fonts

    lacking = missing_fonts(RunFolder(run).read_record().render_stack, supplied_fonts(fonts))
    if lacking:
        raise NotPossibleHereError(
            f"{run}: its report was drawn with {', '.join(lacking)}; give the same files with --font."
        )


def _bring_phantom(folder: "RunFolder", progress: "Progress") -> "ImageFolder":
    """Phantoms into the run folder: tables among the inputs, images where the record finds them."""
    from protocols.cohorts.phantom import generate as phantom
    from protocols.cohorts.profile.write import write_profile
    from protocols.images.folder import ImageFolder

    phantom.generate(folder.root, workers=os.cpu_count() or 1, progress=partial(progress, "phantoms"))
    for table in sorted(folder.root.glob("*.csv")):
        table.rename(folder.inputs / table.name)
    write_profile(folder.inputs, folder.root, finding=None, progress=progress)
    return ImageFolder(folder.root, search=False)


def _bring_tables(
    folder: "RunFolder",
    loaded: "LoadedProtocol",
    cohort: Path,
    images: Path | None,
    initial_weights: Path | None,
) -> "ImageFolder":
    """A cohort's tables into the run folder, after they were checked where the user knows them."""
    from cxr510k.workflow.run import store_input
    from protocols.cohorts.cohort import tables_of
    from protocols.cohorts.profile.record import profile_files
    from protocols.storage.canonical import write_bytes
    from protocols.tables.checks import reads_from
    from protocols.tables.column_mapping import reads_table

    further = ("flow", "exclusions", "truth", "boxes")
    tables = tables_of(cohort, ("studies", "reads", "labels"), optional=further)
    _studies(loaded, tables["studies"])
    reads_from(reads_table(tables["reads"], loaded.protocol).table)
    _labels(loaded, tables["labels"])
    for name, path in tables.items():
        store_input(folder, name, path)
    for name, path in profile_files(cohort).items():
        store_input(folder, name, path)
    if initial_weights:
        write_bytes(folder.initial_weights, initial_weights.read_bytes())
    return _image_folder(tables["studies"], images)


def _studies(loaded: "LoadedProtocol", path: Path) -> "Studies":
    from protocols.tables.checks import studies_from
    from protocols.tables.column_mapping import studies_table

    return studies_from(studies_table(path, loaded.protocol).table)


def _labels(loaded: "LoadedProtocol", path: Path) -> "Labels":
    from protocols.tables.checks import labels_from
    from protocols.tables.column_mapping import labels_table

    return labels_from(labels_table(path, loaded.protocol).table)


def _protocol_of(folder: "RunFolder") -> "LoadedProtocol":
    from protocols.schema.load import load_protocol

    return load_protocol(folder.protocol)


def _tables(
    cohort: Path | None,
    studies: Path | None,
    reads: Path | None,
    table: Path | None,
    predictions: Path | None = None,
) -> dict[str, Path]:
    """Studies, reads, predictions where they are given and, of a cohort folder, the source's flow and boxes."""
    from protocols.cohorts.cohort import tables_of
    from protocols.storage.run_folder import OF_ONE_TABLE

    scored = {"predictions": predictions} if predictions else {}
    if table and not (cohort or studies or reads or predictions):
        return dict.fromkeys(OF_ONE_TABLE, table)
    if cohort and not (studies or reads or table):
        return tables_of(cohort, ("studies", "reads"), optional=("flow", "boxes")) | scored
    if studies and reads and not (cohort or table):
        return {"studies": studies, "reads": reads, **scored}
    raise typer.BadParameter("give --cohort, or both --studies and --reads, or --table alone.")


def _image_folder(studies: Path, images: Path | None) -> "ImageFolder":
    from protocols.images.folder import ImageFolder

    return ImageFolder(images, search=True) if images else ImageFolder(studies.parent, search=False)


def _stamping(by: str | None, role: str) -> "Stamping":
    """Who does it, and where and when each time it is asked; refused at once where the names cannot be written."""
    from protocols.evidence.environment.machine import stamp

    def now() -> "Stamp":
        return stamp(by, role, datetime.now(UTC), time.monotonic_ns())

    now()
    return now


def _tell(look: "Look") -> None:
    """Which look it was, where the test set is sealed; what the user should know where it is not."""
    if look.number:
        print(f"look {look.number} at the test set, counted in {look.ledger}")
    if look.note:
        print(f"note: {look.note}")


def _refuse_existing_file(out: Path) -> None:
    from protocols.errors import BadInputError

    if out.exists():
        raise BadInputError(f"{out}: exists; name a file that does not.")


def _finish_runs(folders: "Sequence[RunFolder]") -> None:
    """Every verdict in words; the exit code is against the device where one of them is."""
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
    """The last line says which verdict it was; the exit code says whether it stands against the device."""
    against = verdict in AGAINST
    print(f"wrote {out}: verdict {verdict}, exit {VERDICT_AGAINST if against else DONE}")
    if against:
        raise typer.Exit(VERDICT_AGAINST)


def _command() -> str:
    return " ".join(sys.argv[1:])


def main() -> None:
    """Run one command and end with the contract's exit code, a sentence and never a traceback."""
    heard: list[int] = []

    def stop(number: int, _: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # a terminal without a letter gets a question mark, not a failure
    before = signal.signal(signal.SIGTERM, stop)  # ends the work in the same way as Ctrl+C
    code, sentence = _ended()
    signal.signal(signal.SIGTERM, before)
    if heard and code == INTERRUPTED:
        code = TERMINATED
    if sentence:
        print(f"cxr510k: {sentence}", file=sys.stderr)
    sys.exit(code)


def _ended() -> tuple[int, str]:
    """The exit code of the command that was typed, and what there is to say of it."""
    if sentence := _shadowed():
        return NOT_POSSIBLE_HERE, sentence

    from typer.exceptions import TyperException

    from protocols.errors import SuiteError
    from protocols.evidence.environment.machine import refuse_borrowed_names

    try:
        if "--help" not in sys.argv:
            refuse_borrowed_names()
        code = app(standalone_mode=False) or DONE
        return code, "interrupted; nothing was written." if code == INTERRUPTED else ""
    except KeyboardInterrupt:
        return INTERRUPTED, "interrupted; nothing was written."
    except SystemExit:  # Typer's answer to a closed pipe is 1, which is a finding here
        return NOT_POSSIBLE_HERE, "whoever read the output closed it; what was written is whole."
    except TyperException as error:
        usage = error.format_message().replace("Value error, ", "")
        return BAD_INPUT, f"{usage} See cxr510k --help." if usage else ""
    except SuiteError as error:
        return error.exit_code, str(error)
    except OSError as error:
        return NOT_POSSIBLE_HERE, f"{_what_failed(error)}; nothing was written."
    except Exception as error:  # noqa: BLE001 - the one place where a fault of our own becomes exit 4
        return INTERNAL_ERROR, f"internal error ({type(error).__name__}); {_details_of(error)}."


def _shadowed() -> str:
    """Where Python would load another package than ours, a sentence that names it; asked before any is loaded."""
    for room in ROOMS:
        own, found = Path(__file__).parents[1] / room / "__init__.py", find_spec(room)
        where = found.origin if found else None
        if where is None or Path(where).resolve() != own.resolve():
            return (
                f"Python finds {where or 'nothing'} where cxr510k's own {own.parent} is meant; take what is named "
                f"{room!r} out of PYTHONPATH and of the folder that Python is started from."
            )
    return ""


def _what_failed(error: OSError) -> str:
    if isinstance(error, shutil.Error):  # of a whole folder: a list of source, target and reason
        _, target, reason = error.args[0][0]
        return f"{target}: {reason}"
    return f"{error.filename or 'a file'}: {error.strerror or error}"


def _details_of(error: Exception) -> str:
    try:
        with tempfile.NamedTemporaryFile("w", prefix="cxr510k-error-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
    except OSError as full:
        return f"its details could not be written ({full.strerror})"
    return f"details are in {file.name}"
