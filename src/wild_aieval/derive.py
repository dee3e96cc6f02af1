"""Everything right of the journal: scores, flags and summary, from answers that are already there.

``evaluate`` ends with it and ``rescore`` is it: no candidate is called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from wild_aieval import __version__, confidentiality, coverage, runspec
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.confidentiality import quoting
from wild_aieval.context import run_context
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.records import item_statistics, resources
from wild_aieval.records import journal as journals
from wild_aieval.records.run_folder import RUNSPEC, SCHEMA_VERSION, SUMMARY, RunFolder
from wild_aieval.scored import Run, ScoredBenchmark, columns
from wild_aieval.settings import Settings


def identity_of(settings: Settings, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What makes this candidate the same one in another run."""
    model = settings.model
    revision = registry.kinds()[model.kind].revision
    return runspec.model_identity(model.kind, revision, model.identity(), facts, settings.seed)


def describe_run(settings: Settings, identity: dict[str, Any], benchmarks: Sequence[Benchmark]) -> runspec.RunSpec:
    """The RunSpec, with the facts about machine and versions that do not enter keys."""
    identities = tuple(benchmark.identity for benchmark in benchmarks)
    return runspec.RunSpec(settings.model_dump(mode="json"), identity, identities, run_context())


def results(
    settings: Settings, folder: RunFolder, benchmarks: Sequence[Benchmark], identity: Mapping[str, Any]
) -> dict[str, Any]:
    """Score and flag every benchmark and write the tables and ``summary.json``; returns the summary."""
    with quiet(benchmarks):
        return _derived(settings, folder, benchmarks, identity)


def rules_of(benchmarks: Sequence[Benchmark]) -> confidentiality.Rules:
    """What may leave of all of them together: the strictest of their classes."""
    return confidentiality.of(*(benchmark.manifest.confidentiality for benchmark in benchmarks))


def quiet(benchmarks: Sequence[Benchmark]) -> AbstractContextManager[None]:
    """What goes wrong meanwhile quotes no text of a guarded benchmark."""
    return quoting.quiet(rules_of(benchmarks), lambda: quoting.strings([benchmark.parts for benchmark in benchmarks]))


def _derived(
    settings: Settings, folder: RunFolder, benchmarks: Sequence[Benchmark], identity: Mapping[str, Any]
) -> dict[str, Any]:
    answers = journals.Answers(folder.journal)
    second = second_system(settings, folder, benchmarks, identity)
    day = coverage.day_of(folder.read_json(RUNSPEC)["context"])
    run = Run(settings, identity, answers, second, day)
    found = [ScoredBenchmark(run, benchmark) for benchmark in benchmarks]
    with folder.tables(columns(found)) as tables:
        for result in found:
            for rows in result.rows():
                for name, writer in tables.items():
                    writer.add(rows[name])
    taken = resources.total(folder)
    summaries = [result.summary() | {"resources": taken} for result in found]
    item_statistics.write(folder, [result.statistics() for result in found])
    summary = {
        "schema_version": SCHEMA_VERSION,
        "runspec": folder.read_json(RUNSPEC),
        "scored_by": __version__,
        "model": settings.model.name,
        "sweep": settings.sweep,
        "max_error_rate": settings.max_error_rate,
        "results": summaries,
    }
    folder.write_json(SUMMARY, summary)
    return summary


def second_system(
    settings: Settings,
    folder: RunFolder,
    benchmarks: Sequence[Benchmark],
    identity: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Outputs of the run folder named in ``oversight.second_system``, by item key.

    UserError where it is no finished run on one of these benchmarks, or one of the very candidate that
    ``identity`` names.
    """
    path = settings.oversight.second_system
    if path is None:
        return {}
    from pathlib import Path

    other = RunFolder(Path(path).expanduser())
    if other.path == folder.path:
        raise UserError("oversight.second_system names this run's own folder. Name the folder of another run.")
    summary = other.read_json(SUMMARY)
    if summary["runspec"]["model"] == identity:
        raise UserError(
            f"oversight.second_system={path}: that run asked the same candidate, which agrees with itself. Name the "
            "run of another system."
        )
    measured = {(result["benchmark"], result["version"]) for result in summary["results"]}
    if not measured & {(benchmark.name, benchmark.identity.version) for benchmark in benchmarks}:
        raise UserError(
            f"oversight.second_system={path}: that run measured {', '.join(sorted(name for name, _ in measured))}, "
            "and this one none of it. Name a run on the same benchmark in the same version."
        )
    rows = other.read_table("predictions")
    return {row["item_key"]: json.loads(row["output"]) for row in rows if row["status"] == "ok"}
