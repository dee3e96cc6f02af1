"""Everything right of the journal: scores, flags and summary, from answers that are already there.

``evaluate`` ends with it and ``rescore`` is it: no candidate is called.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval import __version__, confidentiality, costs, coverage, fair_play, runspec
from wild_aieval.benchmarks import notices
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.context import run_context
from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.metrics.headline import headline
from wild_aieval.metrics.slices import slices
from wild_aieval.models import registry
from wild_aieval.oversight import flags as oversight
from wild_aieval.oversight.risk.gate import Gate
from wild_aieval.oversight.signals import common
from wild_aieval.records import item_statistics, resources
from wild_aieval.records import journal as journals
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import RUNSPEC, SCHEMA_VERSION, SUMMARY, RunFolder
from wild_aieval.settings import Settings
from wild_aieval.standards.provenance import GENERATED
from wild_aieval.tasks import task_named
from wild_aieval.tasks.base import Item, Scores, Task, clusters_of
from wild_aieval.tasks.groups import groups_of


@dataclass(frozen=True, slots=True)
class Question:
    """An item with the key of the item and the key of this candidate's answer to it."""

    item: Item
    item_key: str
    key: str


def questions(task: Task, benchmark: Benchmark, identity: Mapping[str, Any], settings: Settings) -> Iterator[Question]:
    """The items of a run, each with its keys; ``limit`` keeps a seeded sample in the benchmark's order."""
    context = task.context(benchmark)
    pairs = [(item, runspec.item_key(benchmark.identity, item.content)) for item in task.items(benchmark)]
    if settings.limit is not None:
        drawn = sorted(pairs, key=lambda pair: runspec.digest([settings.seed, pair[1]]))[: settings.limit]
        kept = {key for _, key in drawn}
        pairs = [pair for pair in pairs if pair[1] in kept]
    for item, item_key in pairs:
        yield Question(item, item_key, runspec.prediction_key(item_key, identity, context))


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
    answers = {entry.key: entry for entry in journals.read(folder.journal)}
    second = second_system(settings, folder, benchmarks, identity)
    tables: dict[str, list[dict[str, Any]]] = {"predictions": [], "items": [], "flags": []}
    summaries, statistics, taken = [], [], resources.total(folder)
    day = coverage.day_of(folder.read_json(RUNSPEC)["context"])
    for benchmark in benchmarks:
        result = _Result(settings, benchmark, identity, answers, second, day)
        for name, rows in result.tables().items():
            tables[name].extend(rows)
        summaries.append(result.summary() | {"resources": taken})
        statistics.append(result.statistics())
    for name, rows in tables.items():
        folder.write_table(name, rows)
    item_statistics.write(folder, statistics)
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


