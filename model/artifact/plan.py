"""What plan.json records of a training: splits, heads and leakage, from the data they were counted on.

Owns the counting. The document is `protocols.model_folder`'s.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from model.data.splits import Division, Examples
from model.data.training_set import Material
from protocols.images.hashes import Like
from protocols.model_folder import SplitExamples, TrainedHead, TrainingSplit, TuningLeakage
from protocols.schema.training import SplitRule, Training
from protocols.storage.canonical import FITTED_PLACES, rounded


def training_split(material: Material, rule: SplitRule | None) -> TrainingSplit:
    """Return the record of a division; the rule is recorded only where it was used."""
    division = material.division
    used = rule if division.origin == "hash" else None
    return TrainingSplit(
        origin=division.origin,
        salt=used.salt if used else None,
        tune_share=used.tune_share if used else None,
        train=_examples(division.train, material.train_refusals),
        tune=_examples(division.tune, material.tune_refusals),
    )


def _examples(examples: Examples, refusals: Iterable[str]) -> SplitExamples:
    """Count one split; ``refusals`` are the reasons why the gate refused images of it."""
    return SplitExamples(
        images=len(examples.rows),
        patients=examples.patients,
        positives=examples.positives,
        negatives=examples.negatives,
        primary_unknown=len(examples.rows) - len(examples.known),
        unlabelled=examples.unlabelled,
        out_of_scope=dict(Counter(refusals)),
    )


def trained_heads(
    training: Training, division: Division, aurocs: Sequence[float | None]
) -> tuple[TrainedHead, ...]:
    """Return the record of each head, in the order of the logits."""
    heads = []
    for head, (finding, auroc) in enumerate(zip(training.outputs, aurocs, strict=True)):
        train, tune = division.train.of_head(head), division.tune.of_head(head)
        heads.append(
            TrainedHead(
                finding=finding,
                train_positives=train[0],
                train_negatives=train[1],
                tune_positives=tune[0],
                tune_negatives=tune[1],
                tune_auroc=None if auroc is None else rounded(auroc, FITTED_PLACES),
            )
        )
    return tuple(heads)


def tuning_leakage(found: Mapping[str, Like]) -> TuningLeakage:
    """Count by kind the tuning images that are also training images."""
    kinds = Counter(like.kind for like in found.values())
    return TuningLeakage(identical=kinds["identical"], near=kinds["near"])
