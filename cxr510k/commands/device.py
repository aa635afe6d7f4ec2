"""`train` and `predict`: the device under test."""

from pathlib import Path
from typing import Annotated

import typer

from cxr510k.app import MAKING, app
from cxr510k.options import Device, Images, InitialWeights, Out, ProtocolFile


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
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.workflow.inputs import images_beside, labels_of, studies_of
    from cxr510k.workflow.work_folder import work_folder
    from model.training.train import train as train_model
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import new_folder

    loaded = load_protocol(protocol)
    cohort, findings = studies_of(loaded, studies), labels_of(loaded, labels)
    with work_folder(out) as work, new_folder(out) as folder, progress_bars() as progress:
        trained = train_model(
            loaded,
            cohort,
            findings,
            images_beside(studies, images),
            folder,
            work=work,
            device=device,
            progress=progress,
            initial_weights=initial_weights,
        )
    print(
        f"wrote {out}: tuning AUROC {trained.plan.tune_auroc:.3f}, threshold {trained.operating_point.threshold:.6f}, "
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
        typer.Option(help="Also write this CSV: hashes of every image, and those seen in training."),
    ] = None,
    marks: Annotated[Path | None, typer.Option(help="Also write this CSV: where the device points.")] = None,
    images: Images = None,
    device: Device = "cpu",
) -> None:
    """Score images with a trained device.

    Example: cxr510k predict --model model --studies c/studies.csv --out predictions.csv
    """
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.workflow.inputs import images_beside
    from cxr510k.workflow.work_folder import work_folder
    from model.explanation.saliency import mark
    from model.inference.predict import predict as predict_scores
    from protocols.storage.canonical import refuse_existing_file, write_text
    from protocols.tables.checks import studies_from
    from protocols.tables.column_mapping import studies_table

    for path in filter(None, (out, inventory, marks)):
        refuse_existing_file(path)
    cohort, folder = studies_from(studies_table(studies).table), images_beside(studies, images)
    with work_folder(out) as work, progress_bars() as progress:
        predicted = predict_scores(model, cohort, folder, work=work, device=device, progress=progress)
        pointed = mark(model, cohort, folder, work=work, device=device, progress=progress) if marks else ""
    for made, text in ((out, predicted.predictions), (inventory, predicted.images), (marks, pointed)):
        if made:
            write_text(made, text)
    print(f"wrote {out}: {predicted.summary}")
