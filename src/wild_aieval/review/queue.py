"""Which items of a run are looked at: flagged ones, a random audit of the others, and planted errors among them."""

from __future__ import annotations

import datetime
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Entry, Ledger
from wild_aieval.review import store
from wild_aieval.review.audit import drawn
from wild_aieval.review.batch import Batch, BatchItem, Mode, Purpose
from wild_aieval.review.planting import Planter
from wild_aieval.review.run import Place, ReviewedRun
from wild_aieval.runspec import digest

HARNESS = "harness"
_LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowels: no words; no digits: no spreadsheet takes a token for a number


@dataclass(frozen=True, slots=True)
class Plan:
    """How a batch is made.

    ``flagged``: at most so many flagged items (None: all), hard reasons first. ``audit_least``, ``audit_share``: how
    many unflagged items are drawn, the larger of the two. ``seeds``: planted errors as a share of all other items.
    ``shown``: the share of items, drawn at random, whose suggestion is shown at once, for comparison with hidden ones.
    """

    task: str | None = None
    flagged: int | None = None
    audit_least: int = 60
    audit_share: float = 0.02
    seeds: float = 0.03
    shown: float = 0.0
    per_item: int = 2
    seed: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seeds <= 0.2:
            raise UserError(f"--seeds {self.seeds}: planted errors are a share from 0 to 0.2; 0.02 to 0.05 is usual.")
        for name in ("audit_share", "shown"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"--{name.replace('_', '-')} {getattr(self, name)}: give a share from 0 to 1.")
        if self.per_item < 1 or self.audit_least < 0 or (self.flagged is not None and self.flagged < 0):
            raise UserError("--per-item is 1 or more; --audit and --flagged are 0 or more.")


def make_batch(run: ReviewedRun, ledger: Ledger, plan: Plan | None = None) -> Batch:
    """Choose the items of one task, write the batch into the run folder, and say so in the ledger."""
    batch = chosen(run, plan or Plan())
    store.write(run.path, batch)
    ledger.append_many([*_flagged_event(run, ledger, batch), _exported(batch)])
    return batch


def chosen(run: ReviewedRun, plan: Plan) -> Batch:
    """The batch, not yet written."""
    task = _task(run, plan.task)
    plan = replace(plan, task=task, seed=secrets.randbelow(2**31) if plan.seed is None else plan.seed)
    if task != "classification" and plan.shown:
        raise UserError(f"--shown: a {task} is judged itself, so that its output is always shown. Leave --shown out.")
    flagged = _flagged(run, plan)
    planted, left = _seeded(run, plan, flagged)
    items = flagged + _audit(run, plan, left)
    if not items:
        raise UserError(f"{run.path}: nothing is flagged and no audit was asked for. Give --audit N to draw some.")
    items += planted
    batch = Batch(
        id=f"b{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}-{_word(4)}",
        run=run.id,
        task=task,
        model=run.model,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seed=int(plan.seed or 0),
        per_item=plan.per_item,
        items=tuple(sorted(_with_modes(items, plan), key=lambda item: item.token)),
        policy=asdict(plan),
    )
    return store.sealed(batch)


def _task(run: ReviewedRun, wanted: str | None) -> str:
    if wanted is None and len(run.tasks) == 1:
        return run.tasks[0]
    if wanted in run.tasks:
        return str(wanted)
    raise UserError(f"{run.path}: a batch is of one task. Choose with --task: {', '.join(run.tasks)}.")


def _of_task(run: ReviewedRun, task: str | None) -> list[Place]:
    return [place for place in run.flags if place[0].split("/")[0] == task]


def _flagged(run: ReviewedRun, plan: Plan) -> list[BatchItem]:
    places = [place for place in _of_task(run, plan.task) if run.flags[place]["flagged"]]
    places.sort(key=lambda place: (*_urgency(run.flags[place]["reasons"]), _rank(run, plan, "flagged", place)))
    return [_item(run, place, "flagged") for place in places[: plan.flagged]]


