"""plan.json: everything that is needed to rebuild the network of a model folder, and what it was made from.

Owns the document and its reading. Versions and the machine's name are not in it: the same training gives the
same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError

from model.data.splits import Division, Examples
from model.data.training_set import Material
from model.runtime import Device
from protocols.errors import BadInputError
from protocols.images.hashes import Like
from protocols.schema.document import Table
from protocols.schema.training import InputGate, Training
from protocols.schema.training import Split as SplitRule
from protocols.storage.canonical import FITTED_PLACES, rounded

PLAN = "plan.json"

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Record = TypeVar("Record", bound=Table)


class ProtocolIdentity(Table):
    """Which protocol ordered the training."""

    id: str
    version: int
    sha256: str


class ExampleCounts(Table):
    """How many images of how many patients a split has, and why others of it were left out.

    ``positives``, ``negatives`` and ``primary_unknown`` are of the primary finding, and add up to ``images``.
    ``unlabelled`` images have no known label of any head; ``out_of_scope`` counts those that the input gate
    refused, by reason.
    """

    images: int
    patients: int
    positives: int
    negatives: int
    primary_unknown: int
    unlabelled: int
    out_of_scope: dict[str, int]

    @classmethod
    def of(cls, examples: Examples, refusals: Iterable[str]) -> Self:
        """The counts of one split, and the reasons why the gate refused images of it."""
        return cls(
            images=len(examples.rows),
            patients=examples.patients,
            positives=examples.positives,
            negatives=examples.negatives,
            primary_unknown=len(examples.rows) - len(examples.known),
            unlabelled=examples.unlabelled,
            out_of_scope=dict(Counter(refusals)),
        )


class SplitRecord(Table):
    """Who divided the patients, the rule where it was the hash, and the result."""

    origin: Literal["studies", "hash"]
    salt: str | None
    tune_share: float | None
    train: ExampleCounts
    tune: ExampleCounts

    @classmethod
    def of(cls, material: Material, rule: SplitRule | None) -> Self:
        """The record of a division; the rule is told only where it was used."""
        division = material.division
        used = rule if division.origin == "hash" else None
        return cls(
            origin=division.origin,
            salt=used.salt if used else None,
            tune_share=used.tune_share if used else None,
            train=ExampleCounts.of(division.train, material.train_refusals),
            tune=ExampleCounts.of(division.tune, material.tune_refusals),
        )


class Head(Table):
    """One finding that the network answers: its known labels, and its AUROC on the tuning split, null where one
    kind of label is missing there. The AUROC is of scores before calibration, with the weights that were kept.
    """

    finding: str
    train_positives: int
    train_negatives: int
    tune_positives: int
    tune_negatives: int
    tune_auroc: float | None

    @property
    def learnt(self) -> bool:
        """Whether the training images show both kinds, without which the loss leaves the head alone."""
        return bool(self.train_positives and self.train_negatives)


class Leakage(Table):
    """Tuning images whose picture is the same as, or nearly that of, a training image of another patient."""

    identical: int
    near: int

    @classmethod
    def of(cls, found: Mapping[str, Like]) -> Self:
        """The counts of what was found."""
        kinds = Counter(like.kind for like in found.values())
        return cls(identical=kinds["identical"], near=kinds["near"])


class Plan(Table):
    """The resolved plan."""

    schema_: Literal["cxr510k-model/1"] = Field(default="cxr510k-model/1", alias="schema")
    protocol: ProtocolIdentity
    training: Training
    input_gate: InputGate
    preprocessing: str
    backend: str
    device: Device
    split: SplitRecord
    heads: Annotated[tuple[Head, ...], Field(strict=False)]
    leakage: Leakage
    best_epoch: int
    tune_auroc: float
    weights_sha256: Hash


def heads_of(training: Training, division: Division, aurocs: Sequence[float | None]) -> tuple[Head, ...]:
    """The record of each head, in the order of the logits."""
    heads = []
    for head, (finding, auroc) in enumerate(zip(training.outputs, aurocs, strict=True)):
        train, tune = division.train.of_head(head), division.tune.of_head(head)
        measured = None if auroc is None else rounded(auroc, FITTED_PLACES)
        heads.append(
            Head(
                finding=finding,
                train_positives=train[0],
                train_negatives=train[1],
                tune_positives=tune[0],
                tune_negatives=tune[1],
                tune_auroc=measured,
            )
        )
    return tuple(heads)


def read_plan(folder: Path) -> Plan:
    """The plan of a model folder.

    Raises:
        BadInputError: there is none, or it has other keys or values than `train` writes.
    """
    return read_record(folder / PLAN, Plan, "a plan")


def read_record(path: Path, kind: type[Record], what: str) -> Record:
    """A JSON file of a model folder as the table that `train` wrote.

    Raises:
        BadInputError: it is not there, or has other keys or values; ``what`` names in the sentence what it is not.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); name a model folder as `train` writes it."
        ) from error
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()})
        raise BadInputError(
            f"{path}: is not {what} as `train` writes it (see {', '.join(places)})."
        ) from error
