"""A run folder and a batch written by hand, and reviewers who say what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.metrics import aggregates
from wild_aieval.oversight.ledger.events import Event
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.packed import Categories, Keys
from wild_aieval.records import item_statistics
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.review import store
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.report.material import Material, collect
from wild_aieval.testing.tables import write_table

NAME, RUN = "classification/small", "run-1"
RIGHT, WRONG = "A01B", "G06F"  # the assigned symbol, and what a wrong suggestion suggests


@dataclass
class Bench:
    """``wrong``: which items have a wrong suggestion; ``flagged``: which are flagged; the others are audited by p."""

    folder: RunFolder
    wrong: list[bool]
    flagged: list[bool]
    probability: float
    ledger: FileLedger
    batch: Batch | None = None
    tokens: dict[str, BatchItem] = field(default_factory=dict)

    def review(self, item: int, who: str, decision: str, mode: str = "", **more: Any) -> Event:
        """One decision, after a first answer where ``first`` is given."""
        token, first = self.tokens[f"i{item}"], more.pop("first", None)
        place = {"batch": self.batch.id, "token": token.token}
        mode = mode or token.mode
        if mode == "hidden_first":
            answer = {"symbols": [first or RIGHT]}
            took = {"active_seconds": more.pop("first_seconds", None)}
            self.ledger.append("review.first_answer", who, "reviewer", place | {"answer": answer} | took)
        symbol = WRONG if (decision == "agrees") == self.wrong[item] else RIGHT
        said = {"answer": {"symbols": [symbol]}, "decision": decision, "rationale": "because", "mode": mode}
        return self.ledger.append(
            "review.decision", who, "reviewer", place | said | {"active_seconds": more.pop("seconds", 60)} | more
        )

    def truly(self, item: int, who: str = "ann", **more: Any) -> Event:
        """The decision of somebody who sees what is wrong."""
        return self.review(item, who, "differs" if self.wrong[item] else "agrees", **more)

    def material(self) -> Material:
        return collect(self.folder, [self.batch], self.ledger.events())[0]

    def figures(self) -> dict[str, Any]:
        from wild_aieval.review.report.compute import figures_of

        return {figure.name: figure for figure in figures_of(self.material())}


def _entry(count: int) -> dict[str, Any]:
    measure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": count, "signature": "by hand"}
    names = [f"subclass.{guess}.{kind}" for guess in ("first_guess", "three_guesses") for kind in ("any", "main")]
    return {
        "task": "classification", "benchmark": NAME, "version": "1.0.0", "digest": "ab" * 32, "model": "tiny",
        "kind": "majority", "synthetic": True, "confidentiality": "open", "languages": ["en"], "offices": ["EP", "US"],
        "licence": "CC0-1.0", "items_in_benchmark": count, "partial": False,
        "measures": dict.fromkeys(names, measure),
        "counts": {"asked": count, "answered": count, "errors": 0, "scored": count},
        "flags": {"flagged": 1, "audit": 1, "reasons": {"LOW_SCORE": 1}, "policy": "default"},
        "output_source": "G", "timing": {"seconds": 2.0}, "cost": None, "slices": [], "mlflow_run_id": None,
    }  # fmt: skip


def _spec() -> dict[str, Any]:
    settings = {"model": {"name": "tiny", "kind": "majority"}, "seed": 0, "limit": None, "sweep": None}
    return {"settings": settings, "model": {"kind": "majority"}, "context": {"created": "2026-01-02T03:04:05+00:00"}}


def new_bench(path: Path, wrong: list[bool], flagged: list[bool], probability: float, **changes: Any) -> Bench:
    """Every flagged item and every other one is in the batch; ``probability`` is what each audited one carries."""
    folder = RunFolder(path / "run")
    folder.create()
    tables: dict[str, list[dict[str, Any]]] = {"items": [], "flags": [], "predictions": []}
    reason = {"code": "LOW_SCORE", "kind": "soft", "value": 0.1, "limit": 0.5}
    for number, (is_wrong, is_flagged) in enumerate(zip(wrong, flagged, strict=True)):
        place = {"benchmark": NAME, "item_id": f"i{number}"}
        symbol, score = (WRONG if is_wrong else RIGHT), (0.2 if is_flagged else 0.8)
        hit = float(not is_wrong)
        shown = {"input": f"text {number}", "expected": f"{RIGHT} 1/00, {RIGHT} 2/00", "predicted": symbol}
        measures = {"subclass.three_guesses.any": hit, "subclass.first_guess.any": hit}
        tables["items"].append(place | {"status": "ok", "flagged": is_flagged, "audit": False} | shown | measures)
        tables["flags"].append(
            place
            | {"model": "tiny", "flagged": is_flagged, "reasons": [reason] if is_flagged else [], "score": score}
            | {"limit": 0.5, "audit_selected": False, "audit_probability": 0.05, "policy": "default"}
            | {"output_source": "G"}
        )
        output = json.dumps([[f"{symbol} 1/00", score]])
        tables["predictions"].append(
            place | {"key": f"k{number}", "item_key": f"q{number}", "status": "ok", "output": output}
        )
    for name, rows in tables.items():
        write_table(folder, name, rows)
    count = len(wrong)
    groups = {"office": Categories.of("EP" if n % 2 else "US" for n in range(count))}
    ids, keys = [f"i{n}" for n in range(count)], Keys(f"{n:064x}" for n in range(count))
    hits = aggregates.mean([float(not mark) for mark in wrong], "by hand")
    item_statistics.write(folder, [ItemStatistics(NAME, ids, keys, None, groups, {"hits": hits})])
    summary = {"schema_version": 1, "runspec": _spec(), "model": "tiny", "results": [_entry(count) | changes]}
    folder.write_json("summary.json", summary)
    bench = Bench(folder, wrong, flagged, probability, FileLedger(store.default_ledger(folder.path)))
    new_batch(bench)
    return bench


def new_batch(
    bench: Bench, modes: Callable[[int], str] = lambda n: "hidden_first", planted: tuple[int, ...] = ()
) -> None:
    """A batch of all items."""
    items = tuple(
        BatchItem(
            f"t{n}", NAME, f"i{n}", f"q{n}", "seeded" if n in planted else "flagged" if flagged else "audit", modes(n),
            [["B60L 1/00", 0.9]] if n in planted else None, 1.0 if flagged else bench.probability,
        )
        for n, flagged in enumerate(bench.flagged)
    )  # fmt: skip
    known = store.batches(bench.folder.path)
    batch = Batch(f"b{len(known)}", RUN, "classification", "tiny", "2026-01-02T03:04:05+00:00", 1, 2, items)
    bench.batch = store.sealed(batch)
    store.write(bench.folder.path, bench.batch)
    bench.tokens = {item.item_id: item for item in items}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """40 flagged items with 15 wrong, 60 others with 3 wrong."""
    wrong = [number < 15 for number in range(40)] + [number < 3 for number in range(60)]
    return new_bench(tmp_path, wrong, [True] * 40 + [False] * 60, 0.5)


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    return new_bench


@pytest.fixture
def export() -> Callable[..., None]:
    return new_batch