def _urgency(reasons: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Hard reasons first, then the items with more of them."""
    return -any(reason["kind"] == "hard" for reason in reasons), -len(reasons)


def _audit(run: ReviewedRun, plan: Plan, left: Mapping[Place, float]) -> list[BatchItem]:
    """Those that the run itself drew come first in each stratum: a draw by chance as well, and the same for others.

    ``left``: what the planted errors have left, and with which probability each was left.
    """
    strata: dict[str, list[Place]] = {}
    for place in left:
        strata.setdefault(_stratum(run, place), []).append(place)
    for places in strata.values():
        places.sort(key=lambda place: (not run.flags[place]["audit_selected"], _rank(run, plan, "audit", place)))
    return [
        _item(run, place, "audit", probability * left[place])
        for places, probability in drawn(list(strata.values()), _audit_size(run, plan))
        for place in places
    ]


def _audit_size(run: ReviewedRun, plan: Plan) -> int:
    count = len(_unflagged(run, plan))
    return min(count, max(plan.audit_least, math.ceil(plan.audit_share * count)))


def _unflagged(run: ReviewedRun, plan: Plan) -> list[Place]:
    return [place for place in _of_task(run, plan.task) if not run.flags[place]["flagged"]]


def _stratum(run: ReviewedRun, place: Place) -> str:
    """Office, and for a classification the section that is suggested: no label is looked at."""
    section = ""
    if place[0].startswith("classification/") and (output := run.output(place)):
        section = str(output[0][0])[:1]
    return f"{place[0]}|{run.row(place).get('office') or ''}|{section}"


def _seeded(run: ReviewedRun, plan: Plan, flagged: Sequence[BatchItem]) -> tuple[list[BatchItem], dict[Place, float]]:
    """Items that are in the batch for nothing else, each with a suggestion that is known to be wrong.

    They are drawn by chance from the unflagged ones before the audit is, then from flagged ones that were left out; an
    item that has to be looked at for itself is never spent on this. Also returns the unflagged ones that are left, with
    the probability of that: less than 1 where a wrong suggestion could have been made.
    """
    unflagged, taken = _unflagged(run, plan), {(item.benchmark, item.item_id) for item in flagged}
    needed = {*unflagged, *taken}
    over = [place for place in _of_task(run, plan.task) if place not in needed]
    planter = Planter(run, str(plan.task), int(plan.seed or 0))
    made = {place: wrong for place in [*unflagged, *over] if plan.seeds and (wrong := planter.wrong(place)) is not None}
    ranked = sorted(made, key=lambda place: (run.flags[place]["flagged"], _rank(run, plan, "seed", place)))
    seeds = ranked[: math.ceil(plan.seeds * (len(flagged) + _audit_size(run, plan)))]
    possible = sum(place in made for place in unflagged)
    spent = sum(not run.flags[place]["flagged"] for place in seeds)
    rest = [place for place in unflagged if place not in set(seeds)]
    left = {place: 1 - spent / possible if place in made else 1.0 for place in rest}
    return [replace(_item(run, place, "seeded"), planted=made[place]) for place in seeds], left


def _with_modes(items: Sequence[BatchItem], plan: Plan) -> list[BatchItem]:
    """Which items are shown at once is drawn over all purposes alike."""
    if plan.task != "classification":
        return [replace(item, mode="shown") for item in items]
    ranked = sorted(items, key=lambda item: digest(["mode", plan.seed, item.item_key]))
    count = round(plan.shown * len(items))
    at_once: Mode = "shown"
    return [replace(item, mode=at_once) for item in ranked[:count]] + ranked[count:]


def _item(run: ReviewedRun, place: Place, purpose: Purpose, probability: float = 1.0) -> BatchItem:
    key = run.predictions[place]["item_key"]
    return BatchItem(_word(10), *place, key, purpose, "hidden_first", audit_probability=probability)


def _rank(run: ReviewedRun, plan: Plan, what: str, place: Place) -> str:
    return digest([what, plan.seed, run.predictions[place]["item_key"]])


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _flagged_event(run: ReviewedRun, ledger: Ledger, batch: Batch) -> list[Entry]:
    """Once for each run."""
    if any(event.kind == "run.flagged" and event.payload["run"] == run.id for event in ledger.events()):
        return []
    records = list(run.flags.values())
    payload = {
        "run": run.id,
        "flagged": sum(record["flagged"] for record in records),
        "audit": sum(record["audit_selected"] for record in records),
        "policy": records[0]["policy"] if records else "",
        "items": len(records),
        "model": run.model,
        "folder": run.path.name,
    }
    return [Entry("run.flagged", HARNESS, HARNESS, payload)]


def _exported(batch: Batch) -> Entry:
    """What is planted or audited is not said here: reviewers may read the ledger."""
    payload = {
        "batch": batch.id,
        "digest": batch.digest,
        "items": len(batch.items),
        "run": batch.run,
        "task": batch.task,
        "model": batch.model,
        "per_item": batch.per_item,
    }
    return Entry("batch.exported", HARNESS, HARNESS, payload)


def newest(run_folder: Path, batch_id: str | None = None) -> Batch | None:
    """The batch of this id, else the newest of the run, or None where there is none."""
    known = store.batches(run_folder)
    if batch_id is None and not known:
        return None
    return store.read(run_folder, batch_id or known[-1])
