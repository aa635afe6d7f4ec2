"""Fixtures that several rooms share."""

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from protocols.ledger.chain import Stamp

# A shell that starts the tests in the background makes them, and every process they start, deaf to Ctrl+C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says what else the machine does; and what a run of the tests found, the next one finds.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data beside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip(
            "needs ../shared/data (public NIH, RSNA and CheXpert tables), which is not beside this checkout"
        )
    return SHARED_DATA


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run one command of the suite in this process, as the console script would."""
    from cxr510k.main import main

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["cxr510k", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else 0 if code is None else 1, printed.out, printed.err)

    return run


PROTOCOL_HEAD = """
schema = "cxr510k-protocol/1"
id = "small"
version = 1
title = "A small study"
[claim]
type = "triage"
finding = "airspace opacity suspicious for pneumonia"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
threshold = 0.5
source = "stated for the test"
"""
PROTOCOL = (
    PROTOCOL_HEAD
    + """
[bootstrap]
replicates = 1000
[[subgroups]]
axis = "age_years"
cut_points = [18, 65]
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = ["sex", "view"]
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = 0.5
justification = "for the test"
"""
)


@dataclass(frozen=True)
class Study:
    """The files of a small study in a folder; any of them may be rewritten before it is validated."""

    folder: Path

    @property
    def protocol(self) -> Path:
        return self.folder / "protocol.toml"

    @property
    def studies(self) -> Path:
        return self.folder / "studies.csv"

    @property
    def reads(self) -> Path:
        return self.folder / "reads.csv"

    @property
    def predictions(self) -> Path:
        return self.folder / "predictions.csv"

    @property
    def arguments(self) -> list[object]:
        """Of `cxr510k validate`, without --out."""
        tables = ["--studies", self.studies, "--reads", self.reads, "--predictions", self.predictions]
        return ["validate", self.protocol, *tables]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Sixty patients, two images each, half of them positive; the device errs on every seventh image."""
    folder = tmp_path / "study"
    folder.mkdir()
    studies, reads, predictions = (
        ["image_id,patient_id,age_years,sex,view"],
        ["image_id,reader_id,verdict"],
        [],
    )
    for number in range(120):
        patient, positive = number // 2, (number // 2) % 2 == 0
        wrong = number % 7 == 0
        age, sex, view = 10 + patient, "FM"[patient % 3 == 0], ("PA", "AP")[number % 2]
        studies.append(f"i{number:03},p{patient:02},{age},{sex},{view}")
        reads += [f"i{number:03},R{reader},{'positive' if positive else 'negative'}" for reader in (1, 2, 3)]
        predictions.append(
            f"i{number:03},{0.9 - number / 1000 if positive != wrong else 0.1 + number / 1000}"
        )
    made = Study(folder)
    made.protocol.write_text(PROTOCOL, encoding="utf-8")
    made.studies.write_text("\n".join(studies) + "\n", encoding="utf-8")
    made.reads.write_text("\n".join(reads) + "\n", encoding="utf-8")
    made.predictions.write_text("\n".join(["image_id,score", *predictions]) + "\n", encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def stamp() -> Stamp:
    """A moment an hour after the run of `run_folder`."""
    from tests.small_run import stamp_at

    return stamp_at(13)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a key pair: private.pem and public.pem."""
    from protocols.evidence.bundle.signing import new_key_pair

    return new_key_pair(tmp_path_factory.mktemp("keys") / "pair").private.parent


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with its twelve images, to be read only; `run_folder` is a copy of it."""
    from tests.small_run import make_run

    return make_run(tmp_path_factory.mktemp("finished") / "run", PROTOCOL)


@pytest.fixture
def run_folder(finished_run: Path, tmp_path: Path) -> Path:
    """A run folder with its twelve images, without a device or a report; a test may change it."""
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture(scope="session")
def finished_bundle(
    finished_run: Path, keys: Path, stamp: Stamp, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The bundle of `finished_run`, to be read only; `bundle` is a copy of it."""
    from protocols.evidence.bundle.create import make_bundle
    from protocols.evidence.bundle.signing import read_private_key
    from protocols.progress import silent

    out = tmp_path_factory.mktemp("finished") / "bundle"
    make_bundle(
        finished_run,
        out,
        read_private_key(keys / "private.pem"),
        images=None,
        with_images=True,
        ledger=None,
        stamp=stamp,
        workers=1,
        progress=silent,
    )
    return out


@pytest.fixture
def bundle(finished_bundle: Path, tmp_path: Path) -> Path:
    """A bundle with its images, signed with the key in `keys`; a test may change it."""
    return shutil.copytree(finished_bundle, tmp_path / "bundle")
