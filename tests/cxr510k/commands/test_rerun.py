"""`cxr510k rerun` on a validation of tables, its bundle and its archive: what is reproduced, what differs first."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from protocols.storage.canonical import json_text
from protocols.storage.manifest import write_manifest
from reports.pdf.read_pdf import PrintedPdf
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what is made once for all tests lies; each test gets a copy."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def validated(command: Command, study: Study, made: Path) -> Path:
    if not (made / "run").exists():
        assert command(*study.arguments, "--out", made / "run").code == 0
    return Path(shutil.copytree(made / "run", study.folder / "run"))


def change_a_score(out: Path) -> None:
    path = out / "inputs" / "predictions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("i003,0.", "i003,0.7", 1), encoding="utf-8")


def test_level_1_is_identical(command: Command, validated: Path) -> None:
    before = {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()}
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, "results.json: identical to the byte" in ended.out) == (0, True)
    assert {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()} == before


def test_a_changed_score_names_the_file(command: Command, validated: Path) -> None:
    change_a_score(validated)
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, "inputs/predictions.csv: changed since it was recorded" in ended.out) == (1, True)


def test_with_the_manifest_made_again_it_names_the_first_key_and_both_values(
    command: Command, validated: Path
) -> None:
    change_a_score(validated)
    write_manifest(validated)
    ended = command("rerun", validated, "--level", 1)
    assert ended.code == 1
    first = next(line for line in ended.out.splitlines() if line.startswith("differs"))
    assert "results.json: " in first
    assert "recorded " in first
    assert "recomputed " in first


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda out: (out / "results.json").unlink(), "results.json: recorded, but missing"),
        (lambda out: (out / "extra.txt").write_text("x"), "extra.txt: not recorded in the manifest"),
        (lambda out: (out / "protocol.toml").write_text("x"), "protocol.toml: changed since it was recorded"),
    ],
)
def test_every_other_change_names_the_file(
    command: Command, validated: Path, harm: Callable[[Path], object], sentence: str
) -> None:
    harm(validated)
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, sentence in ended.out) == (1, True)


def test_level_2_without_a_model_is_not_possible(command: Command, validated: Path) -> None:
    ended = command("rerun", validated, "--level", 2)
    assert (ended.code, "holds no model/" in ended.err) == (3, True)


@pytest.mark.parametrize(("level", "sentence"), [(0, "--level must be one of 1, 2, 3"), (4, "received 4")])
def test_there_are_three_levels(command: Command, validated: Path, level: int, sentence: str) -> None:
    ended = command("rerun", validated, "--level", level)
    assert (ended.code, sentence in ended.err) == (2, True)


def test_what_is_no_run_folder_is_refused(command: Command, tmp_path: Path) -> None:
    ended = command("rerun", tmp_path, "--level", 1)
    assert (ended.code, "is no run folder" in ended.err) == (2, True)


def test_the_second_implementation_agrees(command: Command, validated: Path) -> None:
    before = {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()}
    ended = command("rerun", validated, "--independent")
    assert ended.code == 0
    assert "SE, lower bound of sensitivity in overall=all: first 0." in ended.out
    assert "verdict: first pass, second pass" in ended.out
    assert ended.out.splitlines()[-1] == "as recorded, reproduced independently"
    assert {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()} == before


def change(out: Path, edit: Callable[[Any], object]) -> None:
    """Edit results.json as someone would who makes the manifest anew."""
    path = out / "results.json"
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json_text(document), encoding="utf-8")
    write_manifest(out)


def of_reads(document: Any) -> Any:
    return next(one for one in document["input_account"]["tables"] if one["table"] == "reads")


def of_worst(document: Any, metric: str) -> Any:
    rows = document["sensitivity_analyses"]
    return next(row for row in rows if (row["analysis"], row["metric"]) == ("all_worst", metric))


def of_estimate(document: Any, metric: str) -> Any:
    return next(row for row in document["estimates"] if row["metric"] == metric)


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a number changed": (
        lambda results: of_estimate(results, "sensitivity").update(numerator=52),
        "estimates[sensitivity, overall=all].numerator: first 52, second 51",
    ),
    "a criterion's row removed": (
        lambda results: results["criteria"].pop(),
        "SE, lower bound of sensitivity in overall=all: first (absent), second 0.",
    ),
    "a criterion's row added": (
        lambda results: results["criteria"].append({**results["criteria"][0], "id": "SP"}),
        "criteria[SP].verdict: first met, second (absent)",
    ),
    "a criterion's row twice": (
        lambda results: results["criteria"].append({**results["criteria"][0], "verdict": "not_met"}),
        "criteria[SE, entry 2].verdict: first not_met, second (absent)",
    ),
    "a verdict changed": (
        lambda results: results["criteria"][0].update(verdict="inconclusive"),
        "inconclusive, second 0.",
    ),
    "the overall verdict changed": (
        lambda results: results.update(verdict="fail"),
        "verdict: first fail, second pass",
    ),
    "against_goal changed": (
        lambda results: results["criteria"][0].update(against_goal="refuted"),
        "criteria[SE].against_goal: first refuted, second null",
    ),
    "rows of the account changed": (
        lambda results: of_reads(results).update(rows_used=359),
        "input_account.tables[reads], rows used and excluded: first 359, second 360",
    ),
    "a reason of the account added": (
        lambda results: of_reads(results).update(rows_used=359, rows_excluded={"other_finding": 1}),
        "input_account.tables[reads].rows_excluded.other_finding: first 1, second (absent)",
    ),
    "a table of the account removed": (
        lambda results: results["input_account"]["tables"].remove(of_reads(results)),
        "input_account.tables[reads].rows_read: first (absent), second 360",
    ),
    "an extreme changed": (
        lambda results: of_worst(results, "ppv").update(denominator=1),
        "sensitivity_analyses[all_worst, ppv, overall=all].denominator: first 1, second ",
    ),
    "the verdict of an analysis changed": (
        lambda results: results["sensitivity_verdicts"]["all_worst"].update(overall="inconclusive"),
        "sensitivity_verdicts.all_worst.overall: first inconclusive, second pass",
    ),
    "a criterion of an analysis removed": (
        lambda results: results["sensitivity_verdicts"]["all_worst"].update(verdicts={}, overall="none"),
        "sensitivity_verdicts.all_worst.verdicts.SE: first (absent), second a verdict",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_with_a_new_manifest_is_named(command: Command, validated: Path, name: str) -> None:
    edit, told = CHANGES[name]
    change(validated, edit)
    ended = command("rerun", validated, "--independent")
    differs = [line for line in ended.out.splitlines() if line.startswith("differs")]
    assert (ended.code, any(told in line for line in differs)) == (1, True)


def test_the_manifest_comes_before_the_second_implementation(command: Command, validated: Path) -> None:
    change_a_score(validated)
    ended = command("rerun", validated, "--independent")
    assert (ended.code, "inputs/predictions.csv: changed since it was recorded" in ended.out) == (1, True)
    assert "second" not in ended.out


def test_a_level_and_the_second_implementation_together(command: Command, validated: Path) -> None:
    ended = command("rerun", validated, "--level", 1, "--independent")
    assert ended.code == 0
    assert "results.json: identical to the byte" in ended.out
    assert "second opinion: " in ended.out


def test_nothing_asked_for_is_refused(command: Command, validated: Path) -> None:
    ended = command("rerun", validated)
    assert (ended.code, "give --level 1, 2 or 3, --independent, or both" in ended.err) == (2, True)


@dataclass(frozen=True)
class Bundled:
    """A bundle, its archive and the keys."""

    root: Path
    public: Path
    other: Path

    @property
    def archive(self) -> Path:
        return self.root.with_name(f"{self.root.name}.tar")


@pytest.fixture
def bundled(command: Command, validated: Path, made: Path, tmp_path: Path) -> Bundled:
    if not (made / "bundles").exists():
        for name in ("keys", "other"):
            assert command("keygen", "--out", made / "bundles" / name).code == 0
        key = made / "bundles" / "keys" / "private.pem"
        assert (
            command("bundle", validated, "--out", made / "bundles" / "one", "--key", key, "--tar").code == 0
        )
    folder = Path(shutil.copytree(made / "bundles", tmp_path / "bundles"))
    return Bundled(folder / "one", folder / "keys" / "public.pem", folder / "other" / "public.pem")


def test_a_bundle_and_its_archive_are_verified_and_rerun(command: Command, bundled: Bundled) -> None:
    for given in (bundled.root, bundled.archive):
        ended = command("rerun", given, "--level", 1, "--pubkey", bundled.public)
        assert (ended.code, ended.out.splitlines()[-1]) == (0, "verified, level 1 identical")
        assert "0 of 120 scores lie within 1e-05 of the threshold" in ended.out


def test_without_a_key_the_signature_is_not_checked_and_that_is_said(
    command: Command, bundled: Bundled
) -> None:
    ended = command("rerun", bundled.root, "--independent")
    assert (ended.code, "signature: not checked" in ended.out) == (0, True)
    assert ended.out.splitlines()[-1] == "signature not checked, reproduced independently"


@pytest.mark.parametrize(
    ("key", "harm", "code", "sentence"),
    [
        ((), None, 2, "--require-signature needs --pubkey FILE"),
        (("--pubkey", "public"), None, 0, "verified, reproduced independently"),
        (("--pubkey", "other"), None, 1, "first difference: signature: attestation.dsse.json: "),
        (("--pubkey", "public"), "attestation.dsse.json", 1, "attestation.dsse.json: is missing"),
    ],
    ids=["no key", "the key", "another key", "no signature"],
)
def test_a_signature_that_is_required(
    command: Command, bundled: Bundled, key: tuple[str, ...], harm: str | None, code: int, sentence: str
) -> None:
    if harm:
        (bundled.root / harm).unlink()
    named = [getattr(bundled, one) if one in ("public", "other") else one for one in key]
    ended = command("rerun", bundled.root, "--independent", "--require-signature", *named)
    assert (ended.code, sentence in ended.out + ended.err) == (code, True)


def test_changed_bytes_of_a_bundle_are_named_and_nothing_is_rerun(command: Command, bundled: Bundled) -> None:
    change_a_score(bundled.root / "bag" / "data")
    for key in ((), ("--pubkey", bundled.public)):
        ended = command("rerun", bundled.root, "--level", 1, *key)
        assert (ended.code, ended.out.splitlines()[-1]) == (1, "not verified")
        assert "first difference: payload: bag/data/inputs/predictions.csv: has changed" in ended.out
        assert "guard band" not in ended.out
        assert ended.out.count("not checked") == (0 if key else 1)


def test_another_key_does_not_verify_a_bundle(command: Command, bundled: Bundled) -> None:
    ended = command("rerun", bundled.root, "--level", 1, "--pubkey", bundled.other)
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "not verified")
    assert "first difference: signature: attestation.dsse.json: " in ended.out


def test_a_key_from_the_bundle_is_refused(command: Command, bundled: Bundled) -> None:
    planted = bundled.root / "public.pem"
    planted.write_bytes(bundled.public.read_bytes())
    ended = command("rerun", bundled.root, "--level", 1, "--pubkey", planted)
    assert (ended.code, "is in the bundle that it is to verify" in ended.err) == (2, True)


def test_a_key_for_a_run_folder_is_refused(command: Command, bundled: Bundled, validated: Path) -> None:
    ended = command("rerun", validated, "--level", 1, "--pubkey", bundled.public)
    assert (ended.code, "is no bundle, so there is no signature" in ended.err) == (2, True)


def test_an_archive_that_is_cut_short_is_refused(command: Command, bundled: Bundled) -> None:
    bundled.archive.write_bytes(bundled.archive.read_bytes()[:20_000])
    ended = command("rerun", bundled.archive, "--level", 1)
    assert (ended.code, "one.tar: " in ended.err, ended.out) == (1, True, "")


WHO = ("--by", "Ada Example", "--role", "external auditor")


def test_an_attestation_says_what_came_out(command: Command, bundled: Bundled, tmp_path: Path) -> None:
    out = tmp_path / "attested"
    ended = command("rerun", bundled.root, "--level", 1, "--pubkey", bundled.public, "--attest", out, *WHO)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "verified, level 1 identical")
    document = json.loads((out / "attestation.json").read_bytes())
    assert (document["verdict"], document["reproduced"]) == ("verified, level 1 identical", True)
    assert document["ran"]["actor"]["name"] == "Ada Example"
    assert document["environment"] == []
    pdf = PrintedPdf((out / "attestation.pdf").read_bytes())
    assert pdf.attachments["attestation.json"] == (out / "attestation.json").read_bytes()
    assert "Verified, level 1 identical" in pdf.text


def test_an_attestation_of_what_differs_says_that(command: Command, bundled: Bundled, tmp_path: Path) -> None:
    change_a_score(bundled.root / "bag" / "data")
    out = tmp_path / "attested"
    ended = command("rerun", bundled.root, "--level", 1, "--pubkey", bundled.public, "--attest", out, *WHO)
    assert ended.code == 1
    document = json.loads((out / "attestation.json").read_bytes())
    assert (document["verdict"], document["reproduced"]) == ("not verified", False)
    assert "predictions.csv" in document["first_difference"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--attest", "a"), "--attest needs --by NAME and --role ROLE"),
        (("--by", "Ada"), "--by and --role are for --attest DIR"),
        (("--attest", "study/run/attested", *WHO), "--attest names a folder within the evidence"),
    ],
)
def test_an_attestation_and_who_ran_it_belong_together(
    command: Command,
    validated: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(validated.parents[1])
    ended = command("rerun", validated, "--level", 1, *options)
    assert (ended.code, sentence in ended.err) == (2, True)


def test_the_guard_band_names_the_images(command: Command, study: Study) -> None:
    text = study.predictions.read_text(encoding="utf-8").splitlines()
    text[4] = "i003,0.500009"
    study.predictions.write_text("\n".join(text) + "\n", encoding="utf-8")
    out = study.folder / "run"
    command(*study.arguments, "--out", out)
    ended = command("rerun", out, "--level", 1)
    assert "guard band: 1 of 120 scores lie within 1e-05 of the threshold: i003\n" in ended.out
    assert ended.out.index("guard band") < ended.out.index("level 1, from scores")
