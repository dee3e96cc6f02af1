"""What of finished runs goes into a bundle: figures as their class lets them leave, salted statistics, no text."""

from __future__ import annotations

import datetime
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval import __version__, confidentiality
from wild_aieval.bundles import fields
from wild_aieval.confidentiality import leaving
from wild_aieval.confidentiality.cells import WITHHELD
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger import segments
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.records import item_statistics, journal, provenance, salting
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.runspec import digest

SCHEMA_VERSION = 1
_DATA = Mapping[str, Any]
# Of a RunSpec's context: what was typed, where it lies and which machine it was are the office's own affair.
_CONTEXT = ("created", "wild_aieval", "python", "libraries", "hardware", "git_sha", "git_dirty")
_OWN_SETTINGS = ("tracking", "log", "debug", "progress", "benchmark_roots")
_LEDGER = Path("review", "ledger.jsonl")


class Parts(NamedTuple):
    """``bundle``: the JSON that is signed, without the digests of the files; ``files``: their bytes by name."""

    bundle: dict[str, Any]
    files: dict[str, bytes]


def of_runs(folders: Iterable[Path], office: str, certificates: Sequence[Path], now: datetime.datetime) -> Parts:
    """The parts of a bundle; UserError where a folder is no finished run of this office."""
    runs, files, summaries = [], {}, {}
    for number, path in enumerate(folders):
        folder = RunFolder(path)
        _own(folder)
        summary = folder.read_json(SUMMARY)
        origin = origin_of(folder, summary)
        if origin in summaries:
            raise UserError(f"{path}: this run was named twice, or is a copy of another one that was. Name it once.")
        summaries[origin] = summary
        statistics = _statistics(folder, summary)
        if statistics:
            files[f"{number}.npz"] = statistics
        run = {
            "origin": origin,
            "summary": cut(_hidden(summary)),
            "statistics": f"{number}.npz" if statistics else None,
            "ledger": ledger_of(folder),
        }
        runs.append(fields.declared(fields.Run, run, str(path)))
    if not runs:
        raise UserError("results export: no run was named. Name run folders or sweep folders.")
    bundle = {
        "schema_version": SCHEMA_VERSION,
        "office": office,
        "created": now.isoformat(timespec="seconds"),
        "wild_aieval": __version__,
        "runs": runs,
        "certificates": _certificates(certificates, summaries),
    }
    return Parts(bundle, files)


def without_groups(parts: Parts, which: Collection[tuple[str, str]]) -> Parts:
    """The same without figures of groups, for these benchmarks and candidates."""

    def whole(entry: _DATA) -> dict[str, Any]:
        return {**entry, "slices": []} if (entry["benchmark"], entry["model"]) in which else dict(entry)

    runs = [
        {**run, "summary": {**run["summary"], "results": [whole(entry) for entry in run["summary"]["results"]]}}
        for run in parts.bundle["runs"]
    ]
    return Parts({**parts.bundle, "runs": runs}, parts.files)


def told(parts: Parts) -> list[str]:
    """What of each result leaves, in a line."""
    lines = []
    for run in parts.bundle["runs"]:
        for entry in run["summary"]["results"]:
            rows = leaving.rules_of(entry).rows and run["statistics"]
            what = "figures, and statistics of items under salted keys" if rows else "figures only"
            lines.append(
                f"{entry['model']} · {entry['benchmark']} {entry['version']} ({entry['confidentiality']}): {what}"
            )
    return lines


def cut(summary: _DATA) -> dict[str, Any]:
    """A summary as it may leave, by the rules of one that shares scores only whatever its class.

    Done twice, nothing more changes: what an office sends is held against it.
    """
    kept = leaving.summary(summary)
    strictest = leaving.strictest(kept["results"])
    rules = confidentiality.SHARED_SCORES if strictest.texts else strictest
    spec = leaving.spec(kept["runspec"], rules)
    context = spec.get("context", {})
    spec["context"] = {name: context[name] for name in _CONTEXT if name in context}
    settings = {name: value for name, value in spec["settings"].items() if name not in _OWN_SETTINGS}
    spec["settings"], spec["model"] = _without_addresses(settings), _without_addresses(spec["model"])
    return fields.declared(fields.Summary, {**kept, "runspec": spec}, "summary")


def _hidden(summary: _DATA) -> dict[str, Any]:
    """A summary of this office in which digests of guarded benchmarks are hashed."""
    spec = summary["runspec"]
    classes = {entry["digest"]: entry.get("confidentiality") for entry in summary["results"]}
    benchmarks = [
        {**one, "digest": salting.shown_digest(one["digest"], classes.get(one["digest"], one.get("confidentiality")))}
        for one in spec.get("benchmarks", ())
    ]
    results = [salting.shown(entry) for entry in summary["results"]]
    return {**summary, "results": results, "runspec": {**spec, "benchmarks": benchmarks}}


def origin_of(folder: RunFolder, summary: _DATA) -> str:
    """What all states of a run folder share: a bundle with a later state of it takes the place of an earlier one."""
    first = next(journal.read(folder.journal), None) if folder.journal.is_file() else None
    known = [first.key, first.seconds] if first else [summary["runspec"]]
    return digest(["run of a bundle", *known])


def _own(folder: RunFolder) -> None:
    told = provenance.read(folder.path)
    if told is not None:
        raise UserError(
            f"{folder.path}: measured by {told['office']}, which signs its own results. Export runs of this office."
        )


def _without_addresses(value: Any) -> Any:
    """Settings without addresses of services, which show the inside of an office's network."""
    if isinstance(value, Mapping):
        return {name: _without_addresses(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_addresses(part) for part in value]
    return WITHHELD if isinstance(value, str) and "://" in value else value


def _statistics(folder: RunFolder, summary: _DATA) -> bytes | None:
    """Per-item statistics of the benchmarks whose class lets rows leave."""
    found = item_statistics.read(folder)
    chosen = []
    for entry in summary["results"]:
        rules = leaving.rules_of(entry)
        if rules.rows and entry["benchmark"] in found:
            one = found[entry["benchmark"]]
            kept = one if rules.texts else item_statistics.without_labels(one)
            chosen.append(salting.salted(kept, entry["digest"]))
    if not chosen:
        return None
    stream = io.BytesIO()
    item_statistics.save(stream, chosen)
    return stream.getvalue()


def _certificates(files: Sequence[Path], summaries: Mapping[str, _DATA]) -> list[dict[str, Any]]:
    if not files:
        return []
    from wild_aieval.bundles import certified  # with all that reads benchmarks

    return certified.of_files(files, summaries)


def ledger_of(folder: RunFolder) -> dict[str, Any] | None:
    """How many events the run's ledger has, and its head; nobody's name."""
    file = folder.path / _LEDGER
    if not segments.existing(file):
        return None
    found = verify(file)
    if found.fault:
        raise UserError(
            f"{file}: the ledger of this run is broken, so its results do not leave. {found.fault} Restore it from a "
            f"backup, or see: python -m wild_aieval review verify {folder.path}"
        )
    return {"events": found.events, "head": found.head}
