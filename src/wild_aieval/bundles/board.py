"""What stands on the group's board: results of all offices by benchmark, and which of them cannot be told apart."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.bundles import content
from wild_aieval.bundles.imported import CERTIFICATES, Imported
from wild_aieval.comparison.pairs import Question, compare
from wild_aieval.comparison.systems import System, read
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.oversight.risk import gate
from wild_aieval.records import item_statistics, provenance, salting
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports.board_page import BenchmarkBoard, Board, Certificate, Standing
from wild_aieval.runspec import digest

_NO_ITEMS = "what items got stays in the office"
_OTHER_ITEMS = "was asked other items"


class Source(NamedTuple):
    """A run folder and whose it is; ``origin`` tells a run of this office from the same one that was imported."""

    office: str
    folder: Path
    origin: str


def own(office: str, folders: Sequence[Path]) -> list[Source]:
    """Run folders of this office."""
    found = []
    for path in folders:
        folder = RunFolder(path)
        if told := provenance.read(path):
            raise UserError(f"{path}: measured by {told['office']}; what was imported is on the board already.")
        found.append(Source(office, path, content.origin_of(folder, folder.read_json(SUMMARY))))
    return found


def collect(mine: Sequence[Source], others: Sequence[Imported], today: datetime.date) -> Board:
    """All that stands: of a run of this office that was imported as well, the run itself."""
    here = {(one.office, one.origin) for one in mine}
    standing = [run for run in others if run.standing and (run.office, run.origin) not in here]
    sources = [*(Source(run.office, run.folder, run.origin) for run in standing), *mine]
    by_content: dict[tuple[str, str, str], list[Standing]] = {}
    for source in sources:
        for one in _standings(source):
            place = (one.entry["benchmark"], one.entry["version"], one.entry["digest"])
            by_content.setdefault(place, []).append(one)
    _tell_apart(by_content.values())
    boards = [_tested(*place, standings) for place, standings in sorted(by_content.items())]
    found = [*_sent(standing), *_own_certificates(mine)]
    return Board(boards, [_held_against(office, entry, boards, today) for office, entry in found])


def _standings(source: Source) -> list[Standing]:
    """The results of a run, as another office would show them."""
    folder, told = RunFolder(source.folder), provenance.read(source.folder)
    summary = folder.read_json(SUMMARY)
    identity = digest(content.cut(summary)["runspec"]["model"])
    ledger = (told.get("ledger") if told else content.ledger_of(folder)) or {}
    return [
        Standing(
            source.office,
            source.folder,
            leaving.entry(result if told else salting.shown(result)),
            source.origin,
            identity,
            ledger=ledger,
        )
        for result in summary["results"]
    ]


def _tell_apart(groups: Iterable[list[Standing]]) -> None:
    """Digits behind names under which there are several candidates."""
    groups = list(groups)
    known: dict[str, set[str]] = {}
    for one in (one for standings in groups for one in standings):
        known.setdefault(one.name, set()).add(one.identity)
    for standings in groups:
        standings[:] = [
            replace(one, variant=one.identity[:6]) if len(known[one.name]) > 1 else one for one in standings
        ]


def _tested(benchmark: str, version: str, sha256: str, standings: list[Standing]) -> BenchmarkBoard:
    """Those whose items are known held against each other, every pair, item by item."""
    board = BenchmarkBoard(benchmark, version, sha256, standings)
    known = [one for one in standings if _has_items(benchmark, one)]
    standings[:] = [one if one in known else replace(one, untested=_NO_ITEMS) for one in standings]
    if len(known) < 2:
        return board
    try:
        systems = read([(one.office, one.folder) for one in known], only=benchmark)[benchmark]
        chosen = _same_items(systems)
        if len(chosen) < 2:
            raise UserError("no two of these runs were asked the same items.")
        found = compare(benchmark, [systems[place] for place in chosen], Question())
    except UserError as error:
        return replace(board, untested=_without_places(str(error).removeprefix(f"{benchmark}: "), known))
    letters = {system["name"]: str(system["tie_group"]) for system in found["systems"]}
    order = {system["name"]: place for place, system in enumerate(found["systems"])}
    for place, (one, system) in enumerate(zip(known, systems, strict=True)):
        where = standings.index(one)
        if place in chosen:
            standings[where] = replace(one, ties=letters[system.name], rank=order[system.name])
        else:
            standings[where] = replace(one, untested=_OTHER_ITEMS)
    return replace(board, measure=found["measure"], items=found["items"], pairs=len(found["pairs"]))


def _without_places(text: str, known: Sequence[Standing]) -> str:
    """The board is for others: where folders lie here is not on it."""
    for one in known:
        text = text.replace(str(one.folder), f"the run of {one.office}")
    return text


def _has_items(benchmark: str, one: Standing) -> bool:
    return provenance.read(one.folder) is None or benchmark in item_statistics.read(RunFolder(one.folder))


def _same_items(systems: Sequence[System]) -> list[int]:
    """Places of those that were asked the items which most of them were asked; of as many, the larger set."""
    sets = [frozenset(system.statistics.item_keys) for system in systems]
    times = Counter(sets)
    wanted = max(times, key=lambda one: (times[one], len(one)))
    return [place for place, one in enumerate(sets) if one == wanted]


def _sent(runs: Sequence[Imported]) -> list[tuple[str, Mapping[str, Any]]]:
    """Certificates of the bundles that stand."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for office, file in dict.fromkeys((run.office, run.folder.parent / CERTIFICATES) for run in runs):
        if file.is_file():
            try:
                found += [(office, entry) for entry in json.loads(file.read_text(encoding="utf-8"))]
            except (OSError, ValueError, TypeError) as error:
                raise UserError(f"{file}: cannot be read ({error}). Import the bundle again.") from None
    return found


def _own_certificates(mine: Sequence[Source]) -> list[tuple[str, Mapping[str, Any]]]:
    """Those that lie in the run folders of this office."""
    files = [(one, one.folder / gate.FILE) for one in mine if (one.folder / gate.FILE).is_file()]
    if not files:
        return []
    from wild_aieval.bundles import certified  # with all that reads benchmarks

    summaries = {one.origin: RunFolder(one.folder).read_json(SUMMARY) for one, _ in files}
    return [(one.office, entry) for one, file in files for entry in certified.of_files([file], summaries)]


def _held_against(
    office: str, entry: Mapping[str, Any], boards: Sequence[BenchmarkBoard], today: datetime.date
) -> Certificate:
    """What a certificate is worth for what stands on the board, on this day."""
    name, benchmark = entry["candidate"]["name"], entry["benchmark"]
    same = [one for one in boards if (one.benchmark, one.digest) == (benchmark, entry["digest"])]
    standings = [one for board in same for one in board.standings if one.office == office]
    covered = [one for one in standings if one.origin in entry["covers"]]
    if not entry["certified"]:
        state = "nothing certified"
    elif entry["verdict"] == "inconsistent":
        state = "contradicted by its own test part"
    elif today >= datetime.date.fromisoformat(entry["valid_until"]):
        state = f"expired on {entry['valid_until']}"
    elif not standings:
        state = f"for another version of the benchmark ({entry['version']}, {entry['digest'][:6]})"
    elif not covered:
        named = any(one.name == name for one in standings)
        state = "for another candidate" + (" of this name: settings, weights or training part differ" if named else "")
    elif entry["labels"] == gate.ASSUMED:
        state = "on labels that are only ASSUMED to be of human origin"
    else:
        return Certificate(office, entry, f"in force until {entry['valid_until']}", [one.origin for one in covered])
    return Certificate(office, entry, state)
