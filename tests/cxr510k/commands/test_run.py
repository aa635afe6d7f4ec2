"""`cxr510k run`, `train` and `predict` on a small phantom: the whole way once, its rerun, and images that are none."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from protocols.cohorts.phantom import generate as phantom
from protocols.progress import silent
from protocols.storage.manifest import write_manifest
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]

PROTOCOL = """
schema = "cxr510k-protocol/1"
id = "small-phantom"
version = 1
title = "A small phantom"
[claim]
type = "triage"
finding = "simulated airspace opacity"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
from = "model"
rule = "youden"
[bootstrap]
replicates = 1000
[[subgroups]]
axis = "view"
[split]
salt = "small"
tune_share = 0.3
[training]
label = "opacity"
label_source = "known_truth"
network = "compact"
image_size = 48
batch_size = 16
epochs = 2
patience = 2
learning_rate = 0.002
warmup_epochs = 0
weight_decay = 0.0001
clip_norm = 1.0
dropout = 0.0
precision = "float32"
calibration = "none"
seed = 510

[training.augmentation]
turn_degrees = 5.0
shift = 0.05
zoom = 0.08
brightness = 0.0
contrast = 0.0
mirror = false
"""


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty synthetic patients."""
    folder = tmp_path_factory.mktemp("cohort")
    phantom.generate(folder, seed=510, patients=60, workers=2, progress=partial(silent, "phantoms"))
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    return folder


@pytest.fixture
def broken(cohort: Path, tmp_path: Path) -> Path:
    """The same cohort, whose images may be harmed."""
    return Path(shutil.copytree(cohort, tmp_path / "cohort"))


def images_of(cohort: Path, split: str) -> list[Path]:
    rows = [line.split(",") for line in (cohort / "studies.csv").read_text(encoding="utf-8").splitlines()]
    path, where = rows[0].index("image_path"), rows[0].index("split")
    return [cohort / row[path] for row in rows[1:] if row[where] == split]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def make_html(path: Path) -> None:
    path.write_text("<html><body>404</body></html>")


HARMS = [truncate, make_empty, make_html]


def rerun_its_bundles(command: Command, run: Path, cohort: Path, tmp_path: Path) -> None:
    """The images lie beside the cohort, not in the run; a bundle holds them, or says that it does not."""
    keys, whole, without = tmp_path / "keys", tmp_path / "whole", tmp_path / "without"
    assert command("keygen", "--out", keys).code == 0
    signed = ("--key", keys / "private.pem")
    assert command("bundle", run, "--out", whole, *signed, "--images", cohort).code == 0
    assert command("bundle", run, "--out", without, *signed, "--without-images").code == 0
    level_2 = ("--level", 2, "--pubkey", keys / "public.pem")
    ended = command("rerun", whole, *level_2)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "verified, level 1 identical, level 2 reproduced")
    ended = command("rerun", without, *level_2)
    assert (ended.code, "its images were left out; name their folder with --images" in ended.err) == (3, True)


