"""Passwords in the address of an MLflow store are in no record, no message and no command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import addresses, context
from wild_aieval import settings as schema
from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.tracking.store import TrackingError, log_run

DATABASE = "postgresql://ann:secret@127.0.0.1:1/mlflow"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://ann:secret@host:5000", "http://***@host:5000"),
        ("https://secret@host/x", "https://***@host/x"),
        ("HTTP://ann:secret@host", "HTTP://***@host"),
        ("http://ann:sec/ret?@host", "http://***@host"),
        (DATABASE, "postgresql://***@127.0.0.1:1/mlflow"),
        ("mysql+pymysql://ann:sec@ret@db/x", "mysql+pymysql://***@db/x"),
        ("postgresql://:1/secret@db", "postgresql://***@db"),
        ("postgresql://ann@db:5432/x?ssl=a&password=secret", "postgresql://ann@db:5432/x?ssl=a&password=***"),
        ("mssql+pyodbc:///?odbc_connect=PWD%3Dsecret", "mssql+pyodbc:///?odbc_connect=***"),
        ("{a: http://x:secret@y, b: mysql://u:secret word@h/d}", "{a: http://***@y, b: mysql://***@h/d}"),
    ],
)
def test_passwords_are_hidden(address: str, shown: str) -> None:
    assert addresses.redacted(address) == shown == addresses.redacted(shown)


@pytest.mark.parametrize(
    "address",
    [
        *("http://host:5000", "http://host:5000/?mail=a@b", "sqlite:////a:b@c.db", "postgresql://ann@db/x"),
        *("databricks", "model.name=a@b"),
    ],
)
def test_what_is_no_secret_stays(address: str) -> None:
    assert addresses.redacted(address) == address


def tracking(uri: str | None) -> schema.Tracking:
    return schema.read_tracking({"tracking": {"name": "mlflow"}}, "here", uri)


@pytest.mark.parametrize("uri", ["http://ann:secret@host", "https://secret@host", "http://host/?token=secret"])
def test_a_server_takes_no_password_in_its_address(uri: str) -> None:
    with pytest.raises(UserError, match="MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD") as fault:
        tracking(uri)
    assert "secret" not in str(fault.value)


def test_a_database_keeps_its_password_in_memory_only(place: Any) -> None:
    settings = place.settings("majority", tracking={"name": "mlflow", "uri": DATABASE})
    assert settings.tracking.uri == DATABASE
    assert "secret" not in json.dumps(settings.model_dump(mode="json")) and "secret" not in repr(settings)


def test_the_command_is_recorded_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["x", f"tracking.uri={DATABASE}", "model=tfidf"])
    assert context.run_context()["command"] == ["tracking.uri=postgresql://***@127.0.0.1:1/mlflow", "model=tfidf"]


def test_a_relative_store_is_made_absolute_when_settings_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracking("sqlite:///store.db").uri == f"sqlite:///{tmp_path}/store.db"
    assert tracking("http://host:5000").uri == "http://host:5000" and tracking(None).uri is None


def test_a_failure_is_told_without_the_password(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from wild_aieval.tracking import store

    def fail(uri: str) -> Any:
        raise ValueError(f"cannot connect to {uri} or to https://x:secret@y")

    monkeypatch.setattr(store, "open_store", fail)
    with pytest.raises(TrackingError, match=r"postgresql://\*\*\*@127.0.0.1:1/mlflow") as fault:
        log_run(make(), DATABASE, "exp", 0)
    assert "secret" not in str(fault.value)


@pytest.fixture
def recorded(place: Any, documents: list[dict[str, Any]]) -> RunFolder:
    """A finished run whose store needs a password."""
    place.classification(documents[5:], documents[:5])
    folder: RunFolder = place.run("majority", tracking={"name": "mlflow", "uri": DATABASE})[1]
    return folder


@pytest.mark.parametrize("command", ["log", "resume"])
def test_an_address_that_was_recorded_without_its_password_is_asked_for(
    recorded: RunFolder, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("runspec.json", "summary.json"):
        text = (recorded.path / name).read_text(encoding="utf-8")
        assert "***@127.0.0.1:1" in text and "secret" not in text
    assert main([command, str(recorded.path)]) == 1
    error = capsys.readouterr().err
    assert "passwords are not recorded" in error and "--uri" in error


def test_resume_takes_the_whole_address(recorded: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from wild_aieval import session

    asked: list[str | None] = []

    def log(folder: RunFolder, settings: schema.Tracking) -> dict[str, Any]:
        asked.append(settings.uri)
        return folder.read_json("summary.json")

    monkeypatch.setattr(session, "log", log)
    assert main(["resume", str(recorded.path), "--uri", DATABASE]) == 0
    assert asked == [DATABASE] and "secret" not in (recorded.path / "runspec.json").read_text(encoding="utf-8")


def test_log_and_rescore_need_no_adapter(
    place: Any, documents: list[dict[str, Any]], uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wild_aieval.models import registry

    place.classification(documents)
    before, folder = place.run(place.tricky({"d1": "raise"}), max_error_rate=1.0)
    monkeypatch.setattr(registry, "kinds", lambda: dict(registry.KINDS))
    with pytest.raises(UserError, match="no model kind 'tricky'"):
        main(["resume", str(folder.path), "--debug"])
    assert main(["rescore", str(folder.path), "--debug"]) == 0
    assert folder.read_json("summary.json")["results"] == before["results"]
    assert main(["log", str(folder.path), "--uri", uri, "--debug"]) == 0
    assert folder.read_json("summary.json")["results"][0]["mlflow_run_id"]


def test_a_misspelt_setting_does_not_repeat_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    from wild_aieval.cli import main

    assert main(["model=tfidf", "tracking.urll=postgresql://me:open-sesame@host/db"]) == 1
    said = capsys.readouterr().err
    assert "tracking.urll" in said
    assert "open-sesame" not in said
