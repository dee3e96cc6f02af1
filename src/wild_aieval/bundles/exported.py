"""What of aggregate-only benchmarks left before: two figures whose items differ by a few tell what those few got.

The list stays in the office, readable by its owner only. It names items by hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval import confidentiality, durable, schema_version
from wild_aieval.confidentiality import leaving, places
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics, provenance
from wild_aieval.records.run_folder import SUMMARY, RunFolder

FILE, SCHEMA_VERSION = "exported.jsonl", 1
_DIGITS = 20


class Set(NamedTuple):
    """The items on which a candidate's figures on a benchmark rest; ``items``: hashes of their ids."""

    benchmark: str
    model: str
    created: str
    items: frozenset[str]


def leaves(folders: Sequence[Path], created: str, file: Path) -> set[tuple[str, str]]:
    """Figures of these runs leave now: held against what left before, and noted. Done before anything is written.

    Returns benchmarks and candidates of which figures on other items left before: groups of theirs must stay, since
    two groups of one name may differ by a few items where the whole sets do not.

    Raises:
        UserError: where the difference to an earlier export would tell of a few items.
    """
    sets, known = of_folders(folders, created), list(_read(file))
    note(refuse_small_differences(sets, known), file)
    return {(one.benchmark, one.model) for one in sets if _others(one, [*known, *sets])}


def of_folders(folders: Sequence[Path], created: str) -> list[Set]:
    """The sets of items of aggregate-only benchmarks in these runs, as far as they are of this office."""
    found = []
    for path in folders:
        if provenance.read(path) is not None:
            continue
        folder = RunFolder(path)
        entries = [one for one in folder.read_json(SUMMARY)["results"] if not leaving.rules_of(one).rows]
        statistics: Mapping[str, Any] = item_statistics.read(folder) if entries else {}
        for entry in entries:
            ids = statistics[entry["benchmark"]].item_ids if entry["benchmark"] in statistics else ()
            found.append(Set(entry["benchmark"], entry["model"], created, frozenset(map(_hashed, ids))))
    return found


def refuse_small_differences(new: Sequence[Set], known: Sequence[Set]) -> list[Set]:
    """Those that did not leave before. UserError where one differs by less than a small cell from one that did."""
    fresh: list[Set] = []
    for one in new:
        for old in _others(one, [*known, *fresh]):
            apart = len(one.items ^ old.items)
            if apart < confidentiality.SMALLEST:
                raise UserError(
                    f"{one.benchmark}: what {one.model} got on {len(one.items)} of its items would leave, and on "
                    f"{old.created[:10]} its figures on {len(old.items)} left, of which {apart} are other ones. The "
                    f"difference would tell what those {apart} got, and the benchmark is aggregate-only. Export "
                    f"figures on the same items, or on items of which {confidentiality.SMALLEST} or more are others."
                )
        if not any(old[:2] == one[:2] and old.items == one.items for old in (*known, *fresh)):
            fresh.append(one)
    return fresh


def _others(one: Set, sets: Sequence[Set]) -> list[Set]:
    """Figures of the same candidate on the same benchmark that rest on other items."""
    return [old for old in sets if old[:2] == one[:2] and old.items != one.items]


def note(sets: Sequence[Set], file: Path) -> None:
    """Add them to the list; done before the bundle is written, so that nothing leaves unnoted."""
    if not sets:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            for one in sets:
                line = {"schema_version": SCHEMA_VERSION, **one._asdict(), "items": sorted(one.items)}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        places.close(file)
        durable.sync_folder(file.parent)
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Nothing was exported.") from None


def _read(file: Path) -> Iterator[Set]:
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found = json.loads(line)
            schema_version.check(found["schema_version"], SCHEMA_VERSION, f"{file}, line {number}")
            yield Set(found["benchmark"], found["model"], found["created"], frozenset(found["items"]))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{file}, line {number}: cannot be read ({error}). Restore it from a backup.") from None


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:_DIGITS]
