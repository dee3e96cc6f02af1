"""What a new scoring changes in figures that may have been published, and why; kept in ``rescored.jsonl``."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder

FILE = "rescored.jsonl"
_NEAR = 1e-12
Summary = Mapping[str, Any]
Change = dict[str, Any]


def changed_figures(before: Summary, after: Summary) -> list[Change]:
    """Every measure whose value or interval differs, with both figures and the reason; by benchmark and measure."""
    old = {result["benchmark"]: result for result in before["results"]}
    found = []
    for result in after["results"]:
        known = old.get(result["benchmark"])
        if known is None:
            continue
        for name in sorted(set(known["measures"]) | set(result["measures"])):
            was, now = known["measures"].get(name), result["measures"].get(name)
            if not _same(was, now):
                why = _why(known, result, was, now)
                found.append(
                    {"benchmark": result["benchmark"], "measure": name, "before": was, "after": now, "why": why}
                )
    return found


def remember(folder: RunFolder, before: Summary, version: str, changes: Sequence[Change]) -> None:
    """Add the changes to the folder's history, which is never rewritten."""
    if not changes:
        return
    entry = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "version_before": scored_by(before),
        "version_after": version,
        "changes": list(changes),
    }
    file = folder.path / FILE
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Make room, then rescore again.") from None


def scored_by(summary: Summary) -> str:
    """The version of the harness that computed a summary."""
    return str(summary.get("scored_by") or summary["runspec"]["context"].get("wild_aieval", "unknown"))


def _same(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    if was is None or now is None:
        return was is now
    pairs = [(was[part], now[part]) for part in ("value", "low", "high", "n")]
    return all(a == b or (a is not None and b is not None and abs(a - b) <= _NEAR) for a, b in pairs)


def _why(
    known: Mapping[str, Any], result: Mapping[str, Any], was: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> str:
    if was is None or now is None:
        return "a new measure" if was is None else "a measure that is no longer made"
    reasons = []
    if known["digest"] != result["digest"]:
        reasons.append(f"the benchmark's content changed ({known['digest'][:12]} to {result['digest'][:12]})")
    if known["counts"] != result["counts"]:
        reasons.append(f"other answers ({_counted(known)} to {_counted(result)})")
    method, other_method = (_parts(side["signature"], interval=False) for side in (was, now))
    if method != other_method:
        reasons.append(f"computed differently ({_difference(method, other_method)})")
    interval, other_interval = (_parts(side["signature"], interval=True) for side in (was, now))
    if interval != other_interval:
        reasons.append(f"another interval ({_difference(interval, other_interval)})")
    return "; ".join(reasons) or "the code of the measure changed"


def _parts(signature: str, *, interval: bool) -> list[str]:
    return [part for part in re.split(r"\|", signature) if part.startswith("ci:") is interval]


def _difference(one: Sequence[str], other: Sequence[str]) -> str:
    gone, new = [part for part in one if part not in other], [part for part in other if part not in one]
    return f"{'|'.join(gone) or 'nothing'} to {'|'.join(new) or 'nothing'}"


def _counted(result: Mapping[str, Any]) -> str:
    counts = result["counts"]
    return f"{counts['answered']} answered and {counts['errors']} errors of {counts['asked']}"
