"""Run folders written by hand, small enough to know every figure of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.testing.tables import write_table

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
        write_table(folder, name, part)
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


@pytest.fixture
def slices() -> list[dict[str, Any]]:
    """Groups of two kinds: large, small, without figures, unknown; only one kind has enough for a figure."""
    name = "subclass.first_guess.main"

    def one(by: str, group: str, n: int) -> dict[str, Any]:
        measures = {name: measure(0.5, n)} if n >= 10 else {}
        return {"by": by, "group": group, "n": n, "small": n < 30, "measures": measures}

    return [one("section", "A", 40), one("section", "B", 12), one("section", "", 3), one("year", "2011", 9)]


def pair(one: str, other: str, **changes: Any) -> dict[str, Any]:
    return {
        "one": one, "other": other, "effect": 0.1, "low": 0.02, "high": 0.2, "p": 0.001, "deviation": 0.04,
        "items": 100, "units": 100, "above": 30, "equal": 50, "below": 20, "identical": False, "partial": [],
        "p_adjusted": 0.003, "told_apart": True, "tie_group": None, "smallest_effect": 0.11, "items_needed": None,
        "sentence": f"{one} is better than {other}.",
        "most_different": [
            {"item_id": "i1", "effect": 1.0, "input": "a plough", "expected": "A01B", "one": "A01B", "other": "G06F"}
        ],
    } | changes  # fmt: skip


@pytest.fixture
def comparison() -> Callable[..., dict[str, Any]]:
    """``comparison(names=("m1", "m2"), pairs=[{…changes}], **changes_of_the_group)``."""

    def made(names: tuple[str, ...] = ("m1", "m2"), pairs: Any = ({},), **changes: Any) -> dict[str, Any]:
        name = "recall_10"
        systems = [
            {
                "name": system, "model": system, "run": f"runs/{place}", "value": 0.5 - place / 10,
                "measures": {name: measure(0.5 - place / 10, 100)}, "tie_group": "ab"[place % 2],
                "counts": {"asked": 100, "answered": 100, "errors": 0, "scored": 100}, "partial": False,
                "seconds": 2.0 * (place + 1), "flagged": 10,
            }
            for place, system in enumerate(names)
        ]  # fmt: skip
        group = {
            "task": "search", "benchmark": "search/tiny", "version": "1.0.0", "digest": "ab" * 32, "synthetic": True,
            "confidentiality": "open", "measure": name, "signature": "by hand", "lower_is_better": False, "items": 100,
            "cluster": None, "clusters": None, "family": "all pairs", "resamples": 10_000, "seed": 0,
            "systems": systems, "pairs": [pair(names[0], names[1], **change) for change in pairs],
            "sentence": f"{names[0]} is best.",
        } | changes  # fmt: skip
        return {
            "schema_version": 1, "created": "2026-11-01T10:00:00+00:00", "wild_aieval": "0.1.0", "language": "en",
            "benchmarks": [group], "mlflow_run_id": None,
        }  # fmt: skip

    return made
