"""Which runs may go: a policy that keeps the newest and the young, and what is kept whatever the policy says."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wild_aieval.errors import UserError
from wild_aieval.operations.inventory import CERTIFICATES, REVIEW, Run
from wild_aieval.records.run_folder import RunFolder

RECORD = "pruned.jsonl"
_DOOMED = ".going-"  # before the name of a folder that is being deleted


@dataclass(frozen=True, slots=True)
class Policy:
    """``last``: so many finished runs of each candidate on each benchmark stay; ``days``: so do those younger."""

    last: int | None
    days: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run goes, and why. ``protected``: it would go, if nothing referred to it."""

    run: Run
    goes: bool
    why: str
    protected: bool = False


def verdicts(
    runs: Sequence[Run], chosen: Sequence[Run], policy: Policy, force: str, now: datetime.datetime
) -> list[Verdict]:
    """One for each of ``chosen``, in order; ``runs``: all there are, the newest first, which may refer to them."""
    if policy.last is None and policy.days is None:
        raise UserError("runs prune: say what stays: --keep-last N, --keep-days D, or both.")
    newest, users = _newest(runs, policy.last or 0), _users(runs)
    found = []
    for run in chosen:
        if stays := _stays(run, policy, run.path in newest, now):
            found.append(Verdict(run, False, stays))
            continue
        reasons = [*references(run), *(f"the run {name} refers to it" for name in users.get(run.path, ()))]
        if reasons and not force:
            found.append(Verdict(run, False, "; ".join(reasons), protected=True))
        else:
            found.append(Verdict(run, True, "; ".join([*_goes(run, policy, now), *reasons])))
    return found


def references(run: Run) -> list[str]:
    """What in the folder itself others may rely on."""
    found = []
    if run.events or any((run.path / REVIEW).glob("*/batch.json")):
        found.append(f"people reviewed it ({run.events} events in its ledger)")
    if run.certificates:
        found.append(f"certificates were issued from it ({CERTIFICATES})")
    return found


def users_of(run: Run, runs: Sequence[Run]) -> list[str]:
    """Names of the runs that were made with this one."""
    return _users(runs).get(run.path, [])


def delete(run: Run, root: Path, why: str, force: str = "") -> None:
    """Remove the folder; a line in ``pruned.jsonl`` of the root says so first. UserError where a process holds it."""
    path = run.path
    if path.is_symlink() or not path.resolve().is_relative_to(root.resolve()) or path.resolve() == root.resolve():
        raise UserError(f"{path}: not a folder below {root}; it is left as it is.")
    try:
        with RunFolder(path).locked():
            _note(root, run, why, force)
            doomed = path.with_name(f"{_DOOMED}{path.name}")
            path.rename(doomed)
        shutil.rmtree(doomed)
        _remove_empty(path.parent, root)
    except OSError as error:
        raise UserError(f"{path}: cannot be removed ({error.strerror}). Mend its rights, then prune again.") from None


def _stays(run: Run, policy: Policy, among_newest: bool, now: datetime.datetime) -> str:
    """Why the policy keeps it, or ''."""
    if run.state == "running":
        return "a process is at work in it"
    if run.state == "newer":
        return "a newer wild_aieval wrote it"
    if run.state == "damaged":
        return "it is damaged; look at it, then delete it by hand"
    if among_newest:
        return f"among the last {policy.last} of its candidate on a benchmark"
    age = _age(run, now)
    if age < 0:
        return "its date lies in the future: look at the clock"
    if policy.days is not None and age < policy.days:
        return f"younger than {policy.days:g} days"
    if policy.days is None and run.state == "unfinished":
        return "it is unfinished, and --keep-days does not say from which age on such runs go"
    return ""


def _goes(run: Run, policy: Policy, now: datetime.datetime) -> list[str]:
    beyond = [] if policy.last is None or run.state != "finished" else [f"not among the last {policy.last}"]
    return [*beyond, f"{_age(run, now):.0f} days old"]


def _age(run: Run, now: datetime.datetime) -> float:
    return (now - run.created).total_seconds() / 86_400


def _newest(runs: Sequence[Run], last: int) -> set[Path]:
    seen: Counter[tuple[str, str]] = Counter()
    kept = set()
    for run in runs:
        if run.state != "finished":
            continue
        for benchmark in run.benchmarks:
            seen[(run.model, benchmark)] += 1
            if seen[(run.model, benchmark)] <= last:
                kept.add(run.path)
    return kept


def _users(runs: Sequence[Run]) -> dict[Path, list[str]]:
    """By run folder: names of the runs that took it as their second system, or hold a certificate from it."""
    known = {run.path.resolve(): run.path for run in runs}
    found: dict[Path, list[str]] = {}
    for run in runs:
        for used in run.uses:
            place = Path(used).expanduser().absolute().resolve()
            for folder in (place, *place.parents):
                if folder in known and known[folder] != run.path:
                    found.setdefault(known[folder], []).append(run.name)
                    break
    return found


def _note(root: Path, run: Run, why: str, force: str) -> None:
    """Synced, before anything goes."""
    line = {
        "schema_version": 1,
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "run": run.name,
        "created": run.created.isoformat(timespec="seconds"),
        "model": run.model,
        "benchmarks": run.benchmarks,
        "why": why,
        "forced_because": force or None,
    }
    with (root / RECORD).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _remove_empty(folder: Path, root: Path) -> None:
    """The folder of a day or a sweep goes with its last run."""
    while folder != root and folder.is_relative_to(root) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
