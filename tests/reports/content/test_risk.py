from collections.abc import Callable

from protocols.schema.submission import Risk
from reports.content.context import ReportContext
from reports.content.risk import risk_rows


def risk(id_: str, criterion: str) -> Risk:
    return Risk(id=id_, hazard="h", situation="s", measure="m", criterion=criterion)


def test_a_risk_stands_beside_every_result_of_its_criterion(
    context_of: Callable[[str], ReportContext],
) -> None:
    rows = risk_rows([risk("R1", "SE-SEX"), risk("R2", "AUC")], context_of("passing").criteria)
    assert [row.risk.id for row in rows] == ["R1", "R2"]
    assert [one.result.id for one in rows[0].tested_by] == ["SE-SEX[sex=F]", "SE-SEX[sex=M]"]
    assert [one.result.id for one in rows[1].tested_by] == ["AUC"]
