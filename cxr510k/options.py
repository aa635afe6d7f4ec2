"""Options of several commands, and the objects that are made of them."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from cxr510k.workflow.invocation import Invocation
    from protocols.images.folder import ImageFolder
    from protocols.ledger.chain import Stamp
    from protocols.registration.register import Stamping

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
Reads = Annotated[Path | None, typer.Option("--reads", help="Readers' verdicts.")]
TrainingLabels = Annotated[Path | None, typer.Option("--labels", help="Training labels.")]
NihMetadata = Annotated[
    Path, typer.Option("--metadata", help="NIH's Data_Entry_2017, for patient, age, sex and view.")
]
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


def typed() -> str:
    """Return the command as it was typed, without the program's name."""
    return " ".join(sys.argv[1:])


def stamping(by: str | None, role: str) -> "Stamping":
    """Return a function that states who, where and when at each call; refuse names that cannot be printed at once."""
    from protocols.evidence.environment.machine import stamp

    def now() -> "Stamp":
        return stamp(by, role, datetime.now(UTC), time.monotonic_ns())

    now()
    return now


def invocation(by: str | None, role: str) -> "Invocation":
    """Return what was typed, when and by whom."""
    from cxr510k.workflow.invocation import Invocation

    return Invocation(typed(), datetime.now(UTC), stamping(by, role))


def moved_images(images: Path | None) -> "ImageFolder | None":
    """Return the folder of ``--images``, searched with all folders inside; None where the images did not move."""
    from protocols.images.folder import ImageFolder

    return ImageFolder(images, search=True) if images else None


def tables_given(
    cohort: Path | None,
    studies: Path | None,
    reads: Path | None,
    table: Path | None,
    predictions: Path | None = None,
) -> dict[str, Path]:
    """Return studies, reads, predictions where they are given and, of a cohort folder, its source's flow and boxes.

    Raises:
        typer.BadParameter: the options do not name each table exactly once.
    """
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
