"""The suite's plain package names must be its own, and the record says what a machine is, by hand."""

import os
import pwd
from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocols.errors import NotPossibleHereError
from protocols.evidence.environment.machine import refuse_borrowed_names, run_record, source_sha256, stamp
from protocols.ledger.chain import Actor


def owners(monkeypatch: pytest.MonkeyPatch, **of: list[str]) -> None:
    monkeypatch.setattr("protocols.evidence.environment.machine.metadata.packages_distributions", lambda: of)


def test_own_names_are_no_fault_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    owners(monkeypatch, model=["cxr510k"], numpy=["numpy"])
    refuse_borrowed_names()


def test_a_name_that_another_distribution_owns_is_refused_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    owners(monkeypatch, reports=["cxr510k", "sales-reports"])
    with pytest.raises(NotPossibleHereError, match="'reports' also belongs to sales-reports"):
        refuse_borrowed_names()


def test_the_start_is_told_in_utc_by_hand() -> None:
    tokyo = datetime(2026, 1, 31, 21, 0, tzinfo=timezone(timedelta(hours=9)))
    assert run_record("validate", tokyo).started == "2026-01-31T12:00:00Z"


def test_versions_are_recorded_by_hand() -> None:
    record = run_record("validate", datetime(2026, 1, 31, tzinfo=UTC))
    assert record.versions["numpy"].count(".") == 2
    assert record.command == "validate"


def test_a_stamp_says_who_where_when_and_with_what_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    account = pwd.getpwuid(os.getuid()).pw_name
    told = stamp("Ada Example", "statistician", now, 17)
    assert told.actor == Actor("Ada Example", account, "statistician")
    assert (told.ts_utc, told.mono_ns) == ("2026-01-31T12:00:00Z", 17)
    assert told.tool["source_sha256"] == source_sha256()
    assert stamp(None, "not stated", now, 17).actor.name == account


def test_an_account_without_a_name_is_its_number_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)
    told = stamp(None, "not stated", datetime(2026, 1, 31, tzinfo=UTC), 0)
    assert told.actor == Actor("uid 4000000", "uid 4000000", "not stated")
