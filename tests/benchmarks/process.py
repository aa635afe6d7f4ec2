"""A command in a process of its own: how long it took and the most memory it held.

Run as a program it is the small launcher in between: Linux counts what the starting process holds as the child's
peak, so that the benchmark, which is large, must not start what it measures.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DONE = (0, 1)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, the peak of memory in MiB, and what was printed."""

    seconds: float
    mebibytes: float
    printed: str


def measured(command: Sequence[str | Path]) -> Measured:
    """Run a command; the paths in it are absolute.

    Raises:
        RuntimeError: it ended with neither 0 nor 1.
    """
    launcher = [sys.executable, "-m", "tests.benchmarks.process", *map(str, command)]
    ended = subprocess.run(launcher, capture_output=True, text=True, check=True, cwd=ROOT)
    told = json.loads(ended.stdout)
    if told.pop("code") not in DONE:
        raise RuntimeError(f"{' '.join(launcher[3:])}: {ended.stderr}")
    return Measured(**told)


def main() -> None:
    """Run the command that the arguments are and tell of it in JSON."""
    begun = time.perf_counter()
    ended = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    told = {"seconds": seconds, "mebibytes": peak, "printed": ended.stdout, "code": ended.returncode}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
