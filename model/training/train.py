"""Training in order: divide, pack, check for leakage, fit, calibrate, choose the threshold, write.

Owns the order of the steps and the identity of a training. Each step is in its own file. Images marked ``test`` are
never opened here. The same machine, backend and threads give the same bits again, also after an interruption.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model import runtime
from model.artifact import calibration, model_folder, operating_point
from model.artifact.operating_point import SCORE_PLACES, operating_point_of, thinned
from model.artifact.plan import trained_heads, training_split, tuning_leakage
from model.data.leakage import inventory_of, refuse_leakage, training_images_csv
from model.data.pack.pack import PREPROCESSING, pack
from model.data.splits import divide, refuse_one_kind
from model.data.training_set import Material, material_of
from model.runtime import Runtime
from model.training import epochs
from model.training.checkpoints import Checkpoints
from model.training.tuning_auroc import auroc_of_heads
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.images.hashes import Inventory
from protocols.model_folder import DeviceName, Epoch, ModelOperatingPoint, ModelPlan, ProtocolReference
from protocols.progress import Progress
from protocols.schema.load import LoadedProtocol
from protocols.schema.training import Training
from protocols.storage.canonical import FITTED_PLACES, rounded, sha256_bytes, sha256_file
from protocols.tables.reading import listing
from protocols.tables.records import Labels, Studies


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a training made.

    Attributes:
        folder: the model folder.
        plan: as written to plan.json.
        operating_point: as written to operating_point.json.
        history: one entry an epoch.
        runtime: what it ran on.
        seconds: wall-clock time of the epochs since the start or the taking up, for the volatile record only.
        images_per_second: learnt from in that time; 0 where nothing was left to do.
        notes: what a person should know of it, one sentence each.
    """

    folder: Path
    plan: ModelPlan
    operating_point: ModelOperatingPoint
    history: tuple[Epoch, ...]
    runtime: Runtime
    seconds: float
    images_per_second: float
    notes: tuple[str, ...]


def train(
    loaded: LoadedProtocol,
    studies: Studies,
    labels: Labels,
    images: ImageFolder,
    out: Path,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
    initial_weights: Path | None = None,
) -> TrainedModel:
    """Train the protocol's network and write the model folder.

    Args:
        loaded: a protocol with ``[training]`` and ``[operating_point] from = "model"``.
        studies: the cohort, with a split column.
        labels: findings of the images to learn from.
        images: the folder of the files.
        out: the model folder; created where absent.
        work: a folder that survives interruption, for the pack and the checkpoints; created where absent. The same
            training resumes from it.
        device: ``cpu``, ``gpu`` or ``gpus``.
        progress: called as images are packed and steps are done.
        initial_weights: the file that the protocol names by its hash, where it names one.

    Raises:
        BadInputError: the protocol does not train, the split or the labels are unusable, an image cannot be
            decoded, a tuning image matches a training image in a confirmatory study, or the loss is not a number.
            Nothing has been written to ``out``.
        NotPossibleHereError: the device is not available, or the work folder cannot be written.
    """
    training, rule = _instructions(loaded, initial_weights)
    gate = loaded.protocol.input_gate
    marked = divide(studies, labels, training=training, rule=loaded.protocol.split)
    ran_on = runtime.start(device)

    rows = [*marked.train.rows.tolist(), *marked.tune.rows.tolist()]
    names = [studies.image_id[row] for row in rows]
    packed = pack(studies, rows, images, work, image_size=training.image_size, gate=gate, progress=progress)
    material = material_of(marked, packed, names)
    refuse_one_kind(material.division, training, source=studies.source)
    inventory = inventory_of(material, packed, names)
    if loaded.protocol.stage == "confirmatory":
        refuse_leakage(inventory.likes)

    fitted = epochs.fit(
        training,
        material,
        begin_with=initial_weights,
        checkpoints=Checkpoints(work, _identity(loaded, material, ran_on)),
        progress=progress,
    )

    tune = material.division.tune
    known, truth = tune.known, tune.primary_labels
    tune_logits = fitted.tune_logits[known, training.primary]
    calibrated = calibration.fit(training.calibration, tune_logits, truth)
    tune_scores = np.round(calibration.probabilities(calibrated, tune_logits), SCORE_PLACES)
    chosen = operating_point.choose(rule, tune_scores, truth)
    curve = thinned(operating_point.curve(tune_scores, truth), threshold=chosen.threshold)

    weights = model_folder.weights_of(fitted.model)
    plan = _plan(loaded, training, material, inventory, fitted, ran_on, weights_sha256=sha256_bytes(weights))
    frozen = operating_point_of(
        chosen, rule, calibrated, patients=tune.known_patients, weights_sha256=plan.weights_sha256
    )
    model_folder.save(
        out,
        plan,
        weights,
        frozen=frozen,
        curve=curve,
        history=fitted.history,
        images=training_images_csv(inventory, material, names),
    )
    return TrainedModel(
        folder=out,
        plan=plan,
        operating_point=frozen,
        history=fitted.history,
        runtime=ran_on,
        seconds=fitted.seconds,
        images_per_second=fitted.images_per_second,
        notes=_notes(plan, frozen),
    )


