"""One process at a time under a name: the second is refused at once, and a holder that was killed holds nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from protocols.errors import BadInputError, NotPossibleHereError
from protocols.storage.output_lock import exclusive_output

REPOSITORY = Path(__file__).parents[3]
HOLDING = """
import sys
from pathlib import Path
from protocols.storage.output_lock import exclusive_output
with exclusive_output(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
COUNTING = """
import sys
from pathlib import Path
from protocols.errors import NotPossibleHereError
from protocols.storage.output_lock import exclusive_output
out, counter = Path(sys.argv[1]), Path(sys.argv[2])
done = 0
while done < 100:
    try:
        with exclusive_output(out):
            counter.write_text(str(int(counter.read_text()) + 1))
            done += 1
    except NotPossibleHereError:
        continue
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds a name until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


@pytest.mark.fault(51)
def test_a_second_process_is_refused_and_told_the_first(tmp_path: Path) -> None:
    with holder(tmp_path / "out") as process:
        told = rf"process {process.pid} is at work on it"
        with pytest.raises(NotPossibleHereError, match=told), exclusive_output(tmp_path / "out"):
            raise AssertionError("two are at work")
        with exclusive_output(tmp_path / "other"):
            pass
        process.communicate()
    with exclusive_output(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(51)
def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path / "out") as process:
        process.kill()
        process.wait()
    with exclusive_output(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(51)
def test_of_many_processes_one_at_a_time_is_at_work_by_count(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    program = [sys.executable, "-c", COUNTING, str(tmp_path / "out"), str(counter)]
    several = [subprocess.Popen(program, cwd=REPOSITORY) for _ in range(3)]
    assert [process.wait() for process in several] == [0, 0, 0]
    assert counter.read_text() == "300"


def test_the_same_process_may_hold_a_name_twice(tmp_path: Path) -> None:
    with exclusive_output(tmp_path / "out"):
        with exclusive_output(tmp_path / "out"):
            pass
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_made_for_nothing_are_removed(tmp_path: Path) -> None:
    with exclusive_output(tmp_path / "a" / "b" / "out"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []


def test_folders_that_hold_something_stay(tmp_path: Path) -> None:
    with exclusive_output(tmp_path / "a" / "out"):
        (tmp_path / "a" / "out").mkdir()
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a" / "out"]


@pytest.mark.fault(49)
def test_a_name_below_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = r"out: cannot be written \(.*\); mend that, or name another"
    with pytest.raises(BadInputError, match=told), exclusive_output(tmp_path / "file" / "out"):
        raise AssertionError("it was written")
