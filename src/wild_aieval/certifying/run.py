"""One candidate on one benchmark: its scores, hard reasons and errors, brought before the tests."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval import coverage
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.certifying.depths import recalls
from wild_aieval.certifying.evidence import evidence_of
from wild_aieval.certifying.wish import ERRORS, RECALL, REVIEWS, WHICH, Wish, check_kind
from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Failure
from wild_aieval.oversight.risk import certificate, depth, transfer
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import Claim, Data
from wild_aieval.oversight.risk.outcomes import read_outcomes
from wild_aieval.standards.provenance import HUMAN
from wild_aieval.tasks import task_named
from wild_aieval.tasks.base import Item, Task

Floats = NDArray[np.float64]


class Run:
    """One candidate on one benchmark."""

    def __init__(
        self,
        summary: Mapping[str, Any],
        entry: Mapping[str, Any],
        benchmark: Benchmark,
        rows: Mapping[str, Mapping[str, Mapping[str, Any]]],
        wish: Wish,
    ) -> None:
        self._benchmark, self._rows, self._wish = benchmark, rows, wish
        self._task: Task = task_named(benchmark.identity.task)
        self._items = [item for item in self._task.items(benchmark) if item.id in rows["flags"]]
        self._outputs = [_output(rows["predictions"][item.id]) for item in self._items]
        self._entry, self._spec = entry, summary["runspec"]
        self._groups = [coverage.groups(self._task.name, i, o) for i, o in zip(self._items, self._outputs, strict=True)]
        for kind in (wish.by, wish.transfer):
            check_kind(kind)

    def certified(self) -> tuple[list[Data], Data]:
        """The certificates and, beside them, what figures are drawn from."""
        evidence = self._place()
        kind = "depth" if self._task.name == "search" and self._wish.outcomes is None else "threshold"
        labels, reason = self._labels()
        claim = self._claim(labels or "none", kind)
        if reason:
            return [certificate.refused(claim, kind, reason)], evidence
        if kind == "depth":
            return self._depth(claim)
        losses, reason = self._losses()
        if reason:
            return [certificate.refused(claim, kind, reason)], evidence
        cases = self._cases(losses)
        found = self._by_group(cases, claim)
        evidence |= evidence_of(cases, claim, found)
        if self._wish.transfer:
            evidence["transfer"] = transfer.matrix(cases, self._wish.transfer, claim) | {"alpha": claim.level.alpha}
        return found, evidence

    def _place(self) -> Data:
        """What the evidence is of, with the class that says how much of it may be shown."""
        entry = self._entry
        found = {"benchmark": self._benchmark.name, "model": entry["model"], "task": self._task.name}
        return found | {"confidentiality": entry["confidentiality"]}

    def _labels(self) -> tuple[str | None, str]:
        """Where the labels are from, or why they may not calibrate."""
        if self._wish.outcomes is not None:
            return "reviews", ""
        if self._task.name == "translation":
            reason = (
                "a reference translation is not a human judgment of the candidate's; outcomes of human reviews are "
                "needed (--outcomes FILE)"
            )
            return None, reason
        origin = self._benchmark.manifest.label_origin
        if origin == HUMAN:
            return HUMAN, ""
        if self._wish.assume_human:
            return "assumed", ""
        what = "does not declare who gave its labels" if origin is None else f"declares labels of origin {origin}"
        return None, f"{self._benchmark.name} {what}, and only labels given by persons (label_origin: H) may calibrate"

    def _claim(self, labels: str, kind: str) -> Claim:
        manifest, wish = self._benchmark.manifest, self._wish
        issued = wish.issued or datetime.datetime.now(datetime.UTC).date()
        who = coverage.bearer(self._task, self._benchmark, self._spec["model"], issued)
        dates = sorted(str(item.row["date"]) for item in self._items if item.row.get("date"))
        error, words = self._error(kind)
        return Claim(
            level=wish.level,
            error=error,
            words=words,
            candidate={"name": self._entry["model"], "kind": self._entry["kind"], "digest": who.candidate},
            benchmark={**who.benchmark, "version": manifest.version, "digest": self._benchmark.identity.digest},
            population={
                "benchmark": self._benchmark.name,
                "version": manifest.version,
                "offices": list(manifest.offices),
                "languages": list(manifest.languages),
                "dates": [dates[0], dates[-1]] if dates else None,
                "labels": labels,
                "declared_origin": manifest.label_origin,
            },
            unit=_unit_words(self._items),
            issued=issued,
            hard_rules=who.hard_rules,
            loss="bounded" if kind == "depth" else "binary",
            claims=wish.candidates,
        )

    def _error(self, kind: str) -> tuple[str, str]:
        if kind == "depth":
            return RECALL, "a relevant document in the collection that is not among the documents read"
        if self._wish.outcomes is not None or self._task.name != "classification":
            return REVIEWS, "a human reviewer found the suggestion wrong, or the file of reviews does not say"
        if self._wish.error not in ERRORS:
            raise UserError(f"--error {self._wish.error}: there is no such error. {nearest(self._wish.error, ERRORS)}")
        words = ERRORS[self._wish.error][1].format(which=WHICH[self._variant], level=self._level.replace("_", " "))
        return f"{self._wish.error}.{self._level}.{self._variant}", words

    @property
    def _level(self) -> str:
        return self._wish.at or self._benchmark.manifest.label_level

    @property
    def _variant(self) -> str:
        known = all(item.row.get("main") for item in self._items)
        return self._wish.variant or ("main" if known else "any")

    def _losses(self) -> tuple[Floats, str]:
        """Per item 1 where the answer is wrong, or why that is not known."""
        if self._wish.outcomes is not None:
            wrong = read_outcomes(self._wish.outcomes, self._benchmark.name, [item.id for item in self._items])
            return np.array([wrong.get(item.id, 1.0) for item in self._items]), ""
        column = f"{self._level}.{ERRORS[self._wish.error][0]}.{self._variant}"
        values = [self._rows["items"][item.id].get(column) for item in self._items]
        if any(value is None for value in values):
            remedy = "--variant any" if self._variant == "main" else f"--level {self._benchmark.manifest.label_level}"
            return np.zeros(0), f"{column} was not measured for every item (try {remedy})"
        return 1.0 - np.array(values, dtype=np.float64), ""

    def _cases(self, losses: Floats) -> Cases:
        flags = [self._rows["flags"][item.id] for item in self._items]
        rules = set(coverage.hard_rules(self._task.name))
        scores = [row["score"] for row in flags]
        return Cases(
            tuple(item.id for item in self._items),
            coverage.units(self._items),
            np.array([np.nan if score is None else score for score in scores], dtype=np.float64),
            np.array([any(reason["code"] in rules for reason in row["reasons"]) for row in flags], dtype=np.bool_),
            losses,
            {kind: tuple(found[kind] for found in self._groups) for kind in coverage.KINDS},
        )

    def _by_group(self, cases: Cases, claim: Claim) -> list[Data]:
        """One certificate, or one for each group with the level shared among those that could ever get one."""
        kind = self._wish.by
        if kind is None:
            return [certificate.certify(cases, claim)]
        values = sorted({value for value in cases.groups[kind] if value})
        if not values:
            reason = f"no item has a {kind}, so there are no groups to certify"
            return [certificate.refused(claim, "threshold", reason)]
        groups = {value: cases.of_group(kind, value) for value in values}
        sizes = {value: len(found.split(claim.shares)["calibrate"]) for value, found in groups.items()}
        able = sum(size >= claim.level.smallest for size in sizes.values())
        shared = replace(claim, claims=claim.claims * max(1, able))
        found = []
        for value in values:
            own = replace(shared, group={"by": kind, "value": value})
            if sizes[value] < claim.level.smallest:
                reason = (
                    f"{sizes[value]} calibration items of {kind} {value}, {own.used.smallest} needed if none is wrong"
                )
                found.append(certificate.refused(own, "threshold", reason))
            else:
                found.append(certificate.certify(groups[value], own))
        return found

    def _depth(self, claim: Claim) -> tuple[list[Data], Data]:
        """A review depth for the queries that have a relevant document."""
        if self._wish.by or self._wish.transfer:
            raise UserError(
                "--by and --transfer are for thresholds; a review depth is certified for a whole benchmark."
            )
        deepest = self._benchmark.manifest.depth
        tested = depth.depths(deepest)
        rows = [recalls(self._benchmark, i, o, tested) for i, o in zip(self._items, self._outputs, strict=True)]
        known = np.array([row is not None for row in rows])
        cases = self._cases(np.zeros(len(rows))).only(known)
        losses = 1.0 - np.array([row for row in rows if row is not None])
        found = depth.certify_depth(cases, losses, tested, claim)
        return [found], self._place() | {"left_out": int((~known).sum())}


def _output(row: Mapping[str, Any]) -> Any | Failure:
    return Failure(str(row["error"])) if row["status"] == "error" else json.loads(row["output"])


def _unit_words(items: Sequence[Item]) -> str:
    if any(item.row.get("family") for item in items):
        return "family"
    return "cluster" if any(item.row.get("cluster") for item in items) else "item"
