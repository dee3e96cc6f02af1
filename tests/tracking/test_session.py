"""The end of a run: the figures are shown first, and what cannot be written or logged is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wild_aieval import session
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import html
from wild_aieval.tracking import store


@pytest.fixture
def finished(place: Any, documents: list[dict[str, Any]]) -> tuple[Any, RunFolder, dict[str, Any]]:
    place.classification(documents[5:], documents[:5])
    settings = place.settings("majority", tracking={"name": "mlflow"})
    summary, folder = place.run("majority")
    return settings, folder, summary


def full_disk(*_: Any) -> Any:
    raise UserError("report.html: cannot be written (No space left on device).")


def broken(*_: Any) -> Any:
    raise ZeroDivisionError("no ground")


def logs(folder: RunFolder, *_: Any) -> dict[str, Any]:
    """As MLflow's observer leaves the summary."""
    summary = folder.read_json("summary.json")
    for result in summary["results"]:
        result["mlflow_run_id"] = "r1"
    return summary


@pytest.mark.parametrize("fault", [full_disk, broken])
def test_results_are_shown_and_logged_when_the_report_cannot_be_written(
    finished: Any, fault: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, folder, summary = finished
    (folder.path / html.REPORT).write_text("of an older run")
    monkeypatch.setattr(html, "write", fault)
    monkeypatch.setattr(store, "log_run", logs)
    assert session.finish(settings, folder, summary) == 1
    said = capsys.readouterr()
    assert "first_guess" in said.out and " mlflow ui" in said.out and "Report:" not in said.out
    assert f"rescore {folder.path}" in said.err and not (folder.path / html.REPORT).exists()


def test_the_figures_come_before_any_writing(
    finished: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, folder, summary = finished
    order: list[str] = []

    def write(_: Any) -> Any:
        order.append("figures" if "first_guess" in capsys.readouterr().out else "nothing")
        order.append("report")
        return folder.path / html.REPORT

    def log_run(*arguments: Any) -> dict[str, Any]:
        order.append("MLflow")
        return logs(*arguments)

    monkeypatch.setattr(html, "write", write)
    monkeypatch.setattr(store, "log_run", log_run)
    assert session.finish(settings, folder, summary) == 0
    assert order == ["figures", "report", "MLflow"]


@pytest.mark.parametrize("error", [store.TrackingError("no server"), UserError("summary.json: cannot be written")])
def test_what_mlflow_did_not_take_is_told_and_its_page_is_not_offered(
    finished: Any, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, folder, summary = finished

    def log_run(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(store, "log_run", log_run)
    assert session.finish(settings, folder, summary) == 0
    said = capsys.readouterr()
    assert f"MLflow: {error}" in said.err and f"log {folder.path}" in said.err
    assert "MLflow: not logged" in said.out and "mlflow ui" not in said.out


def test_json_is_one_document_whatever_fails(
    finished: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, folder, summary = finished
    monkeypatch.setattr(html, "write", full_disk)
    monkeypatch.setattr(store, "log_run", logs)
    assert session.finish(settings, folder, summary, "json") == 1
    assert json.loads(capsys.readouterr().out)["results"][0]["mlflow_run_id"] == "r1"


def test_partial_results_keep_their_exit_code(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, folder, summary = finished
    summary["results"][0]["partial"] = True
    folder.write_json("summary.json", summary)
    monkeypatch.setattr(store, "log_run", logs)
    assert session.finish(settings, folder, summary) == 2
