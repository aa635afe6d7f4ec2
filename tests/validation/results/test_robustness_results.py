"""Results of a robustness test: what is none is refused; that they come back is shown where they are made."""

import pytest

from protocols.errors import BadInputError
from validation.results.robustness_results import robustness_from_json


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": "cxr510k-robustness/2"}'])
def test_documents_of_another_kind_are_refused(content: bytes) -> None:
    with pytest.raises(BadInputError, match="is not cxr510k-robustness/1"):
        robustness_from_json(content, source="results.json")
