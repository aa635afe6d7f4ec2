"""Checks that results, protocol and report of a bundle are the ones that were signed, and agree.

Owns the comparison of results.json, protocol.toml and the content of the PDFs with one another and with the
statement. The command line passes in the function that reads a PDF; whether the numbers are right is `rerun`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from protocols.errors import EvidenceDiffersError
from protocols.evidence.verification.check import Check, Problem, check_of
from protocols.evidence.verification.signed_content import DATA, Covered
from protocols.recorded_results import ResultsHead, recorded_results

PROTOCOL, RESULTS, LISTING = "protocol.toml", "results.json", "line_listing.csv"
ROBUSTNESS, ITS_RESULTS = "robustness.json", "robustness/results.json"  # where the run has a robustness test
DOCUMENTS = {"report.pdf": (RESULTS, LISTING), "summary.pdf": (RESULTS,)}  # each with what is attached to it


class Printed(Protocol):
    """The content of a PDF, whichever library laid it out."""

    @property
    def attachments(self) -> Mapping[str, bytes]:
        """Attached files, name -> bytes."""

    def says(self, words: str) -> bool:
        """Whether a page prints these words, without regard to spaces and line ends."""


ReadPdf = Callable[[bytes], Printed]


def results_head(content: bytes) -> ResultsHead:
    """Read protocol and verdict from the bytes of results.json.

    Raises:
        EvidenceDiffersError: the bytes are not a results.json.
    """
    return recorded_results(content, ResultsHead, error=EvidenceDiffersError)


def check_results(covered: Covered) -> Check:
    """Check that results.json is the one that the statement names, with its verdict and protocol."""
    promise = covered.promised()
    path = f"{DATA}/{RESULTS}"
    if covered.digest(RESULTS) != promise.results_sha256:
        return check_of("results", [Problem(path, "is not the one that the signed statement names")], "")
    head = covered.read(RESULTS, results_head)
    problems = []
    if head.verdict != promise.verdict:
        problems.append(
            Problem(path, f"its verdict is {head.verdict!r}; the statement records {promise.verdict!r}")
        )
    if head.protocol != promise.protocol:
        problems.append(Problem(path, "names another protocol than the statement"))
    return check_of("results", problems, f"as in the statement, verdict {head.verdict}")


def check_protocol(covered: Covered) -> Check:
    """Check that protocol.toml is the one that the statement and results.json name."""
    promise = covered.promised()
    problems = []
    if covered.digest(PROTOCOL) != promise.protocol.sha256:
        problems.append(Problem(f"{DATA}/{PROTOCOL}", "is not the one that the signed statement names"))
    elif covered.read(RESULTS, results_head).protocol.sha256 != covered.require(PROTOCOL):
        problems.append(Problem(f"{DATA}/{RESULTS}", "was computed with another protocol than protocol.toml"))
    kept = f"{promise.protocol.id} version {promise.protocol.version}, {promise.protocol.stage}"
    return check_of("protocol", problems, kept)


def check_dependencies(covered: Covered) -> Check:
    """Check that every input of the run that the statement names is the file in the bag."""
    promise = covered.promised()
    listed = covered.signed_list()
    problems = [
        Problem(f"{DATA}/{name}", "is not the file that the signed statement names")
        for name, sha256 in promise.dependencies.items()
        if listed.get(f"{DATA}/{name}") != sha256
    ]
    return check_of(
        "dependencies", problems, f"{len(promise.dependencies)} files that the statement names are here"
    )


def check_document(covered: Covered, name: str, printed: ReadPdf) -> Check:
    """Check that a PDF carries the bundle's results and line listing to the byte, and prints the protocol's hash."""
    if not covered.holds(name):
        return check_of(name, [], "this bundle has none")
    pdf = covered.read(name, printed)
    return check_of(
        name,
        _of_document(covered, name, pdf),
        f"carries {' and '.join(DOCUMENTS[name])} unchanged, prints the protocol hash",
    )


def _of_document(covered: Covered, name: str, pdf: Printed) -> Iterator[Problem]:
    path = f"{DATA}/{name}"
    evidence = {attached: attached for attached in DOCUMENTS[name]}
    if name == "report.pdf" and covered.holds(ITS_RESULTS):
        evidence[ROBUSTNESS] = ITS_RESULTS
    for attached, source in evidence.items():
        content = pdf.attachments.get(attached)
        if content is None:
            yield Problem(path, f"has no {attached} attached")
        elif covered.read(source, bytes) != content:
            yield Problem(path, f"its attached {attached} is not {DATA}/{source}")
    for other in set(pdf.attachments) - set(evidence):
        yield Problem(path, f"has {other} attached, which is none of the evidence")
    if not pdf.says(covered.require(PROTOCOL)):
        yield Problem(path, "does not print the SHA-256 of protocol.toml")
