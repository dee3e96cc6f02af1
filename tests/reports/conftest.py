"""Run folders written by hand, small enough to know every figure of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder

Make = Callable[..., RunFolder]


def measure(value: float | None, n: int = 4) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return {"value": value, "low": low, "high": high, "n": 0 if value is None else n, "signature": "by hand|n"}


MEASURES: dict[str, dict[str, Any]] = {
    "classification": {
        "subclass.first_guess.main": measure(0.5),
        "subclass.first_guess.any": measure(0.5),
        "subclass.three_guesses.main": measure(0.75),
        "subclass.three_guesses.any": measure(0.75),
        "subclass.macro_f1.main": measure(0.4),
        "subclass.macro_f1.three": measure(0.4),
        "invalid_symbol_rate": measure(None),
    },
    "search": {f"{name}": measure(0.3) for name in ("recall_10", "recall_50", "ndcg_10", "pres_50")},
    "translation": {
        name: measure(None if name == "terms_kept" else 0.6)
        for name in ("chrf2pp", "bleu", "numbers_kept", "terms_kept")
    },
}
OUTPUTS = {
    "classification": '[["A01B", 0.9], ["G06F", 0.05]]',
    "search": '[["d1", 3.0]]',
    "translation": '{"text": "Arado", "score": null}',
}
COLUMN = {"classification": "subclass.first_guess.main", "search": "recall_10", "translation": "chrf2pp"}
SCORES = (0.9, 0.6, 0.3, 0.1)
REASON = {"code": "LOW_SCORE", "kind": "soft", "value": 0.3, "limit": 0.5}
AUDIT = {"code": "AUDIT_RANDOM", "kind": "audit", "value": 1.0, "limit": 0.05}


def entry(task: str, name: str, model: str, **changes: Any) -> dict[str, Any]:
    return {
        "task": task, "benchmark": name, "version": "1.0.0", "digest": "ab" * 32, "model": model, "kind": "majority",
        "synthetic": True, "confidentiality": "open", "languages": ["en"], "offices": ["EP"], "licence": "CC0-1.0",
        "items_in_benchmark": 4, "partial": False, "measures": MEASURES[task],
        "counts": {"asked": 4, "answered": 4, "errors": 0, "scored": 4},
        "flags": {"flagged": 2, "audit": 1, "reasons": {"LOW_SCORE": 2, "AUDIT_RANDOM": 1}, "policy": "default"},
        "output_source": "G", "timing": {"seconds": 2.0}, "cost": None,
    } | changes  # fmt: skip


def tables(result: dict[str, Any], text: str, status: str, flagged: bool) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {"items": [], "flags": [], "predictions": []}
    shown = (
        {"input": text, "expected": "A01B 3/00", "predicted": "A01B (0.90)"}
        if result["confidentiality"] == "open"
        else {}
    )
    for number, score in enumerate(SCORES):
        place = {"benchmark": result["benchmark"], "item_id": f"i{number}"}
        reasons = ([REASON] if score < 0.5 else []) + ([AUDIT] if number == 1 else []) if flagged else []
        low = any(reason["kind"] != "audit" for reason in reasons)
        column = {COLUMN[result["task"]]: float(number < 2)}
        found["items"].append(
            place | {"status": status, "flagged": low, "audit": bool(reasons) and number == 1} | shown | column
        )
        found["flags"].append(
            place | {"model": result["model"], "flagged": low, "reasons": reasons, "limit": 0.5, "policy": "default"}
            | {"score": score if result["task"] == "classification" else None, "audit_probability": 0.05}
            | {"audit_selected": bool(reasons) and number == 1, "output_source": "G"}
        )  # fmt: skip
        output = OUTPUTS[result["task"]] if status == "ok" else None
        found["predictions"].append(
            place | {"key": f"k{number}", "item_key": f"q{number}", "status": status, "output": output}
            | {"error": None if status == "ok" else f"ValueError: {text}", "output_source": "G", "seconds": 0.5}
        )  # fmt: skip
    return found


def spec(model: str, sweep: str | None) -> dict[str, Any]:
    settings = {
        "model": {"name": model, "kind": "majority", "revision": "r1", "options": {"depth": 3}},
        "oversight": {"name": "default"}, "tracking": {"name": "mlflow", "uri": None}, "benchmark": ["*"],
        "benchmark_roots": ["/somewhere"],
        "limit": None, "seed": 7, "sweep": sweep,
    }  # fmt: skip
    context = {
        "created": "2026-11-01T10:00:00+00:00",
        "wild_aieval": "0.1.0",
        "python": "3.11",
        "libraries": {"numpy": "2"},
    }
    identity = {"kind": "majority", "settings": {"name": model}, "facts": {}, "seed": 7}
    return {"settings": settings, "model": identity, "benchmarks": [], "context": context, "schema_version": 1}


def build(
    path: Path, results: list[dict[str, Any]], text: str = "a plough", status: str = "ok", flagged: bool = True
) -> RunFolder:
    folder = RunFolder(path)
    folder.create()
    rows: dict[str, list[dict[str, Any]]] = {"items": [], "flags": [], "predictions": []}
    for result in results:
        for name, part in tables(result, text, status, flagged).items():
            rows[name].extend(part)
    for name, part in rows.items():
        folder.write_table(name, part)
    model = results[0]["model"]
    runspec = spec(model, "s1")
    folder.write_json("runspec.json", runspec)
    folder.write_json("summary.json", {"schema_version": 1, "runspec": runspec, "model": model, "results": results})
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make(task="search", model="m", **changes)`` writes a run folder with one result."""

    def one(task: str = "classification", model: str = "m1", **changes: Any) -> RunFolder:
        how = {name: changes.pop(name) for name in ("text", "status", "flagged") if name in changes}
        name = changes.pop("benchmark", f"{task}/tiny")
        return build(tmp_path / f"run-{model}-{task}", [entry(task, name, model, **changes)], **how)

    return one


@pytest.fixture
def make_several(tmp_path: Path) -> Make:
    """A run folder with one result per task."""

    def several(**changes: Any) -> RunFolder:
        results = [entry(task, f"{task}/tiny", "m1", **changes) for task in MEASURES]
        return build(tmp_path / "several", results)

    return several
