"""One benchmark of a run, scored and flagged from answers that are there: rows of tables, figures of the summary."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from wild_aieval import confidentiality, costs, coverage, fair_play
from wild_aieval.benchmarks import notices
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.metrics.headline import headline
from wild_aieval.oversight import flags as oversight
from wild_aieval.oversight.risk.gate import Gate
from wild_aieval.oversight.signals import common
from wild_aieval.packed import Mapped
from wild_aieval.questions import questions
from wild_aieval.records import journal as journals
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.settings import Settings
from wild_aieval.standards.provenance import GENERATED
from wild_aieval.tasks import task_named
from wild_aieval.tasks.base import Item, Scores, clusters_of
from wild_aieval.tasks.groups import Groups

_AT_A_TIME = 4_096  # answers that are in memory at once
_PLACE = {"benchmark": "string", "item_id": "string"}
_SHOWN = {"input": "string", "expected": "string", "predicted": "string"}
_PREDICTIONS = {
    "key": "string",
    "item_key": "string",
    "status": "string",
    "error": "string",
    "output": "string",
    "unreadable": "string",
    "output_source": "string",
    "seconds": "double",
}


def columns(found: Sequence[ScoredBenchmark]) -> dict[str, dict[str, str]]:
    """Names and types of the three tables; items have a column for each measure of any of the results."""
    items = _PLACE | {"status": "string", "flagged": "bool", "audit": "bool"}
    for result in found:
        items |= _SHOWN if result.open else {}
        items |= dict.fromkeys(result.measured, "double")
    return {"predictions": _PLACE | _PREDICTIONS, "items": items, "flags": oversight.COLUMNS}


@dataclass(frozen=True, slots=True)
class Run:
    """What the benchmarks of a run share; ``second``: outputs of a second system by item key."""

    settings: Settings
    identity: Mapping[str, Any]
    answers: journals.Answers
    second: Mapping[str, Any]
    day: datetime.date


class ScoredBenchmark:
    """One benchmark of a run: its answers in order, scored and flagged some at a time."""

    def __init__(self, run: Run, benchmark: Benchmark) -> None:
        self._run, self._settings, self._benchmark = run, run.settings, benchmark
        self._task = task_named(benchmark.identity.task)
        self._questions = questions(self._task, benchmark, run.identity, run.settings)
        missing = int((~run.answers.known(self._questions.keys)).sum())
        if missing:
            raise UserError(f"{benchmark.name}: {missing} items have no answer yet. Continue the run with 'resume'.")
        self._scorer = self._task.scorer(benchmark, self._questions.items)
        self._gate = self._certificates(run.identity, run.day)
        self._limits = run.settings.oversight.limits(self._task.name)
        self._groups, self._flags, self._effort = Groups(), oversight.Counts(), costs.Effort()
        self._errors = self._characters = 0

    def rows(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        """Rows of the three tables, some items at a time; everything else is added up on the way."""
        for items, keys, entries in self._parts():
            outputs = [_output(entry) for entry in entries]
            measures = self._scorer.add(items, outputs)
            self._groups.add(items)
            signals = self._task.signals(self._benchmark, items, outputs, frozenset(self._limits))
            records = [self._flag(*of_item) for of_item in zip(items, keys, entries, outputs, signals, strict=True)]
            yield self._tables(list(zip(items, keys, entries, outputs, records, measures, strict=True)))
            for item, entry, record in zip(items, entries, records, strict=True):
                self._effort.add(entry)
                self._flags.add(record)
                self._errors += entry.status == "error"
                self._characters += sum(len(str(item.content.get(part, ""))) for part in ("title", "text"))

    def _parts(self) -> Iterator[tuple[list[Item], Sequence[str], list[journals.Entry]]]:
        asked = self._questions
        items, entries = iter(asked.items), self._run.answers.entries(asked.keys)
        for start in range(0, len(asked), _AT_A_TIME):
            keys = asked.item_keys[start : start + _AT_A_TIME]
            yield list(islice(items, len(keys))), keys, list(islice(entries, len(keys)))

    def _tables(self, found: Sequence[tuple[Any, ...]]) -> dict[str, list[dict[str, Any]]]:
        rows: dict[str, list[dict[str, Any]]] = {"predictions": [], "items": [], "flags": []}
        for item, key, entry, output, record, measures in found:
            place = {"benchmark": self._benchmark.name, "item_id": item.id}
            rows["predictions"].append(place | _prediction(entry, key))
            shown = self._task.describe(item, output) if self.open else {}
            state = {"status": entry.status, "flagged": record.flagged, "audit": record.audit_selected}
            rows["items"].append(place | state | shown | measures)
            rows["flags"].append(record.as_row())
        return rows

    @functools.cached_property
    def scores(self) -> Scores:
        """Once all rows have been gone through."""
        return self._scorer.scores(self._clusters, self._settings.seed)

    @functools.cached_property
    def _clusters(self) -> list[str] | None:
        return clusters_of(self._questions.items)

    @property
    def measured(self) -> tuple[str, ...]:
        """Measures that an item has a value of."""
        return self._scorer.columns

    def statistics(self) -> ItemStatistics:
        """What the measures are computed from, item by item."""
        ids = Mapped(self._questions.items, lambda item: str(item.id))
        keys, groups = self._questions.item_keys, self._groups.found()
        return ItemStatistics(self._benchmark.name, ids, keys, self._clusters, groups, self.scores.aggregates)

    def summary(self) -> dict[str, Any]:
        """One entry of ``results`` in ``summary.json``."""
        identity, errors, asked = self._benchmark.identity, self._errors, len(self._questions)
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
            "measures": {name: value.as_dict() for name, value in sorted(self.scores.measures.items())},
            "slices": self._slices(),
            "counts": {"asked": asked, "answered": asked - errors, "errors": errors, "scored": self.scores.scored},
            "flags": self._flags.as_dict() | {"policy": self._settings.oversight.name} | self._in_force(),
            "output_source": GENERATED,
            "timing": costs.timing(self._effort),
            "cost": costs.price(self._effort, self._characters, self._settings.cost, self._settings.model.name),
            "mlflow_run_id": None,
        }

    def _slices(self) -> list[dict[str, Any]]:
        """The measures to compare by, for each group of items."""
        from wild_aieval.metrics.slices import slices

        aggregates = self.scores.aggregates
        names = headline(self._task.name, {name: value.as_dict() for name, value in self.scores.measures.items()})
        chosen = {name: aggregates[name] for name in names[:2] if name in aggregates}
        return slices(chosen, self._groups.found(), self._clusters, self._settings.seed)

    def _certificates(self, identity: Mapping[str, Any], day: datetime.date) -> Gate | None:
        policy = self._settings.oversight
        if not policy.certified:
            return None
        who = coverage.bearer(self._task, self._benchmark, identity, day)
        outputs = map(_output, self._run.answers.entries(self._questions.keys))
        return coverage.gate(policy, who, self._task.name, self._questions.items, outputs)

    def _in_force(self) -> dict[str, Any]:
        """Certificates in use, and those whose calibration scores the batch does not look like."""
        return {} if self._gate is None else {"certificates": self._gate.certificates, "shifts": self._gate.shifts}

    @property
    def open(self) -> bool:
        """Whether texts of items may stand in the tables."""
        return confidentiality.of(self._benchmark.manifest.confidentiality).texts

    def _flag(
        self, item: Item, key: str, entry: journals.Entry, output: Any, signals: dict[str, float]
    ) -> oversight.ReviewFlag:
        task, policy = self._task, self._settings.oversight
        signals |= common.measured({"INPUT_TRUNCATED": common.input_truncated(entry.usage)})
        signals |= common.asked_for(policy, item.id, task.symbol(output))
        other = self._run.second.get(key)
        if other is not None and not isinstance(output, Failure):
            signals["SYSTEMS_DISAGREE"] = task.disagreement(output, other)
        covered = coverage.verdict(self._gate, task.name, item, output)
        subject = oversight.Subject(
            self._benchmark.name,
            item.id,
            self._settings.model.name,
            key,
            {**signals, **covered.signals},
            covered.threshold,
            covered.certificate,
        )
        return oversight.flag(subject, task.name, policy, self._settings.seed, self._limits)


def _output(entry: journals.Entry) -> Any | Failure:
    return Failure(str(entry.error)) if entry.status == "error" else entry.output


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
