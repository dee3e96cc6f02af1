"""From a finished run to certificates: gathers scores, hard reasons and errors of the answers, and has them tested.

Only labels of human origin may calibrate: what was propagated or generated (M, G in position 40 of WIPO ST.8) says how
far a candidate agrees with software, not how often it errs. A reference translation is no judgment of another one.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval import __version__, coverage, selection
from wild_aieval import settings as schema
from wild_aieval.benchmarks import catalogue
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Failure
from wild_aieval.metrics import ranking, selective, smooth_calibration
from wild_aieval.metrics.prior_art import Facts, judge
from wild_aieval.oversight.risk import areas, bounds, certificate, depth, statements, transfer
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import SCHEMA_VERSION, Claim, Data
from wild_aieval.oversight.risk.gate import FILE
from wild_aieval.oversight.risk.outcomes import read_outcomes
from wild_aieval.oversight.risk.sequence import Level
from wild_aieval.paths import starter_benchmarks
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.standards.provenance import HUMAN
from wild_aieval.tasks import task_named
from wild_aieval.tasks.base import Item, Task

Floats = NDArray[np.float64]
ERRORS = {
    "three_guess_miss": ("three_guesses", "none of the three best suggestions is {which} at the level {level}"),
    "first_guess_miss": ("first_guess", "the first suggestion is not {which} at the level {level}"),
}
_WHICH = {"main": "the main symbol", "any": "one of the assigned symbols"}
RECALL, REVIEWS = "recall_miss", "review_outcome"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks to be certified.

    ``error``, ``at``, ``variant``: what counts as wrong (classification). ``by``: certify each group of this kind by
    itself. ``candidates``: how many candidates are certified on these items to choose from. ``outcomes``: a file of
    human reviews. ``assume_human``: the user states what the benchmark does not.
    """

    level: Level = Level()  # noqa: RUF009  immutable
    error: str = "three_guess_miss"
    at: str | None = None
    variant: str | None = None
    by: str | None = None
    transfer: str | None = None
    candidates: int = 1
    outcomes: Path | None = None
    assume_human: bool = False
    issued: datetime.date | None = None


def certify(folder: RunFolder, wish: Wish) -> Data:
    """Certificates and their evidence for each benchmark of a run: the content of ``certificates.json``."""
    summary = folder.read_json(SUMMARY)
    found: Data = {"schema_version": SCHEMA_VERSION, "wild_aieval": __version__, "run": folder.path.name}
    found |= {"certificates": [], "evidence": []}
    tables = {name: folder.read_table(name) for name in ("flags", "items", "predictions")}
    for benchmark, entry in zip(_measured(summary), summary["results"], strict=True):
        rows = {
            name: {row["item_id"]: row for row in table if row["benchmark"] == benchmark.name}
            for name, table in tables.items()
        }
        certificates, evidence = _Run(summary, entry, benchmark, rows, wish).certified()
        found["certificates"] += certificates
        found["evidence"].append(evidence)
    return found


def write(content: Mapping[str, Any], file: Path) -> Path:
    """Write the certificates, whole or not at all."""
    if not file.parent.is_dir():
        raise UserError(f"--out {file}: there is no folder {file.parent}. Make it, or name another file.")
    return RunFolder(file.parent).write_json(file.name, content)


def default_file(folder: RunFolder) -> Path:
    """Where certificates go if nothing else is said."""
    return folder.path / FILE


def _measured(summary: Mapping[str, Any]) -> list[Benchmark]:
    """The benchmarks of the run, with the very rows that were measured."""
    spec = summary["runspec"]
    settings = selection.as_measured(schema.read_record(spec["settings"], SUMMARY), spec["benchmarks"])
    entries = catalogue.scan([starter_benchmarks(), *settings.benchmark_roots])
    loaded = {benchmark.name: benchmark for benchmark in map(load, catalogue.select(entries, settings.benchmark))}
    found = []
    for entry in summary["results"]:
        benchmark = loaded[entry["benchmark"]]
        if benchmark.identity.digest != entry["digest"]:
            raise UserError(
                f"{benchmark.name}: its rows are not those that were measured (now {benchmark.identity.digest[:12]}, "
                f"then {entry['digest'][:12]}). Bring that version back, or run the candidate anew."
            )
        found.append(benchmark)
    return found