@pytest.mark.slow
def test_the_whole_way_and_its_rerun(command: Command, cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ended = command("run", cohort / "protocol.toml", "--cohort", cohort, "--out", out)
    assert (ended.code, "verdict none, exit 0" in ended.out) == (0, True)
    for name in (
        "model/model.weights.h5",
        "inputs/predictions.csv",
        "results.json",
        "report.pdf",
        "report.html",
        "summary.pdf",
        "summary.html",
        "report/figures/index.csv",
    ):
        assert (out / name).is_file()
    assert command("rerun", out, "--level", 1).code == 0
    rerun_its_bundles(command, out, cohort, tmp_path)
    for _ in range(2):  # a second test of robustness takes the place of the first
        assert command("robustness", out).code == 0
    first = command("rerun", out, "--level", 1)
    assert (first.code, "robustness/results.json: identical" in first.out) == (0, True)
    second = command("rerun", out, "--level", 2)
    assert second.code == 0
    for same in (
        "scores, identical",
        "marks, identical",
        "files, identical",
        "robustness/scores.csv: all equal",
    ):
        assert same in second.out
    third = command("rerun", out, "--level", 3)
    assert (third.code, "weights: identical to the byte" in third.out) == (0, True)


@pytest.mark.slow
def test_level_2_finds_other_scores_and_missing_images(
    command: Command, cohort: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copytree(cohort, tmp_path / "cohort"))
    out = tmp_path / "run"
    command("run", moved / "protocol.toml", "--cohort", moved, "--out", out)
    predictions = out / "inputs" / "predictions.csv"
    header, first, *rest = predictions.read_text(encoding="utf-8").splitlines()
    image, score, *others = first.split(",")
    changed = ",".join([image, f"{1 - float(score):.6f}", *others])
    predictions.write_text("\n".join([header, changed, *rest]) + "\n", encoding="utf-8")
    write_manifest(out)
    assert command("rerun", out, "--level", 2).code == 1
    (moved / "images").rename(tmp_path / "elsewhere")
    moved.rename(tmp_path / "gone")
    ended = command("rerun", out, "--level", 2)
    assert (ended.code, "name their folder with --images" in ended.err) == (3, True)


@pytest.mark.slow
@pytest.mark.parametrize("harm", HARMS)
def test_train_refuses_and_lists_what_is_no_image(
    command: Command, broken: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    victims = images_of(broken, "train")[:2]
    for victim in victims:
        harm(victim)
    tables = ["--studies", broken / "studies.csv", "--labels", broken / "labels.csv"]
    ended = command("train", broken / "protocol.toml", *tables, "--out", tmp_path / "model")
    assert ended.code == 2
    assert [victim.stem in ended.err for victim in victims] == [True, True]
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_predict_marks_what_is_no_image_and_goes_on(command: Command, broken: Path, tmp_path: Path) -> None:
    tables = ["--studies", broken / "studies.csv", "--labels", broken / "labels.csv"]
    assert command("train", broken / "protocol.toml", *tables, "--out", tmp_path / "model").code == 0
    victims = images_of(broken, "test")[:3]
    for victim, harm in zip(victims, HARMS, strict=True):
        harm(victim)
    scores = tmp_path / "predictions.csv"
    studies = ["--studies", broken / "studies.csv"]
    assert command("predict", "--model", tmp_path / "model", *studies, "--out", scores).code == 0
    rows = [line.split(",", 3) for line in scores.read_text(encoding="utf-8").splitlines()[1:]]
    failed = {row[0]: row[3] for row in rows if row[2] == "failed"}
    assert set(failed) == {victim.stem for victim in victims}
    assert all(failed.values())
    assert len(rows) == len(images_of(broken, "test"))


@pytest.mark.slow
def test_one_run_folder_a_finding(command: Command, cohort: Path, tmp_path: Path) -> None:
    """Two findings that one network learns together; the second is the first with every third label turned round."""
    folder = Path(shutil.copytree(cohort, tmp_path / "cohort"))
    names, *labels = (folder / "labels.csv").read_text(encoding="utf-8").splitlines()
    turned = [f"{line},{int(line[-1]) ^ int(number % 3 == 0)}" for number, line in enumerate(labels)]
    (folder / "labels.csv").write_text("\n".join([f"{names},shadow", *turned]) + "\n", encoding="utf-8")
    header, *reads = (folder / "reads.csv").read_text(encoding="utf-8").splitlines()
    told = [f"{line},{finding}" for finding in ("opacity", "shadow") for line in reads]
    (folder / "reads.csv").write_text("\n".join([f"{header},finding", *told]) + "\n", encoding="utf-8")
    pattern = tmp_path / "pattern.toml"
    pattern.write_text(
        PROTOCOL.replace('id = "small-phantom"', 'id = "small-{finding}"')
        .replace('label = "opacity"', 'label = "{finding}"\nheads = ["opacity", "shadow"]')
        .replace('rule = "majority"', 'rule = "majority"\nfinding = "{finding}"'),
        encoding="utf-8",
    )
    out = tmp_path / "runs"
    both = ["--finding", "opacity", "--finding", "shadow"]
    ended = command("run", pattern, "--cohort", folder, *both, "--out", out)
    assert (ended.code, ended.out.count("report: ")) == (0, 2)
    for finding in ("opacity", "shadow"):
        plan = json.loads((out / finding / "model" / "plan.json").read_text())
        assert (plan["training"]["label"], len(plan["heads"])) == (finding, 2)
        assert (
            json.loads((out / finding / "results.json").read_text())["protocol"]["id"] == f"small-{finding}"
        )
        assert (out / finding / "report.pdf").is_file()
    kept = (out / "opacity" / "run.json").read_bytes()
    assert command("run", pattern, "--cohort", folder, *both, "--out", out).code == 0
    assert (out / "opacity" / "run.json").read_bytes() == kept


def test_robustness_needs_a_model(command: Command, study: Study) -> None:
    out = study.folder / "run"
    assert command(*study.arguments, "--out", out).code in (0, 1)
    ended = command("robustness", out)
    assert (ended.code, "holds no model/" in ended.err, (out / "robustness").exists()) == (3, True, False)


def test_asking_for_an_absent_gpu_is_not_possible(command: Command, cohort: Path, tmp_path: Path) -> None:
    tables = ["--studies", cohort / "studies.csv", "--labels", cohort / "labels.csv"]
    ended = command("train", cohort / "protocol.toml", *tables, "--out", tmp_path / "m", "--device", "gpu")
    assert (ended.code, (tmp_path / "m").exists()) == (3, False)


def test_doctor_speaks(command: Command) -> None:
    ended = command("doctor")
    assert ended.code == 0 or "apt-get install" in ended.out
