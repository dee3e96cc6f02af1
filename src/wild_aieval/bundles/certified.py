"""Certificates on their way to the group: the sentence and what it is for, never a score of an item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wild_aieval import coverage, selection
from wild_aieval import settings as schema
from wild_aieval.benchmarks import catalogue
from wild_aieval.benchmarks.load import load
from wild_aieval.confidentiality import certificates
from wild_aieval.errors import UserError
from wild_aieval.oversight.risk import gate
from wild_aieval.paths import starter_benchmarks
from wild_aieval.records.run_folder import SUMMARY
from wild_aieval.records.salting import shown_digest
from wild_aieval.tasks import task_named

Data = Mapping[str, Any]


def of_files(files: Sequence[Path], summaries: Mapping[str, Data]) -> list[dict[str, Any]]:
    """Every entry of the files as it may leave. ``summaries``: by origin, those of the runs that are exported.

    Raises:
        UserError: for a file that is none, was changed, or where the benchmark of a certificate is not here any more.
    """
    entries = [(entry, class_name) for file in files for entry, class_name in _read(file)]
    named = {entry["benchmark"]["name"] for entry, _ in entries}
    candidates = {origin: _candidates(summary, named) for origin, summary in summaries.items()}
    return [_entry(entry, class_name, candidates) for entry, class_name in entries]


def _read(file: Path) -> list[tuple[dict[str, Any], str]]:
    """Entries, each with the class of its benchmark; a class that the file does not name is the strictest."""
    gate.read(file)  # each entry fits its id, or somebody changed it
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        classes = {one["benchmark"]: one.get("confidentiality") for one in content["evidence"]}
        shown = certificates.shown(content)["certificates"]
        return [(entry, str(classes.get(entry["benchmark"]["name"]) or "aggregate-only")) for entry in shown]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--certificate {file}: cannot be read ({type(error).__name__}: {error}). Name the certificates.json that "
            "'certify' wrote."
        ) from None


def _candidates(summary: Data, named: set[str]) -> dict[tuple[str, str], str]:
    """Benchmark and content to the digest by which certificates name the candidate: of what it is, and what it saw."""
    results = {entry["benchmark"]: entry for entry in summary["results"] if entry["benchmark"] in named}
    if not results:
        return {}
    spec = summary["runspec"]
    settings = selection.as_measured(schema.read_record(spec["settings"], SUMMARY), spec["benchmarks"])
    entries = catalogue.scan([starter_benchmarks(), *settings.benchmark_roots])
    found = {}
    for benchmark in map(load, catalogue.select(entries, sorted(results))):
        task, content = task_named(benchmark.identity.task), results[benchmark.name]["digest"]
        if benchmark.identity.digest == content:
            who = coverage.bearer(task, benchmark, spec["model"], coverage.day_of(spec["context"]))
            found[benchmark.name, content] = who.candidate
    return found


def _entry(entry: Data, class_name: str, candidates: Mapping[str, Mapping[tuple[str, str], str]]) -> dict[str, Any]:
    benchmark = entry["benchmark"]
    place = (benchmark["name"], benchmark["digest"])
    wanted = entry["candidate"]["digest"]
    return {
        "id": entry["id"],
        "kind": entry["kind"],
        "certified": entry["certified"],
        "statement": entry["statement"],
        "check": entry.get("check", ""),
        "alpha": entry["alpha"],
        "delta": entry["delta"],
        "candidate": {name: entry["candidate"][name] for name in ("name", "kind", "digest")},
        "benchmark": benchmark["name"],
        "version": benchmark["version"],
        "digest": shown_digest(benchmark["digest"], class_name),
        "confidentiality": class_name,
        "group": entry["group"],
        "labels": entry["population"]["labels"],
        "verdict": (entry.get("test") or {}).get("verdict", "not checked"),
        "issued": entry["issued"],
        "valid_until": entry["valid_until"],
        "covers": [origin for origin, known in candidates.items() if known.get(place) == wanted],
    }