class _Run:
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
            _known_kind(kind)

    def certified(self) -> tuple[list[Data], Data]:
        """The certificates and, beside them, what figures are drawn from."""
        evidence: Data = {"benchmark": self._benchmark.name, "model": self._entry["model"], "task": self._task.name}
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
        evidence |= _evidence(cases, claim, found)
        if self._wish.transfer:
            evidence["transfer"] = transfer.matrix(cases, self._wish.transfer, claim) | {"alpha": claim.level.alpha}
        return found, evidence

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
        words = ERRORS[self._wish.error][1].format(which=_WHICH[self._variant], level=self._level.replace("_", " "))
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
        rows = [_recalls(self._benchmark, i, o, tested) for i, o in zip(self._items, self._outputs, strict=True)]
        known = np.array([row is not None for row in rows])
        cases = self._cases(np.zeros(len(rows))).only(known)
        losses = 1.0 - np.array([row for row in rows if row is not None])
        found = depth.certify_depth(cases, losses, tested, claim)
        evidence = {"benchmark": self._benchmark.name, "model": self._entry["model"], "task": self._task.name}
        return [found], evidence | {"left_out": int((~known).sum())}


def _recalls(benchmark: Benchmark, item: Item, output: Any | Failure, tested: Sequence[int]) -> list[float] | None:
    """Recall at each depth; None where no relevant document is prior art."""
    names = {document for document, _ in output} if not isinstance(output, Failure) else set()
    names |= set(item.row["judgments"]) & set(benchmark.corpus)
    corpus = {name: Facts(benchmark.corpus[name]["date"], benchmark.corpus[name]["family"]) for name in names}
    hits = [] if isinstance(output, Failure) else [(document, score) for document, score in output]
    judged = judge(hits, item.row["judgments"], corpus, Facts(item.given.date, item.given.family))
    if not judged.ideal:
        return None
    grades = np.full((1, max(tested)), -1.0)
    grades[0, : len(judged.grades)] = judged.grades[: max(tested)]
    relevant = np.array([float(len(judged.ideal))])
    return [float(ranking.recall(grades, relevant, k)[0]) for k in tested]


def _evidence(cases: Cases, claim: Claim, found: Sequence[Data]) -> Data:
    """What figures show of the items that count, one of each unit: all parts together, which chooses nothing."""
    parts = cases.split(claim.shares)
    scores = np.concatenate([part.effective for part in parts.values()])
    losses = np.concatenate([part.losses for part in parts.values()])
    known = ~np.isnan(scores)
    evidence: Data = {"n": len(scores), "error_at_full_coverage": float(losses.mean()) if len(losses) else None}
    if len(set(scores[known])) < 2:
        return evidence
    evidence["curve"] = areas.curve(scores, losses)
    ranked = np.where(known, scores, -np.inf)
    evidence["augrc"] = areas.with_interval(selective.augrc, ranked, losses)._asdict()
    evidence["aurc"] = areas.with_interval(areas.aurc, scores, losses)._asdict()
    own, right = scores[known], 1 - losses[known]
    if claim.error.startswith("first_guess_miss") and own.min() >= 0 and own.max() <= 1:
        band = smooth_calibration.null_band(own, 0)  # the score is that of the first suggestion
        evidence["smooth_error"] = {"value": smooth_calibration.smooth_error(own, right), **band._asdict()}
    evidence["labels_needed"] = _labels_curve(claim, found)
    return evidence


def _labels_curve(claim: Claim, found: Sequence[Data]) -> list[Data]:
    """For numbers of unflagged items the largest observed share of errors that still allows the promise."""
    here = max((entry.get("n_unflagged", 0) for entry in found), default=0)
    numbers = sorted({int(n) for n in np.geomspace(claim.used.smallest, max(2_000, 2 * here), 40)})
    alpha, delta = claim.used.alpha, claim.used.delta
    return [{"n": n, "rate": bounds.certifiable_rate(n, alpha, delta)} for n in numbers]


def _output(row: Mapping[str, Any]) -> Any | Failure:
    return Failure(str(row["error"])) if row["status"] == "error" else json.loads(row["output"])


def _unit_words(items: Sequence[Item]) -> str:
    if any(item.row.get("family") for item in items):
        return "family"
    return "cluster" if any(item.row.get("cluster") for item in items) else "item"


def _known_kind(kind: str | None) -> None:
    if kind is not None and kind not in coverage.KINDS:
        raise UserError(f"'{kind}' is no kind of group. {nearest(kind, coverage.KINDS)}")


def sentences(content: Mapping[str, Any]) -> list[str]:
    """What may be said of the certificates, one paragraph an entry."""
    found = []
    for entry in content["certificates"]:
        parts = [entry["statement"], entry.get("check", ""), entry.get("average_statement", "")]
        parts += [entry.get("floor_statement", ""), _how_far(entry)]
        found.append(" ".join(part for part in parts if part))
    return found


def _how_far(entry: Mapping[str, Any]) -> str:
    if not entry["certified"] or entry["kind"] == "depth":
        return ""
    return f"Coverage of the calibration items: {statements.percent(entry['coverage_cal'])}."
