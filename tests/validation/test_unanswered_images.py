"""Nothing is gained by not answering: a device that gives no score to its hardest images ranks no better."""

import csv
import gzip
import itertools
from collections.abc import Collection
from pathlib import Path

import pytest

from protocols.schema.load import library_protocol, parse_protocol
from protocols.storage.canonical import csv_text
from tests.benchmarks.studies import real_study
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.run import validate

IMAGE, SCORE = "Image Index", "prob_Pneumonia"
LOADED = library_protocol("chexnet-nih-rsna")
FEWER = parse_protocol(LOADED.content.replace(b"replicates = 10000", b"replicates = 1000"), source="p.toml")


def verdicts(reads: Path) -> dict[str, str]:
    with reads.open(encoding="utf-8", newline="") as file:
        return {row["image_id"]: row["verdict"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_no_bound_of_a_published_model_rises_when_its_hardest_images_fail(
    shared_data: Path, tmp_path: Path
) -> None:
    files = real_study(shared_data, tmp_path).files
    with gzip.open(files.predictions, "rt", encoding="utf-8", newline="") as file:
        scores = {row[IMAGE]: row[SCORE] for row in csv.DictReader(file)}
    truth = verdicts(files.reads)
    hardest = {
        verdict: sorted(
            (image for image, said in truth.items() if said == verdict),
            key=lambda image: float(scores[image]),
            reverse=verdict == "negative",
        )[:50]
        for verdict in ("positive", "negative")
    }

    def without(failed: Collection[str]) -> Results:
        rows = [
            [image, "" if image in failed else score, "failed" if image in failed else "ok"]
            for image, score in scores.items()
        ]
        path = tmp_path / "predictions.csv"
        path.write_text(csv_text([IMAGE, SCORE, "status"], rows), encoding="utf-8")
        return validate(FEWER, InputFiles(files.studies, files.reads, path), lambda *_, **__: None).results

    all_scored = without(())
    some = without(hardest["positive"])
    fewest = without([*hardest["positive"], *hardest["negative"]])
    for metric in ("auroc", "average_precision"):
        rows = [results.estimate(metric) for results in (all_scored, some, fewest)]
        assert rows[0].images == rows[1].images == rows[2].images
        for before, after in itertools.pairwise(rows):
            assert before.value is not None and after.value is not None and after.value < before.value
            for name, bounds in before.intervals.items():
                then = after.intervals[name]
                assert bounds is not None and then is not None
                assert then[0] <= bounds[0] and then[1] <= bounds[1], (metric, name)
