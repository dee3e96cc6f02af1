from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wild_aieval.reports import console
from wild_aieval.reports.headline import written


def summary_of(make: Any, *arguments: Any, **changes: Any) -> dict[str, Any]:
    summary: dict[str, Any] = make(*arguments, **changes).read_json("summary.json")
    return summary


def test_a_figure_without_an_interval_says_so(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert written("bleu", {"value": 41.25, "low": None, "high": None}) == "41.2 [no interval]"
    measures = summary_of(make, "search")["results"][0]["measures"]
    bare = {name: measure | {"low": None, "high": None} for name, measure in measures.items()}
    summary = summary_of(make, "search", model="m2", measures=bare)
    console.print_results([summary])
    console.print_line(summary)
    table, _, line = capsys.readouterr().out.partition("done ")
    assert "[no interval]" in table and "recall_10 0.300 [no interval]" in line


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_no_figure_is_lost_on_a_narrow_screen(
    make: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    summary = summary_of(make)
    console.print_results([summary])
    said = capsys.readouterr().out.partition("95 % intervals")[0]
    entry = summary["results"][0]
    counts = " / ".join(str(entry["counts"][key]) for key in ("asked", "answered", "errors", "scored"))
    assert counts in said and "answer s" in said and f"{entry['timing']['seconds']:.1f} │" in said
    assert ("further columns" in said) == (width < 120)
    assert all(name.rpartition(".")[2] in said for name in console.headline(entry["task"], entry["measures"]))
    assert all(line.rstrip().endswith(("┓", "┃", "┩", "│", "┘")) for line in said.splitlines() if "│" in line)


def test_text_from_outside_is_no_markup(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    summary = summary_of(make)
    summary["results"][0] |= {"model": "[b]m[/b]", "benchmark": "classification/[red]x[/nothing]"}
    console.print_results([summary])
    console.print_failures({"0-[x]": "expected [/nothing] such as [a-z]"})
    said = capsys.readouterr()
    assert "[b]m[/b]" in said.out and "[red]x[/nothing]" in said.out
    assert "0-[x]: expected [/nothing] such as [a-z]" in " ".join(said.err.split())


def test_reasons_of_missing_candidates_are_no_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    from wild_aieval.commands import models
    from wild_aieval.models import roll

    row = dict.fromkeys(("model", "kind", "tasks", "summary"), "x") | {"here": "[/nothing] pip install 'a[b]'"}
    monkeypatch.setattr(roll, "candidates", lambda: [row])
    assert models.run(argparse.Namespace(json=False)) == 0
    assert "[/nothing] pip install 'a[b]'" in capsys.readouterr().out


def test_what_was_not_logged_is_not_offered(make: Any) -> None:
    summary = summary_of(make)
    assert console.where_logged([summary]) == "none"
    summary["results"][0]["mlflow_run_id"] = "abc"
    assert console.where_logged([summary, summary_of(make, model="m2")]) == "mlflow"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sqlite:///store.db", "mlflow ui --host 127.0.0.1 --backend-store-uri sqlite:////"),
        ("postgresql://ann:secret@db/mlflow?password=secret", "postgresql://***@db/mlflow?password=***"),
    ],
)
def test_next_steps_show_a_whole_path_and_no_password(uri: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.print_next_steps(Path("run"), None, "mlflow", uri)
    out = capsys.readouterr().out
    assert shown in out and "secret" not in out and "Report" not in out
