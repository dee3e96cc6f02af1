"""What of finished runs goes into a bundle: figures as their class lets them leave, salted statistics, no text."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval import __version__, confidentiality
from wild_aieval.confidentiality import certificates, leaving
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics, journal
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.records.salting import salted
from wild_aieval.runspec import digest

SCHEMA_VERSION = 1
_DATA = Mapping[str, Any]
# Of a RunSpec's context: what was typed, where it lies and which machine it was are the office's own affair.
_CONTEXT = ("created", "wild_aieval", "python", "libraries", "hardware", "git_sha", "git_dirty")


class Parts(NamedTuple):
    """``bundle``: the JSON that is signed, without the digests of the files; ``files``: their bytes by name."""

    bundle: dict[str, Any]
    files: dict[str, bytes]


def of_runs(folders: Iterable[Path], office: str, certified: Sequence[Path], now: datetime.datetime) -> Parts:
    """The parts of a bundle; UserError where a folder is no finished run."""
    runs, files = [], {}
    for number, path in enumerate(folders):
        folder = RunFolder(path)
        summary = folder.read_json(SUMMARY)
        statistics = _statistics(folder, summary)
        if statistics:
            files[f"{number}.npz"] = statistics
        runs.append(
            {
                "origin": _origin(folder, summary),
                "summary": _summary(summary),
                "statistics": f"{number}.npz" if statistics else None,
            }
        )
    if not runs:
        raise UserError("results export: no run was named. Name run folders or sweep folders.")
    bundle = {
        "schema_version": SCHEMA_VERSION,
        "office": office,
        "created": now.isoformat(timespec="seconds"),
        "wild_aieval": __version__,
        "runs": runs,
        "certificates": [_certificates(file) for file in certified],
    }
    return Parts(bundle, files)


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


def _summary(found: _DATA) -> dict[str, Any]:
    """The summary as it may leave, and by the rules of one that shares scores only whatever its class."""
    kept = leaving.summary(found)
    strictest = leaving.strictest(kept["results"])
    rules = confidentiality.SHARED_SCORES if strictest.texts else strictest
    spec = leaving.spec(kept["runspec"], rules)
    context = spec.get("context", {})
    spec["context"] = {name: context[name] for name in _CONTEXT if name in context}
    for result in kept["results"]:
        result.pop("mlflow_run_id", None)
    return {**kept, "runspec": spec}


def _statistics(folder: RunFolder, summary: _DATA) -> bytes | None:
    """Per-item statistics of the benchmarks whose class lets rows leave."""
    found = item_statistics.read(folder)
    chosen = []
    for entry in summary["results"]:
        rules = leaving.rules_of(entry)
        if rules.rows and entry["benchmark"] in found:
            one = found[entry["benchmark"]]
            chosen.append(salted(one if rules.texts else item_statistics.without_labels(one), entry["digest"]))
    if not chosen:
        return None
    stream = io.BytesIO()
    item_statistics.save(stream, chosen)
    return stream.getvalue()


def _origin(folder: RunFolder, summary: _DATA) -> str:
    """What all states of a run folder share: a bundle with a later state of it takes the place of an earlier one."""
    first = next(journal.read(folder.journal), None) if folder.journal.is_file() else None
    known = [first.key, first.seconds] if first else [summary["runspec"]]
    return digest(["run of a bundle", *known])


def _certificates(file: Path) -> dict[str, Any]:
    """The content of a certificate's file as it may be shown."""
    try:
        return certificates.shown(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--certificate {file}: cannot be read ({error}). Name the certificates.json that 'certify' wrote."
        ) from None
