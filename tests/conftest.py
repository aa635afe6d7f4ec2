"""Fixtures that several rooms share."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data beside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs ../shared/data (public NIH, RSNA and CheXpert tables), which is not beside this checkout")
    return SHARED_DATA
