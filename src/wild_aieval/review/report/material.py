"""What a report is made of: the items of a run with their flags, and what people said about those they looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Event
from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports.results import Result, Row, read_results
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.report import reviews
from wild_aieval.review.report.reviews import Said
from wild_aieval.standards import ipc

SHOWN = 5  # suggestions of symbols that a reviewer sees
GROUPS = ("office", "section")
_LEVELS = ("subgroup", "main_group", "subclass", "class", "section")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a run.

    ``wrong``: by the benchmark's own labels no assigned symbol is among the three best suggestions; None for tasks
    without such a yes or no. ``first_right``: the first suggestion is an assigned symbol. ``truth``: the assigned
    symbols at the level of the labels, where they may be read. ``misleads``: none of them is among the suggestions
    that a reviewer sees, which is what a reviewer agrees with or not.
    """

    id: str
    flagged: bool
    audited: bool
    reasons: tuple[tuple[str, str], ...]  # code, kind
    score: float | None
    wrong: bool | None
    first_right: bool | None
    truth: frozenset[str]
    misleads: bool | None
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Looked:
    """One item of a batch with its item of the run and what people said about it."""

    token: BatchItem
    item: Item
    said: Said


@dataclass(frozen=True, slots=True)
class Material:
    """One benchmark of a run. ``level``: of the symbols that are compared; '' where there are none.

    ``looked``: every item of every batch, decided on or not, without planted ones; ``planted``: those.
    """

    result: Result
    level: str
    items: tuple[Item, ...]
    looked: tuple[Looked, ...]
    planted: tuple[Looked, ...]

    @property
    def task(self) -> str:
        """Name of the task."""
        return str(self.result.entry["task"])

    def of_group(self, kind: str, value: str) -> Material:
        """The same for the items of one group."""

        def kept(rows: Iterable[Looked]) -> tuple[Looked, ...]:
            return tuple(row for row in rows if row.item.groups.get(kind) == value)

        items = tuple(item for item in self.items if item.groups.get(kind) == value)
        return Material(self.result, self.level, items, kept(self.looked), kept(self.planted))

    def groups(self, kind: str) -> list[str]:
        """The values of a kind of group, where there is more than one."""
        found = sorted({item.groups.get(kind, "") for item in self.items} - {""})
        return found if len(found) > 1 else []


def collect(folder: RunFolder, batches: Sequence[Batch], events: Iterable[Event]) -> list[Material]:
    """Everything about each benchmark of a run; UserError where a batch names items that the run does not have."""
    said = reviews.read(events)
    groups = _groups(folder)
    found = []
    for result in read_results(folder):
        items = _items(result, groups.get(str(result.entry["benchmark"]), {}))
        looked = [row for batch in batches for row in _looked(batch, result, items, said)]
        found.append(
            Material(
                result,
                level_of(result),
                tuple(items.values()),
                tuple(row for row in looked if row.token.planted is None),
                tuple(row for row in looked if row.token.planted is not None),
            )
        )
    return found


def level_of(result: Result) -> str:
    """The deepest level at which symbols are compared."""
    measures = result.entry["measures"]
    return next((level for level in _LEVELS if f"{level}.three_guesses.any" in measures), "")


def main_symbol(answer: Mapping[str, Any] | None, level: str) -> str | None:
    """The first symbol of an answer at a level."""
    symbols = (answer or {}).get("symbols") or ()
    return (ipc.truncate(str(symbols[0]), level) or str(symbols[0])) if symbols else None


def _looked(
    batch: Batch, result: Result, items: Mapping[str, Item], said: Mapping[reviews.Place, Said]
) -> list[Looked]:
    chosen = [token for token in batch.items if token.benchmark == result.entry["benchmark"]]
    if unknown := next((token.item_id for token in chosen if token.item_id not in items), None):
        raise UserError(
            f"batch {batch.id}: item '{unknown}' of {result.entry['benchmark']} is not in this run. Give the run that "
            "the batch was made from."
        )
    return [Looked(token, items[token.item_id], said.get((batch.id, token.token), Said())) for token in chosen]


def _items(result: Result, groups: Mapping[str, Mapping[str, str]]) -> dict[str, Item]:
    rows = {str(row["item_id"]): row for row in result.items}
    outputs = {str(row["item_id"]): row["output"] for row in result.predictions}
    level = level_of(result)
    found = {}
    for record in result.flags:
        name = str(record["item_id"])
        of_item = {kind: values.get(name, "") for kind, values in groups.items()}
        found[name] = _item(record, rows[name], outputs[name] if level else None, level, of_item)
    return found


def _item(record: Row, row: Row, output: str | None, level: str, groups: Mapping[str, str]) -> Item:
    hit, first = row.get(f"{level}.three_guesses.any"), row.get(f"{level}.first_guess.any")
    symbols = [part.strip() for part in str(row.get("expected") or "").split(",") if part.strip()] if level else []
    truth = frozenset(found for symbol in symbols if (found := ipc.truncate(symbol, level)))
    shown = {ipc.truncate(str(symbol), level) for symbol, _ in json.loads(output or "[]")[:SHOWN]}
    return Item(
        id=str(record["item_id"]),
        flagged=bool(record["flagged"]),
        audited=bool(record["audit_selected"]),
        reasons=tuple((reason["code"], reason["kind"]) for reason in record["reasons"]),
        score=record["score"],
        wrong=None if hit is None else not hit,
        first_right=None if first is None else bool(first),
        truth=truth,
        misleads=not truth & shown if truth else None,
        groups=groups,
    )


def _groups(folder: RunFolder) -> dict[str, dict[str, dict[str, str]]]:
    """Benchmark to kind of group to item to value; nothing for runs of older versions."""
    if not (folder.path / item_statistics.FILE).is_file():
        return {}
    return {
        name: {
            kind: dict(zip(found.item_ids, found.groups[kind], strict=True)) for kind in GROUPS if kind in found.groups
        }
        for name, found in item_statistics.read(folder).items()
    }