def _instructions(loaded: LoadedProtocol, initial_weights: Path | None) -> tuple[Training, str]:
    protocol = loaded.protocol
    training, rule = protocol.training, protocol.operating_point.rule
    if training is None or rule is None:
        raise BadInputError(
            f"protocol {protocol.id!r}: `train` needs the table [training], and an [operating_point] with "
            'from = "model" and a rule; add what is missing.'
        )
    if training.initial_weights_sha256 is None and initial_weights is not None:
        raise BadInputError(
            f"protocol {protocol.id!r}: names no initial weights, so {initial_weights.name} is not used; write its "
            "SHA-256 as [training] initial_weights_sha256, or leave out --initial-weights."
        )
    if training.initial_weights_sha256 is not None and initial_weights is None:
        raise BadInputError(
            f"protocol {protocol.id!r}: begins with the weights whose SHA-256 is {training.initial_weights_sha256}; "
            "name their file with --initial-weights."
        )
    return training, rule


def _identity(loaded: LoadedProtocol, material: Material, ran_on: Runtime) -> dict[str, Any]:
    """Return all that decides the bits of a training: a checkpoint of another identity is not resumed."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return {
        "protocol": loaded.sha256,
        "material": material.sha256,
        "preprocessing": PREPROCESSING,
        "runtime": asdict(ran_on),
        "code": [sha256_file(source) for source in sources],
    }


def _plan(
    loaded: LoadedProtocol,
    training: Training,
    material: Material,
    inventory: Inventory,
    fitted: epochs.Fitted,
    ran_on: Runtime,
    *,
    weights_sha256: str,
) -> ModelPlan:
    kept = epochs.best(fitted.history)
    tune_scores = np.round(calibration.sigmoid(fitted.tune_logits), SCORE_PLACES)
    aurocs = auroc_of_heads(tune_scores, material.division.tune.labels)
    return ModelPlan(
        protocol=ProtocolReference(
            id=loaded.protocol.id, version=loaded.protocol.version, sha256=loaded.sha256
        ),
        training=training,
        input_gate=loaded.protocol.input_gate,
        preprocessing=PREPROCESSING,
        backend=ran_on.backend,
        device=ran_on.device,
        split=training_split(material, loaded.protocol.split),
        heads=trained_heads(training, material.division, aurocs),
        leakage=tuning_leakage(inventory.likes),
        best_epoch=kept.epoch,
        tune_auroc=rounded(kept.tune_auroc, FITTED_PLACES),
        weights_sha256=weights_sha256,
    )


def _notes(plan: ModelPlan, frozen: ModelOperatingPoint) -> tuple[str, ...]:
    """Return remarks for the user on a finished training."""
    unlearnt = [head.finding for head in plan.heads if not head.learnt]
    notes = []
    if unlearnt:
        notes.append(f"not learnt, since the train images have one class only: {listing(unlearnt)}")
    if frozen.calibration.reason:
        notes.append(f"not calibrated: {frozen.calibration.reason}")
    if plan.leakage.identical or plan.leakage.near:
        notes.append(
            f"leakage: {plan.leakage.identical} tuning images are identical to a training image of another "
            f"patient, {plan.leakage.near} nearly identical"
        )
    return tuple(notes)
