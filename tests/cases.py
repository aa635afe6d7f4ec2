"""Run the cases of ../shared/cases through the command line, and judge them.

    python -m tests.cases [MODEL]

MODEL is the model folder of a phantom run, runs/phantom/model where none is named; without it the cases of pictures are
not judged, which is said. Prints a line a case: its name, what happened, and ok or WRONG, as the last column of the
cases' README says; ends with 1 where one is wrong.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tests.picture_cases import PICTURES

ROOT = Path(__file__).parents[1]
CASES = ROOT.parent / "shared" / "cases"


@dataclass(frozen=True)
class Ended:
    """How a command ended: what it printed, and the results it left, empty where it left none."""

    code: int
    printed: str
    results: dict[str, Any]

    @property
    def notices(self) -> dict[str, dict[str, Any]]:
        return {one["kind"]: one for one in self.results.get("input_account", {}).get("notices", [])}

    @property
    def criteria(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.results.get("criteria", [])}

    def told(self, kind: str, *words: str) -> bool:
        """A notice of this kind, printed on the terminal in a line that holds these words."""
        text = self.notices.get(kind, {}).get("text", "")
        printed = [line for line in self.printed.splitlines() if text and text in line]
        return bool(printed) and all(word in printed[0] for word in words)

    def refused(self, *words: str) -> bool:
        """Ended with 2 and one sentence that holds these words, with nothing written."""
        return self.code == 2 and not self.results and all(word in self.printed for word in words)

    def value(self, metric: str, axis: str = "overall") -> float | None:
        wanted = (one for one in self.results.get("estimates", []) if one["metric"] == metric)
        found = [one["value"] for one in wanted if one["subgroup"]["axis"] == axis]
        return round(found[0], 3) if found and found[0] is not None else None

    def __str__(self) -> str:
        if not self.results:
            sentence = [line for line in self.printed.splitlines() if line.startswith("cxr510k: ")]
            return f"exit {self.code}" + (f", {sentence[-1].removeprefix('cxr510k: ')}" if sentence else "")
        cohort, kinds = self.results["cohort"], ", ".join(self.notices) or "none"
        said = f"sensitivity {self.value('sensitivity')}, {self.results['verdict']}, notices {kinds}"
        return f"exit {self.code}, {cohort['images']} images of {cohort['patients']} patients, {said}"


def started(*arguments: object) -> Ended:
    """One command in a process of its own, its ``--out`` given here."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        words = [sys.executable, "-m", "cxr510k", *map(str, arguments), "--out", str(out)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        results = out / "results.json"
        found = json.loads(results.read_bytes()) if results.exists() else {}
        return Ended(done.returncode, done.stdout + done.stderr, found)


def validated(case: Path, *, protocol: Path | None = None, **tables: str | Path) -> Ended:
    given = {"studies": "studies.csv", "reads": "reads.csv", "predictions": "scores.csv"} | tables
    options = [part for name, table in given.items() for part in (f"--{name}", case / table)]
    return started("validate", protocol or case / "protocol.toml", *options)


def star_criterion_vanishes(case: Path) -> tuple[str, bool]:
    """Ages such as 020Y are read by now, so that their criterion is judged, and not met; sex stays unknown."""
    ended = validated(case)
    rows = {name.partition("[")[0] for name in ended.criteria}
    sex = ended.criteria.get("SE-SEX", {})
    said = ended.told("sex_unknown", "Female", "SE-SEX") and bool(sex.get("why"))
    right = (ended.code, rows, sex.get("verdict")) == (1, {"SE", "SE-SEX", "SE-AGE"}, "inconclusive")
    return f"{ended}; SE-SEX {sex.get('verdict', 'gone')}: {sex.get('why')}", right and said


def patient_id_trailing_space(case: Path) -> tuple[str, bool]:
    ended = validated(case)
    patients = ended.results.get("cohort", {}).get("patients")
    return str(ended), patients == 40 and ended.told("cells_trimmed", "patient_id")


def image_id_space(case: Path) -> tuple[str, bool]:
    ended = validated(case)
    return str(ended), ended.value("sensitivity") == 0.927 and ended.told("cells_trimmed", "image_id")


def inverted_scores(case: Path) -> tuple[str, bool]:
    ended = validated(case)
    return f"{ended}; AUROC {ended.value('auroc')}", ended.told("auroc_below_chance", "other class")


def semicolons(case: Path) -> tuple[str, bool]:
    """Refused with the remedy, which then mends it: the decimal comma too, and a first line that names the sign."""
    refusals = [validated(case), validated(case, studies="studies-sep.csv")]
    of_cohort = started("cohort", "table", case / "studies.csv")
    keys = "".join(f'[format.{name}]\ndelimiter = ";"\n' for name in ("studies", "reads"))
    keys += '[format.predictions]\ndelimiter = ";"\ndecimal = ","\n'
    with tempfile.TemporaryDirectory() as folder:
        mended = Path(folder) / "protocol.toml"
        mended.write_text((case / "protocol.toml").read_text(encoding="utf-8") + keys, encoding="utf-8")
        read = [
            validated(case, protocol=mended, studies=f"{name}.csv") for name in ("studies", "studies-sep")
        ]
    right = all(one.refused("semicolon", "[format.studies]") for one in refusals)
    right &= of_cohort.refused("semicolon", "--delimiter") and {one.value("sensitivity") for one in read} == {
        0.927
    }
    return f"{refusals[0]} With it: {read[0]}; {read[1]}", right


