"""``python -m tests.benchmarks.coverage``: simulate what is missing and write the pages."""

import argparse
import sys
from pathlib import Path

from protocols.parallel.local import cores
from tests.benchmarks.coverage.certificate import certificate
from tests.benchmarks.coverage.ledger import Ledger
from tests.benchmarks.coverage.page import pages

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Run the certificate; stopped at any time, the next run goes on."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.coverage", description=__doc__)
    parser.add_argument(
        "--ledger", type=Path, default=ROOT / "build" / "coverage", help="folder of finished cells"
    )
    parser.add_argument(
        "--pages", type=Path, default=ROOT / "docs" / "evidence", help="folder of the pages to write"
    )
    parser.add_argument("--workers", type=int, default=cores(), help="number of processes")
    options = parser.parse_args()
    ledger = Ledger(options.ledger, lambda line: print(line, file=sys.stderr, flush=True))
    done = certificate(ledger, workers=options.workers)
    for name, text in pages(done).items():
        (options.pages / name).write_text(text, encoding="utf-8")
        print(f"wrote {options.pages / name}")


if __name__ == "__main__":
    main()
