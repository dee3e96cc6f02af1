"""What stands on the group's board: results of all offices by benchmark, and which of them cannot be told apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wild_aieval.bundles.imported import CERTIFICATES
from wild_aieval.comparison.pairs import Question, compare
from wild_aieval.comparison.systems import System, read
from wild_aieval.confidentiality import certificates, leaving
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports.board_page import BenchmarkBoard, Board, Standing


def collect(runs: Sequence[tuple[str, Path]]) -> Board:
    """``runs``: an office's code and a run folder, imported or its own."""
    by_content: dict[tuple[str, str, str], list[Standing]] = {}
    for office, folder in runs:
        for result in RunFolder(folder).read_json(SUMMARY)["results"]:
            entry = leaving.entry(result)
            key = (entry["benchmark"], entry["version"], entry["digest"])
            by_content.setdefault(key, []).append(Standing(office, folder, entry))
    places = dict.fromkeys((office, folder.parent / CERTIFICATES) for office, folder in runs)
    return Board(
        [_tested(*key, standings) for key, standings in sorted(by_content.items())],
        [(office, content) for office, file in places for content in _certificates(file)],
    )


def _tested(benchmark: str, version: str, digest: str, standings: list[Standing]) -> BenchmarkBoard:
    """Every pair held against each other item by item, where that is possible."""
    if len(standings) < 2:
        return BenchmarkBoard(benchmark, version, digest, standings)
    try:
        systems = _systems(benchmark, standings)
        found = compare(benchmark, systems, Question(common_items=True))
    except UserError as error:
        return BenchmarkBoard(benchmark, version, digest, standings, untested=str(error))
    letters = {system["name"]: str(system["tie_group"]) for system in found["systems"]}
    marked = [
        Standing(one.office, one.folder, one.entry, letters[system.name])
        for one, system in zip(standings, systems, strict=True)
    ]
    return BenchmarkBoard(benchmark, version, digest, marked, found["measure"])


def _systems(benchmark: str, standings: Sequence[Standing]) -> list[System]:
    return read([(str(one.folder), one.folder) for one in standings])[benchmark]


def _certificates(file: Path) -> list[Mapping[str, Any]]:
    if not file.is_file():
        return []
    try:
        return [certificates.shown(content) for content in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: cannot be read ({error}). Import the bundle again.") from None