class _Result:
    """One benchmark of a run: its answers in order, scored and flagged."""

    def __init__(
        self,
        settings: Settings,
        benchmark: Benchmark,
        identity: Mapping[str, Any],
        answers: Mapping[str, journals.Entry],
        second: Mapping[str, Any],
        day: datetime.date,
    ) -> None:
        self._settings, self._benchmark = settings, benchmark
        self._task = task_named(benchmark.identity.task)
        self._questions = list(questions(self._task, benchmark, identity, settings))
        missing = sum(question.key not in answers for question in self._questions)
        if missing:
            raise UserError(f"{benchmark.name}: {missing} items have no answer yet. Continue the run with 'resume'.")
        self._entries = [answers[question.key] for question in self._questions]
        self._answers = [Failure(str(e.error)) if e.status == "error" else e.output for e in self._entries]
        items = [question.item for question in self._questions]
        self._scores: Scores = self._task.score(benchmark, items, self._answers, settings.seed)
        self._groups = groups_of(items)
        self._gate = self._certificates(identity, day)
        self._flags = [
            self._flag(question, entry, output, second)
            for question, entry, output in zip(self._questions, self._entries, self._answers, strict=True)
        ]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of the three tables."""
        name = self._benchmark.name
        rows = zip(self._questions, self._entries, self._answers, self._flags, self._scores.rows, strict=True)
        items, predictions = [], []
        for question, entry, output, record, measures in rows:
            place = {"benchmark": name, "item_id": question.item.id}
            predictions.append(place | _prediction(entry, question.item_key))
            shown = self._task.describe(question.item, output) if self._open else {}
            state = {"status": entry.status, "flagged": record.flagged, "audit": record.audit_selected}
            items.append(place | state | shown | measures)
        return {"predictions": predictions, "items": items, "flags": [record.as_row() for record in self._flags]}

    def statistics(self) -> ItemStatistics:
        """What the measures are computed from, item by item."""
        clusters = clusters_of([question.item for question in self._questions])
        return ItemStatistics(
            self._benchmark.name,
            tuple(question.item.id for question in self._questions),
            tuple(question.item_key for question in self._questions),
            None if clusters is None else tuple(clusters),
            self._groups,
            self._scores.aggregates,
        )

    def summary(self) -> dict[str, Any]:
        """One entry of ``results`` in ``summary.json``."""
        identity, errors = self._benchmark.identity, sum(entry.status == "error" for entry in self._entries)
        asked = len(self._entries)
        return {
            "task": identity.task,
            "benchmark": self._benchmark.name,
            "version": identity.version,
            "digest": identity.digest,
            "revision": identity.revision,
            "model": self._settings.model.name,
            "kind": self._settings.model.kind,
            "synthetic": self._benchmark.manifest.synthetic,
            "confidentiality": identity.confidentiality,
            "languages": list(self._benchmark.manifest.languages),
            "offices": list(self._benchmark.manifest.offices),
            "licence": self._benchmark.manifest.licence,
            "use": self._benchmark.manifest.restricted_to,
            "contributor": self._benchmark.manifest.contributor,
            "provider": self._settings.model.provider,
            "notes": [
                *fair_play.notes(self._benchmark.manifest, self._settings.model),
                *notices.notes(self._benchmark.manifest, identity),
            ],
            "cluster": self._benchmark.manifest.clusters_are,
            "items_in_benchmark": len(self._task.items(self._benchmark)),
            "partial": errors > self._settings.max_error_rate * asked,
            "measures": {name: value.as_dict() for name, value in sorted(self._scores.measures.items())},
            "slices": self._slices(),
            "counts": {"asked": asked, "answered": asked - errors, "errors": errors, "scored": self._scores.scored},
            "flags": oversight.counts(self._flags) | {"policy": self._settings.oversight.name} | self._in_force(),
            "output_source": GENERATED,
            "timing": costs.timing(self._entries),
            "cost": costs.price(self._entries, self._characters(), self._settings.cost, self._settings.model.name),
            "mlflow_run_id": None,
        }

    def _characters(self) -> int:
        """Of all texts that were sent."""
        contents = [question.item.content for question in self._questions]
        return sum(len(str(content.get(part, ""))) for content in contents for part in ("title", "text"))

    def _slices(self) -> list[dict[str, Any]]:
        """The measures to compare by, for each group of items."""
        aggregates, clusters = self._scores.aggregates, clusters_of([q.item for q in self._questions])
        names = headline(self._task.name, {name: value.as_dict() for name, value in self._scores.measures.items()})
        chosen = {name: aggregates[name] for name in names[:2] if name in aggregates}
        return slices(chosen, self._groups, clusters, self._settings.seed)

    def _certificates(self, identity: Mapping[str, Any], day: datetime.date) -> Gate | None:
        policy = self._settings.oversight
        if not policy.certified:
            return None
        who = coverage.bearer(self._task, self._benchmark, identity, day)
        items = [question.item for question in self._questions]
        return coverage.gate(policy, who, self._task.name, items, self._answers)

    def _in_force(self) -> dict[str, Any]:
        """Certificates in use, and those whose calibration scores the batch does not look like."""
        return {} if self._gate is None else {"certificates": self._gate.certificates, "shifts": self._gate.shifts}

    @property
    def _open(self) -> bool:
        return confidentiality.of(self._benchmark.manifest.confidentiality).texts

    def _flag(
        self, question: Question, entry: journals.Entry, output: Any, second: Mapping[str, Any]
    ) -> oversight.ReviewFlag:
        task, policy = self._task, self._settings.oversight
        signals = task.signals(self._benchmark, question.item, output, frozenset(policy.limits(task.name)))
        signals |= common.measured({"INPUT_TRUNCATED": common.input_truncated(entry.usage)})
        signals |= common.asked_for(policy, question.item.id, task.symbol(output))
        other = second.get(question.item_key)
        if other is not None and not isinstance(output, Failure):
            signals["SYSTEMS_DISAGREE"] = task.disagreement(output, other)
        covered = coverage.verdict(self._gate, task.name, question.item, output)
        subject = oversight.Subject(
            self._benchmark.name,
            question.item.id,
            self._settings.model.name,
            question.item_key,
            {**signals, **covered.signals},
            covered.threshold,
            covered.certificate,
        )
        return oversight.flag(subject, task.name, policy, self._settings.seed)


def _prediction(entry: journals.Entry, item_key: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "item_key": item_key,
        "status": entry.status,
        "error": entry.error,
        "output": None if entry.status == "error" else json.dumps(entry.output, ensure_ascii=False),
        "unreadable": entry.output if entry.status == "error" else None,
        "output_source": GENERATED,
        "seconds": entry.seconds,
    }


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
