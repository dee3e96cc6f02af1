"""Which benchmarks a run takes: those that were asked for and that the candidate's tasks fit."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.benchmarks import catalogue, notices
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.benchmarks.places import availability
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.models.pairs import pair
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.paths import starter_benchmarks
from wild_aieval.settings import Settings

_LOG = logging.getLogger(__name__)
_FEW = 2


def open_benchmarks(settings: Settings) -> list[Benchmark]:
    """Load and check the chosen benchmarks.

    A benchmark that is named as ``task/name`` and does not fit is a UserError; one that a short name or a
    glob happens to match is left out. What a glob matches and whose data is not on this machine, or that was
    withdrawn, is left out with a notice.
    """
    entries = catalogue.scan([starter_benchmarks(), *settings.benchmark_roots])
    chosen = []
    misfits = []
    absent = []
    for entry in catalogue.select(entries, settings.benchmark):
        manifest = entry.manifest()
        reason = misfit(settings.model, manifest)
        if reason is None and _left_out(entry, manifest, settings.benchmark):
            absent.append(entry)
        elif reason is None:
            notices.refuse_withdrawn(manifest)
            chosen.append(entry)
        elif entry.name in settings.benchmark:
            raise UserError(f"model={settings.model.name} benchmark={entry.name}: {reason}.")
        else:
            misfits.append(f"{entry.name}: {reason}")
    if not chosen:
        misfits += [f"{entry.name}: its data is not here" for entry in absent]
        raise UserError(
            f"model={settings.model.name}: none of the chosen benchmarks fits. " + "; ".join(misfits) + ". "
            "Choose others with benchmark=…, see 'python -m wild_aieval benchmark list'."
        )
    if absent:
        _say_once(_notice(absent))
    return [_opened(entry) for entry in chosen]


def _opened(entry: Entry) -> Benchmark:
    """The benchmark; what its user must know is said before anything is asked."""
    benchmark = load(entry)
    facts = {"version": benchmark.identity.version, "digest": benchmark.identity.digest}
    _LOG.info("benchmark opened", extra={"benchmark": entry.name, "facts": facts})
    for text in notices.before_run(benchmark.manifest, benchmark.identity):
        _say_once(f"notice: {text}")
    return benchmark


def _left_out(entry: Entry, manifest: Manifest, patterns: Sequence[str]) -> bool:
    """Whether a benchmark that nobody named is withdrawn, or its data is not on this machine."""
    if {entry.name, entry.name.split("/")[1]} & set(patterns):
        return False
    return manifest.withdrawn is not None or not availability(manifest, entry.path).here


def _notice(absent: Sequence[Entry]) -> str:
    """Names where there are few; else the same line for every candidate, so that a sweep says it once."""
    names = [entry.name for entry in absent]
    if len(names) > _FEW:
        return (
            "notice: public benchmarks whose data is not on this machine are left out; 'python -m wild_aieval "
            "benchmark list' shows them. Name one to run it: benchmark=TASK/NAME"
        )
    shown = ", ".join(names)
    verb, whose = ("is", "its") if len(names) == 1 else ("are", "their")
    return (
        f"notice: {shown} {verb} left out, because {whose} data is not on this machine or was withdrawn. Name one to "
        f"run it: benchmark={names[0]}"
    )


@functools.cache
def _say_once(text: str) -> None:
    """The candidates of a sweep open the same benchmarks."""
    print(text, file=sys.stderr)


def as_measured(settings: Settings, benchmarks: Sequence[Mapping[str, Any]]) -> Settings:
    """The settings of a run that exists already, with the benchmarks that it took, by name.

    A glob would also take benchmarks that came later.
    """
    return settings.model_copy(update={"benchmark": [f"{entry['task']}/{entry['name']}" for entry in benchmarks]})


def misfit(model: ModelSettings, manifest: Manifest) -> str | None:
    """Why a candidate cannot be asked for this benchmark, or None when it can."""
    tasks = getattr(model, "tasks", registry.kinds()[model.kind].tasks)
    if manifest.task not in tasks:
        return f"the candidate does {' and '.join(tasks)}, not {manifest.task}"
    pairs = getattr(model, "pairs", None)
    if manifest.task == "translation" and pairs is not None:
        wanted = pair(str(manifest.source_language), str(manifest.target_language))
        if wanted not in pairs:
            return f"the candidate serves {', '.join(pairs)}, not {wanted}"
    untaught = manifest.task == "classification" and "train" not in {*manifest.data.files, *manifest.data.hub}
    if untaught and registry.learns(model):
        return "the candidate learns from a training part, and the benchmark has none"
    return None
