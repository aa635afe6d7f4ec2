"""Networks trained on real radiographs with text-mined labels, and what radiologists say of them.

``python -m tests.benchmarks.training`` prints the Markdown table of docs/evidence/training.md. Every row is a `cxr510k
run` of
the library's protocol nih-radiologists with another network, other heads or another seed; runs stand under
build/training and are not made again. The same scores are then measured against the text-mined label of these images.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from protocols.cohorts.sources.nih_release import FINDINGS
from tests.benchmarks.statistics import print_table

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
BUILT = ROOT / "build" / "training"
BASE = "nih-radiologists"
HEADS = json.dumps(FINDINGS)
DENSENET = {"network": '"densenet121"', "batch_size": "16", "learning_rate": "0.001"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A training: its name, and the keys of the protocol that differ from the library's."""

    name: str
    keys: Mapping[str, str] = field(default_factory=dict)

    def protocol(self) -> str:
        """The library's protocol with these keys; a key that it lacks stands before ``label_source``."""
        text = (resources.files("protocols") / "library" / f"{BASE}.toml").read_text(encoding="utf-8")
        for key, value in {"id": f'"{BASE}-{self.name}"', **self.keys}.items():
            text, found = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, count=1, flags=re.MULTILINE)
            if not found:
                text = text.replace("label_source = ", f"{key} = {value}\nlabel_source = ", 1)
        return text


VARIANTS = (
    Variant("compact"),
    Variant("compact-511", {"seed": "511"}),
    Variant("compact-512", {"seed": "512"}),
    Variant("compact-14", {"heads": HEADS}),
    Variant("densenet121", DENSENET),
    Variant("densenet121-14", {**DENSENET, "heads": HEADS}),
)


def text_mined_protocol() -> str:
    """The same study with the text-mined label for a reference: it can neither pass nor fail."""
    text = Variant("text-mined").protocol()
    return text.replace('kind = "single_reader"', 'kind = "text_mined"')


def made(out: Path, *command: str | Path) -> Path:
    """The folder that a command of the suite makes, unless it is there."""
    if not out.exists():
        called = [Path(sys.executable).parent / "cxr510k", *command, "--out", out]
        ended = subprocess.run([str(part) for part in called], cwd=ROOT, check=False)
        if ended.returncode > 1:
            raise SystemExit(ended.returncode)
    return out


def cohorts() -> tuple[Path, Path]:
    """The images with radiologists' reads and boxes, and their text-mined label as reads."""
    metadata = DATA / "nih" / "Data_Entry_2017_v2020.csv.gz"
    labels = DATA / "rsna" / "stage_2_train_labels.csv.gz"
    mapping = DATA / "rsna" / "rsna_to_nih.csv.gz"
    rsna = made(BUILT / "rsna", "cohort", "rsna", mapping, "--metadata", metadata, "--boxes", labels)
    read = ["--hold-out", rsna / "reads.csv", "--reads", rsna / "reads.csv", "--boxes", rsna / "boxes.csv"]
    images = DATA / "nih" / "images-320"
    nih = made(BUILT / "nih", "cohort", "nih", metadata, "--images", images, *read, "--profile")
    text = ["--hold-out", rsna / "reads.csv", "--finding", "Pneumonia"]
    return nih, made(BUILT / "text", "cohort", "nih", metadata, "--images", images, *text)


def row_of(variant: Variant, nih: Path, text: Path) -> Sequence[str]:
    """Train, or take what was trained, and measure against both references."""
    protocol = BUILT / f"{variant.name}.toml"
    protocol.write_text(variant.protocol(), encoding="utf-8")
    run = made(BUILT / variant.name, "run", protocol, "--cohort", nih)
    mined = BUILT / "text-mined.toml"
    mined.write_text(text_mined_protocol(), encoding="utf-8")
    scores = ["--predictions", run / "inputs" / "predictions.csv"]
    frozen = ["--operating-point", run / "model" / "operating_point.json"]
    agreement = made(
        BUILT / f"{variant.name}-text-mined", "validate", mined, "--cohort", text, *scores, *frozen
    )
    plan = json.loads((run / "model" / "plan.json").read_bytes())
    record = json.loads((run / "run.json").read_bytes())
    results = json.loads((run / "results.json").read_bytes())
    pointed = results["localisation"]["whole"]["hit_rate"]
    return (
        variant.name,
        f"{plan['tune_auroc']:.3f} ({plan['best_epoch']})",
        estimate(results, "auroc"),
        estimate(json.loads((agreement / "results.json").read_bytes()), "auroc"),
        estimate(results, "sensitivity"),
        estimate(results, "specificity"),
        f"{pointed['value']:.3f} ({pointed['interval'][0]:.3f}–{pointed['interval'][1]:.3f})",
        f"{record['durations_seconds']['train']:.0f}",
    )


def estimate(results: Mapping[str, Any], metric: str) -> str:
    """Value and deciding interval for the whole cohort."""
    one = next(
        entry
        for entry in results["estimates"]
        if entry["metric"] == metric and entry["subgroup"]["axis"] == "overall"
    )
    low, high = one["intervals"][one["decision_interval"]]
    return f"{one['value']:.3f} ({low:.3f}–{high:.3f})"


def main() -> None:
    """Print the table."""
    BUILT.mkdir(parents=True, exist_ok=True)
    nih, text = cohorts()
    print_table(
        (
            "network",
            "tuning AUROC (epoch)",
            "AUROC, radiologists",
            "AUROC, text-mined",
            "sensitivity",
            "specificity",
            "pointing hit rate",
            "seconds",
        ),
        [row_of(variant, nih, text) for variant in VARIANTS],
    )


if __name__ == "__main__":
    main()