def trailing_commas(case: Path) -> tuple[str, bool]:
    ended = [validated(case, studies=f"{name}.csv") for name in ("studies", "studies1", "studies2")]
    right = [one.value("sensitivity") == 0.927 for one in ended]
    told = [bool(kinds) and all(map(one.told, kinds)) for one in ended for kinds in [sorted(one.notices)]]
    return "; ".join(map(str, ended)), all(right) and all(told)


def float_labels(case: Path) -> tuple[str, bool]:
    ended = [
        started("cohort", "table", case / "studies.csv", "--labels", case / name)
        for name in ("labels.csv", "labels-no-minus.csv", "labels.parquet")
    ]
    right = ended[0].refused("labels.csv, row 5", "'-1.0'", "[values.Pneumonia]")
    return "; ".join(map(str, ended)), right and ended[1].code == ended[2].code == 0


def ages_90_plus(case: Path) -> tuple[str, bool]:
    ended = validated(case)
    cohort = started("cohort", "table", case / "studies.csv", "--reads", case / "reads.csv")
    said = ended.told("age_years_unknown", "[values.age_years]", '"62 years" = "62"')
    return f"{ended}; {ended.notices.get('age_years_unknown', {}).get('text')}", said and (
        "[values.age_years]" in cohort.printed and ended.told("ages_converted", "033Y")
    )


def one_row_a_box_and_reader(case: Path) -> tuple[str, bool]:
    """The lines of docs/reference/tables.md make reads of the boxes; without them the boxes are refused."""
    refused = validated(case, protocol=case / "protocol-a.toml", reads="train.csv")
    page = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    lines = re.search(r"^```python\n(.*?rad_id.*?)^```", page, re.DOTALL | re.MULTILINE)
    if not lines:
        return f"{refused}; docs/reference/tables.md shows no way", False
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train.csv").write_bytes((case / "train.csv").read_bytes())
        subprocess.run([sys.executable, "-c", lines[1]], cwd=folder, check=True)
        ended = validated(
            case, protocol=CASES / "00-base" / "protocol.toml", reads=Path(folder) / "reads.csv"
        )
        reads = pd.read_csv(Path(folder) / "reads.csv").groupby("image_id")["reader_id"].nunique()
    right = refused.refused("duplicate") and ended.code in (0, 1) and set(reads) == {3}
    return f"{refused} As documented: {ended}, {sorted(set(reads))} reads an image", right


def float32_at_threshold(case: Path) -> tuple[str, bool]:
    ended = [validated(case, predictions=f"scores.{ending}") for ending in ("csv", "parquet")]
    return "; ".join(map(str, ended)), [one.value("sensitivity") for one in ended] == [1.0, 1.0]


def one_sex_in_words(case: Path) -> tuple[str, bool]:
    ended = validated(case)
    row = ended.criteria.get("SE-SEX[sex=F]", {})
    right = row.get("verdict") == "inconclusive" and ended.told("sex_unknown", "female", "SE-SEX")
    return f"{ended}; SE-SEX[sex=F] {row.get('verdict')}: {row.get('why')}", right


def leading_zeros(case: Path) -> tuple[str, bool]:
    good, ended = validated(case, reads="reads-good.csv"), validated(case)
    return str(ended), good.code == 0 and ended.refused("leading zeros", "'1' for '001'")


JUDGES: dict[str, Callable[[Path], tuple[str, bool]]] = {
    "01-star-criterion-vanishes": star_criterion_vanishes,
    "02-patient-id-trailing-space": patient_id_trailing_space,
    "03-image-id-space-half-unmatched": image_id_space,
    "05-inverted-scores": inverted_scores,
    "06-semicolon-decimal-comma": semicolons,
    "07-excel-trailing-commas": trailing_commas,
    "08-chexpert-float-labels": float_labels,
    "22-ages-90-plus": ages_90_plus,
    "23-vindr-one-row-a-box-and-reader": one_row_a_box_and_reader,
    "25-float32-parquet-at-threshold": float32_at_threshold,
    "46-one-sex-in-words-one-site": one_sex_in_words,
    "52-leading-zeros-lost-in-reads": leading_zeros,
}


def main() -> int:
    """Judge every case; 1 where one is wrong, 3 where the cases are not there."""
    if not CASES.is_dir():
        print(f"{CASES} is not there")
        return 3
    model = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "runs" / "phantom" / "model").absolute()
    judges = dict(JUDGES)
    if model.is_dir():
        judges |= {name: partial(judge, model=model) for name, judge in PICTURES.items()}
    else:
        print(f"{len(PICTURES)} cases of pictures are not judged: {model} is not there")
    wrong = 0
    for name, judge in sorted(judges.items()):
        happened, right = judge(CASES / name)
        wrong += not right
        print(f"{name}: {happened.replace(str(CASES), 'cases')}: {'ok' if right else 'WRONG'}", flush=True)
    print(f"{len(judges) - wrong} of {len(judges)} cases ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
