"""The CheXpert reader study: what models' decisions and other radiologists come to against five readers' majority.

``python -m tests.benchmarks.chexpert`` prints the Markdown tables of docs/evidence/chexpert.md. Every row is a run of
`validate` on a file as it was published, by the library's protocol for the finding.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.cohorts.cohort import READS, STUDIES, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.chexpert import chexpert
from protocols.progress import silent
from protocols.schema.load import LoadedProtocol, library_protocol
from protocols.tables.reading import read_table
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.results.secondary import Agreement, Measured
from validation.results.verdict_sensitivity import ReferenceUncertainty
from validation.run import validate

DATA = Path(__file__).parents[3] / "shared" / "data" / "chexpert-test"
FINDINGS = ("Consolidation", "Edema", "Lung Opacity")
METRICS = ("sensitivity", "specificity", "f1")


@dataclass(frozen=True, slots=True)
class Decisions:
    """A published file of 0 or 1 a study."""

    name: str
    file: Path


def protocol_of(finding: str) -> LoadedProtocol:
    """The library's protocol of a finding."""
    return library_protocol(f"chexpert-{finding.lower().replace(' ', '-')}")


def decisions(data: Path, finding: str) -> list[Decisions]:
    """The models and then the benchmark radiologists whose files hold the finding."""
    models = sorted((data / "example_models" / "decisions" / "standard").glob("*_decisions.csv"))
    readers = sorted((data / "radiologists" / "benchmark_radiologists").glob("*.csv"))
    named = [Decisions(file.stem.removesuffix("_decisions"), file) for file in models]
    named += [Decisions(f"radiologist {file.stem}", file) for file in readers]
    return [one for one in named if finding in read_table(one.file).columns]


def performance(
    data: Path, finding: str, folder: Path, files: Sequence[Decisions]
) -> Iterator[tuple[str, Results]]:
    """The results of each file of decisions, with its name; the cohort is written into ``folder``, which exists."""
    write_cohort(chexpert(data, CohortRequest(out=folder), finding=finding), folder)
    for one in files:
        given = InputFiles(folder / STUDIES, folder / READS, one.file)
        yield one.name, validate(protocol_of(finding), given, silent).results


def confusion(results: Results) -> Mapping[str, int]:
    """TP, FP, FN and TN of the whole cohort."""
    right, negatives_right = (results.estimate(metric) for metric in ("sensitivity", "specificity"))
    tp, tn = right.numerator or 0, negatives_right.numerator or 0
    return {
        "tp": tp,
        "fp": (negatives_right.denominator or 0) - tn,
        "fn": (right.denominator or 0) - tp,
        "tn": tn,
    }


def _performance_row(name: str, results: Results) -> str:
    c = confusion(results)
    fractions = {
        "sensitivity": (c["tp"], c["tp"] + c["fn"]),
        "specificity": (c["tn"], c["tn"] + c["fp"]),
        "f1": (2 * c["tp"], 2 * c["tp"] + c["fp"] + c["fn"]),
    }
    cells = []
    for metric in METRICS:
        estimate = results.estimate(metric)
        assert estimate.value is not None
        assert estimate.decision is not None
        low, high = estimate.decision
        x, n = fractions[metric]
        cells.append(f"{x}/{n} = {estimate.value:.3f} ({low:.3f}–{high:.3f})")
    return f"| {name} | {' | '.join(cells)} |"


def _shown(measured: Measured) -> str:
    assert measured.value is not None
    assert measured.interval is not None
    return f"{measured.value:.3f} ({measured.interval[0]:.3f}–{measured.interval[1]:.3f})"


def _agreement_row(finding: str, agreement: Agreement) -> str:
    kappas = sorted(pair.kappa.value for pair in agreement.pairs if pair.kappa.value is not None)
    cells = [
        finding,
        _shown(agreement.percent),
        _shown(agreement.fleiss_kappa),
        _shown(agreement.gwet_ac1),
        f"{kappas[0]:.3f} to {kappas[-1]:.3f}",
        "–".join(str(called) for called in sorted(reader.positive for reader in agreement.readers)[::4]),
    ]
    return f"| {' | '.join(cells)} |"


def _latent_row(finding: str, agreement: Agreement) -> str:
    latent = agreement.dawid_skene
    sensitivities = [reader.sensitivity for reader in latent.readers]
    specificities = [reader.specificity for reader in latent.readers]
    return (
        f"| {finding} | {latent.prevalence:.3f} | {min(sensitivities):.3f} to {max(sensitivities):.3f} "
        f"| {min(specificities):.3f} to {max(specificities):.3f} | {latent.changed} of {latent.images} |"
    )


def _resampled_row(finding: str, name: str, uncertain: ReferenceUncertainty) -> str:
    cells = []
    for one in uncertain.metrics:
        assert one.decision is not None
        assert one.interval is not None
        before, after = (f"{low:.3f}–{high:.3f}" for low, high in (one.decision, one.interval))
        cells.append(f"{before} becomes {after}")
    return f"| {finding}, {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    if not DATA.is_dir():
        sys.exit("needs ../shared/data/chexpert-test, which is not beside this checkout")
    agreements, resampled = {}, {}
    for finding in FINDINGS:
        print(f"\n**{finding}**\n\n| decisions of | sensitivity | specificity | F1 |\n|---|---|---|---|")
        with tempfile.TemporaryDirectory() as folder:
            for name, results in performance(DATA, finding, Path(folder), decisions(DATA, finding)):
                print(_performance_row(name, results), flush=True)
                agreements[finding] = results.agreement  # of the five, whoever is measured
                resampled.setdefault(finding, (name, results.reference_uncertainty))  # of the first file
    print(
        "\n| finding | agreement | Fleiss' kappa | Gwet's AC1 | pairwise Cohen's kappa | read as positive |"
    )
    print("|---" * 6 + "|")
    for finding, agreement in agreements.items():
        print(_agreement_row(finding, agreement))
    print("\n| finding | prevalence | sensitivity of a reader | specificity of a reader | verdicts changed |")
    print("|---" * 5 + "|")
    for finding, agreement in agreements.items():
        print(_latent_row(finding, agreement))
    print("\n| decisions of | sensitivity | specificity | F1 | prevalence | AUROC |")
    print("|---" * 6 + "|")
    for finding, (name, uncertain) in resampled.items():
        print(_resampled_row(finding, name, uncertain))


if __name__ == "__main__":
    main()
