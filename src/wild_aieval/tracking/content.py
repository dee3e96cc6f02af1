"""What an MLflow run says about a result: name, tags, params, metrics, description. Plain data, no MLflow."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import SCHEMA_VERSION
from wild_aieval.reports.headline import written
from wild_aieval.reports.results import Result
from wild_aieval.reports.words import SUGGESTIONS, items_in_words, measure_in_words
from wild_aieval.runspec import digest

RESULT_KEY = "wae.result_key"
SHOWN = "result."
_NOT_THE_RUN = ("tracking", "progress", "debug", "benchmark", "benchmark_roots")
# Twenty-four colours that stay apart on the screen; a model has the same one in every chart.
_COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5D3A9B", "#8C510A"),
    *("#01665E", "#C51B7D", "#4D4D4D", "#1B7837", "#762A83", "#B2182B", "#2166AC", "#A6761D"),
    *("#E7298A", "#66A61E", "#7570B3", "#D95F02", "#1F78B4", "#33A02C", "#6A3D9A", "#B15928"),
)


def result_key(result: Result) -> str:
    """The same answers with the same figures have the same key, in every store.

    The time that the answers took tells two runs of the same settings apart, while a run that is
    resumed or scored again keeps it; where and when it was logged is no part of the key.
    """
    settings = {name: value for name, value in result.spec["settings"].items() if name not in _NOT_THE_RUN}
    facts = ("task", "benchmark", "version", "digest", "measures", "flags", "timing")
    return digest([settings, result.spec["model"], {name: result.entry[name] for name in facts}])


def model_identity(result: Result) -> dict[str, str]:
    """What makes a candidate one LoggedModel: its revision and the digest of all that can change an answer."""
    settings = result.spec["settings"]["model"]
    return {"revision": str(settings.get("revision") or ""), "identity": digest(result.spec["model"])[:16]}


def tags(result: Result) -> dict[str, str]:
    """Facts to filter by."""
    entry, context = result.entry, result.spec["context"]
    found = {
        "task": entry["task"],
        "benchmark": entry["benchmark"],
        "benchmark_version": entry["version"],
        "office": ", ".join(entry["offices"]),
        "language": ", ".join(entry["languages"]),
        "model": entry["model"],
        "kind": entry["kind"],
        **model_identity(result),
        "sweep": result.shared_spec["settings"].get("sweep") or "",
        "dataset_digest": entry["digest"],
        "dataset_revision": entry.get("revision", ""),
        "licence": entry["licence"],
        "synthetic": _plain(entry["synthetic"]),
        "confidentiality": entry["confidentiality"],
        "contributor": entry.get("contributor", ""),
        "provider": entry.get("provider", ""),
        "notes": ", ".join(note["code"] for note in entry.get("notes", ())),
        "partial": _plain(entry["partial"]),
        "policy": entry["flags"].get("policy", ""),
        "schema_version": str(SCHEMA_VERSION),
        "output_source": entry["output_source"],
        "created": context.get("created", ""),
        "version": context.get("wild_aieval", ""),
        "git_sha": context.get("git_sha", ""),
        "git_dirty": _plain(context.get("git_dirty", "")),
    }
    named = {f"wae.{name}": str(value) for name, value in found.items() if value != ""}
    measures = entry["measures"]
    shown = {f"{SHOWN}{name}": written(name, measures.get(name)) for name in headline(entry["task"], measures)}
    return {
        **named,
        **shown,
        "mlflow.source.name": "wild_aieval",
        "mlflow.runColor": colour(entry["model"]),
        RESULT_KEY: result_key(result),
    }


def params(result: Result) -> dict[str, str]:
    """The settings of the measurement with dotted names; ``model`` and ``benchmark`` are what charts group by."""
    recorded = result.shared_spec["settings"]
    settings = {name: value for name, value in recorded.items() if name not in _NOT_THE_RUN}
    asked_for = recorded.get("benchmark", [])
    flat = _flattened("", settings) | {"benchmark_asked_for": _plain(asked_for)}
    return {**flat, "model": str(result.entry["model"]), "benchmark": str(result.entry["benchmark"])}


def measure_values(result: Result) -> dict[str, float]:
    """The measured values by measure name, flags and time; what the board of models shows."""
    entry = result.entry
    asked, flags = max(1, entry["counts"]["asked"]), entry["flags"]
    seconds = float(entry["timing"]["seconds"])
    found = {
        name: float(measure["value"]) for name, measure in entry["measures"].items() if measure["value"] is not None
    }
    return (
        found
        | _effort(entry)
        | {
            "review.flagged": float(flags["flagged"]),
            "review.flag_rate": flags["flagged"] / asked,
            "review.audit": float(flags["audit"]),
            "seconds": seconds,
            "seconds_per_item": seconds / asked,
        }
    )


def _effort(entry: Mapping[str, Any]) -> dict[str, float]:
    """What was measured of time, tokens, cost and memory, with the unit in the name."""
    timing, cost, taken = entry["timing"], entry.get("cost") or {}, entry.get("resources") or {}
    latency = {f"latency_{name}_seconds": value for name, value in (timing.get("latency") or {}).items()}
    found = {
        **latency,
        "items_per_second": timing.get("items_per_second"),
        "attempts": timing.get("attempts"),
        "tokens_in": timing.get("tokens_in"),
        "tokens_out": timing.get("tokens_out"),
        f"cost_{cost.get('currency', '')}": cost.get("total"),
        "peak_memory_mib": taken.get("peak_memory_mib"),
        "peak_accelerator_mib": taken.get("peak_accelerator_mib"),
        "energy_kwh": taken.get("energy_kwh"),
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def measure_details(result: Result) -> dict[str, float]:
    """Intervals and numbers of items of the measured values, and the counts."""
    found: dict[str, float] = {}
    for name, measure in result.entry["measures"].items():
        if measure["value"] is None:
            continue
        bounds = {"ci_low": measure["low"], "ci_high": measure["high"], "n": measure["n"]}
        found |= {f"{name}.{part}": float(value) for part, value in bounds.items() if value is not None}
    return found | {f"counts.{name}": float(value) for name, value in result.entry["counts"].items()}


def milliseconds(result: Result) -> tuple[int, int]:
    """Begin of the run and begin plus the time of its answers, so that the UI shows when and how long."""
    begun = datetime.datetime.fromisoformat(result.spec["context"]["created"]).timestamp()
    return int(1000 * begun), int(1000 * (begun + float(result.entry["timing"]["seconds"]))) + 1


def description(result: Result, traces: str) -> str:
    """The run's page in Markdown: main figures, counts, how many items are shown as traces."""
    entry = result.entry
    counts, flags = entry["counts"], entry["flags"]
    lines = ["| measure | what it says | value [95 % interval] |", "|---|---|---|"]
    for name in headline(entry["task"], entry["measures"]):
        lines.append(f"| `{name}` | {measure_in_words(name)} | {written(name, entry['measures'].get(name))} |")
    state = "**Partial: more items are in error than the run allows.** " if entry["partial"] else ""
    synthetic = " The texts are synthetic." if entry["synthetic"] else ""
    notes = [line for note in entry.get("notes", ()) for line in ("", f"**{without_images(note['text'])}**")]
    return "\n".join(
        [
            *lines,
            *notes,
            "",
            f"{state}{counts['asked']} {items_in_words(entry['task'])} asked, {counts['answered']} answered, "
            f"{counts['errors']} errors, {counts['scored']} scored; {flags['flagged']} flagged for a human, "
            f"{flags['audit']} drawn for the audit.{synthetic}",
            "",
            f"{traces} The whole report is `report.html` under Artifacts.",
            "",
            SUGGESTIONS,
        ]
    )


def colour(model: str) -> str:
    """A colour that depends on the model's name alone."""
    return _COLOURS[int.from_bytes(hashlib.sha256(model.encode("utf-8")).digest()[:4]) % len(_COLOURS)]


def without_images(text: str) -> str:
    """Markdown in which no image can be fetched when somebody looks at it."""
    return re.sub(r"!+\[", "[", re.sub(r"<(?=\s*[a-zA-Z/!])", "&lt;", text))


def _flattened(prefix: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {prefix: _plain(value)}
    found: dict[str, str] = {}
    for name, part in value.items():
        found |= _flattened(f"{prefix}.{name}" if prefix else str(name), part)
    return found


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
