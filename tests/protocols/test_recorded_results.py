"""What evidence reads of results.json, by hand, and against the reader of the measuring side."""

import json
from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.recorded_results import RecordedDecisions, RecordedResults, ResultsHead, recorded_results
from protocols.schema.load import ProtocolIdentity
from validation.results.results import results_from_json

HEAD = {
    "schema": "cxr510k-results/1",
    "protocol": {"id": "small", "version": 1, "sha256": "a" * 64, "stage": "exploratory"},
    "verdict": "pass",
}


def test_the_head_by_hand() -> None:
    head = recorded_results(json.dumps(HEAD).encode(), ResultsHead)
    assert head == ResultsHead(ProtocolIdentity("small", 1, "a" * 64, "exploratory"), "pass")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"schema": "cxr510k-results/2"}, "its schema is 'cxr510k-results/2'"),
        ({"verdict": None}, "verdict: input should be a valid string"),
        (
            {"protocol": HEAD["protocol"] | {"version": True}},
            r"protocol\.version: input should be a valid integer",
        ),
    ],
)
def test_another_document_is_refused(change: dict[str, object], wrong: str) -> None:
    content = json.dumps(HEAD | change).encode()
    with pytest.raises(BadInputError, match=rf"^results\.json: is not cxr510k-results/1 \({wrong}\)\.$"):
        recorded_results(content, ResultsHead)
    with pytest.raises(EvidenceDiffersError):
        recorded_results(content, ResultsHead, error=EvidenceDiffersError)


def test_it_reads_what_the_measuring_side_wrote_against_its_reader(finished_run: Path) -> None:
    content = (finished_run / "results.json").read_bytes()
    whole = results_from_json(content, source="results.json")
    read = recorded_results(content, RecordedResults)
    assert (read.protocol, read.verdict, read.resampling.seed) == (
        whole.protocol,
        whole.verdict,
        whole.resampling.seed,
    )
    assert [(one.metric, one.value, one.intervals) for one in read.estimates] == [
        (one.metric, one.value, one.intervals) for one in whole.estimates
    ]
    threshold = recorded_results(content, RecordedDecisions).operating_point.threshold
    assert threshold == whole.operating_point.threshold
