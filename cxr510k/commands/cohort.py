"""`cohort`: a data source becomes the suite's tables."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cxr510k.app import cohort_app
from cxr510k.options import (
    Boxes,
    HoldOut,
    Images,
    NihMetadata,
    Out,
    Reads,
    TrainingLabels,
    Within,
    WithProfile,
)

if TYPE_CHECKING:
    from protocols.progress import Progress


def of_source(name: str) -> Callable[[Callable[..., None]], None]:
    """Add the command of a registered source; the function states its options and its help, and has no body.

    The options bear the names of `CohortRequest`'s fields and of the source's parameters.
    """

    def add(stated: Callable[..., None]) -> None:
        @cohort_app.command(name)
        @wraps(stated)
        def command(**options: Any) -> None:
            _make(name, **options)

    return add


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
    from cxr510k.terminal.progress import progress_bars
    from protocols.cohorts.phantom import generate as phantom
    from protocols.parallel.local import cores
    from protocols.storage.canonical import new_folder

    with new_folder(out) as folder, progress_bars() as progress:
        phantom.generate(
            folder, seed=seed, patients=patients, workers=cores(), progress=partial(progress, "phantoms")
        )
        if profile:
            _write_profile(folder, progress)
    print(f"wrote {out}")


@of_source("nih")
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
    findings: Annotated[
        list[str] | None,
        typer.Option("--finding", help="Offer this text-mined finding as reads; cannot pass. Repeatable."),
    ] = None,
    profile: WithProfile = False,
) -> None:
    """Take NIH ChestX-ray14: patients, ages, sex, view and text-mined findings.

    Example: cxr510k cohort nih Data_Entry_2017_v2020.csv --images images --out cohorts/nih
    """


@of_source("rsna")
def cohort_rsna(
    mapping: Annotated[Path, typer.Argument(help="RSNA classes matched to NIH images (rsna_to_nih.csv).")],
    metadata: NihMetadata,
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


@of_source("chexpert")
def cohort_chexpert(
    folder: Annotated[Path, typer.Argument(help="Folder of the CheXpert test set's labels.")],
    finding: Annotated[str, typer.Option(help="One of the 14 findings, as the files name it.")],
    out: Out,
    profile: WithProfile = False,
) -> None:
    """Take the CheXpert test set: 500 studies that five radiologists read for a finding.

    Example: cxr510k cohort chexpert chexpert-test --finding Consolidation --out cohorts/consolidation
    """


@of_source("google")
def cohort_google(
    labels: Annotated[Path, typer.Argument(help="The adjudicated labels, such as validation_labels.csv.")],
    finding: Annotated[str, typer.Option(help="One of the four findings, as the file names it.")],
    metadata: NihMetadata,
    out: Out,
    within: Within = None,
    profile: WithProfile = False,
) -> None:
    """Take Google's labels of NIH images: several readers, adjudicated, of four findings.

    Example: cxr510k cohort google labels.csv --finding Fracture --metadata Data_Entry_2017_v2020.csv --out cohorts/one
    """


@of_source("vindr")
def cohort_vindr(
    annotations: Annotated[Path, typer.Argument(help="One row per box and reader, such as train.csv.")],
    studies: Annotated[Path, typer.Option(help="The images' studies, in the suite's columns.")],
    finding: Annotated[str, typer.Option(help="The class_name that counts as positive.")],
    out: Out,
    within: Within = None,
    hold_out: HoldOut = None,
    profile: WithProfile = False,
) -> None:
    """Take annotations as VinDr-CXR publishes them: each reader's boxes become one read per image.

    Example: cxr510k cohort vindr train.csv --studies studies.csv --finding Pneumonia --out cohorts/vindr
    """


@of_source("dicom")
def cohort_dicom(
    folder: Annotated[Path, typer.Argument(help="Folder of DICOM files, searched with all folders inside.")],
    out: Out,
    reads: Reads = None,
    training_labels: TrainingLabels = None,
    within: Within = None,
    hold_out: HoldOut = None,
    boxes: Boxes = None,
    profile: WithProfile = False,
) -> None:
    """Take a folder of DICOM radiographs: patients, ages, sex and view from their headers.

    Example: cxr510k cohort dicom export --reads reads.csv --out cohorts/site
    """


@of_source("table")
def cohort_table(
    studies: Annotated[Path, typer.Argument(help="One row per image: CSV, Parquet or Excel.")],
    out: Out,
    reads: Reads = None,
    training_labels: TrainingLabels = None,
    boxes: Boxes = None,
    within: Within = None,
    hold_out: HoldOut = None,
    protocol: Annotated[
        Path | None,
        typer.Option(help=r"Protocol whose \[columns], \[values] and \[format] the tables follow."),
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


def _make(source: str, *, out: Path, profile: bool, protocol: Path | None = None, **options: Any) -> None:
    """Write the cohort of a source, and print its flow and its notices."""
    from cxr510k.terminal.progress import progress_bars
    from cxr510k.terminal.study import print_flow, print_notices
    from protocols.cohorts.cohort import FLOW, cohort_notices, read_flow, write_cohort
    from protocols.cohorts.sources.registry import make_cohort
    from protocols.schema.load import load_protocol
    from protocols.storage.canonical import new_folder

    plan = load_protocol(protocol).protocol if protocol else None
    with new_folder(out) as folder, progress_bars() as progress:
        cohort = make_cohort(source, out=out, protocol=plan, progress=progress, **options)
        write_cohort(cohort, folder)
        if profile:
            _write_profile(folder, progress)
    print_flow(read_flow(out / FLOW))
    print_notices(cohort_notices(cohort, out))
    print(f"wrote {out}")


def _write_profile(folder: Path, progress: "Progress") -> None:
    """Write profile.json, montage.png and profile.html beside a cohort's tables."""
    from protocols.cohorts.profile.write import write_profile
    from protocols.storage.canonical import write_text
    from reports.pages.profile import PAGE, profile_html

    write_profile(folder, folder, finding=None, progress=progress)
    write_text(folder / PAGE, profile_html(folder))
