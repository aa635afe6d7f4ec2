"""The runs whose reports are tested, for what the terminal prints of them."""

from tests.reports.conftest import context_of, run_of

__all__ = ["context_of", "run_of"]
