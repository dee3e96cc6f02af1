"""What the board allows to conclude, in sentences that can be repeated, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wild_aieval.reports.page import element
from wild_aieval.reports.words import items_in_words

if TYPE_CHECKING:
    from wild_aieval.reports.board_page import BenchmarkBoard, Board, Standing

HOW_TO_READ = (
    "Each cell: the main measure with its 95 % interval, and letters. Candidates of one benchmark that share a letter "
    "could not be told apart, item by item, after Holm's correction over all pairs of that benchmark; nothing is "
    "corrected across benchmarks. Intervals that overlap say nothing about that. A cell without letters was not "
    "tested. † stands where a note must be read first. Columns with digits behind the version are parts or contents "
    "of a benchmark that differ: figures are not to be compared across columns. Candidates with digits behind the name "
    "are called the same and differ in settings, weights or versions of libraries."
)
CERTIFICATES = (
    "A certificate bounds the share of wrong answers among those that are not flagged, for one candidate on data drawn "
    "as the calibration items were. Only one that is in force, for a run on this board, is worth anything here. The "
    "office that sent it vouches for it."
)


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    found = list(dict.fromkeys(names))
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def conclusions(board: Board) -> list[str]:
    """What can be said of each benchmark, then what cannot be said at all."""
    said = "".join(element("li", tested(found)) for found in board.benchmarks)
    unsaid = "".join(element("li", line) for line in _limits(board))
    return [
        element("h2", "What can be concluded"),
        f"<ul>{said}</ul>",
        element("h2", "What cannot be concluded"),
        f"<ul>{unsaid}</ul>",
    ]


def tested(found: BenchmarkBoard) -> str:
    """Who is ahead on one benchmark, and of whom that cannot be said."""
    ranked = sorted((one for one in found.standings if one.ties), key=lambda one: one.rank)
    where = f"On {found.title}"
    if not ranked:
        names = listed([_who(one) for one in found.standings])
        if len(found.standings) == 1:
            return f"{where}, {names} is the only result: nothing to compare it with."
        return f"{where}, the results of {names} stand side by side and were not tested against each other."
    items = f"{found.items:,} {items_in_words(found.task)}, by {found.measure}"
    best, *rest = ranked
    tied = [one for one in rest if set(best.ties) & set(one.ties)]
    behind = [one for one in rest if not set(best.ties) & set(one.ties)]
    if any(one.entry["partial"] for one in ranked):
        partial = listed([_who(one) for one in ranked if one.entry["partial"]])
        return f"{where} ({items}), {partial} failed on too many items, so that nobody is named as ahead of it."
    if not behind:
        return f"{where} ({items}), {listed([_who(one) for one in ranked])} could not be told apart."
    ahead = f"{_who(best)} is" if not tied else f"{listed([_who(best), *map(_who, tied)])} cannot be told apart and are"
    if not tied or all(one.ties == best.ties for one in tied):
        return f"{where} ({items}), {ahead} better than {listed([_who(one) for one in behind])}."
    unclear = f"; {listed([_who(one) for one in tied])} could not be told from it"
    return f"{where} ({items}), {_who(best)} is better than {listed([_who(one) for one in behind])}{unclear}."


def _limits(board: Board) -> list[str]:
    tasks = {(one.name, found.task) for found in board.benchmarks for one in found.standings}
    cells = sum((name, found.task) in tasks for name in board.candidates for found in board.benchmarks)
    run = len({(one.name, found.digest) for found in board.benchmarks for one in found.standings})
    lines = [
        "No candidate is the best in general: benchmarks measure different tasks on different texts, and their figures "
        "do not add up.",
        "Right on a benchmark is not right on an application: what is measured is agreement with labels, references or "
        "citations that somebody recorded.",
        f"Of {cells} pairs of a candidate and a benchmark of a task that it does, nobody ran {cells - run}; of those "
        "nothing is known.",
        "Where two could not be told apart they need not be equal: more items may tell.",
    ]
    several = sum(1 for found in board.benchmarks if found.pairs)
    if several > 1:
        lines.append(
            f"{several} benchmarks were tested, each at a level of 5 %: among so many, chance finds a difference where "
            f"there is none on some benchmark in up to about {100 * (1 - 0.95**several):.0f} % of such boards."
        )
    noted = sorted({_who(one) for found in board.benchmarks for one in found.standings if one.entry.get("notes")})
    if noted:
        lines.append(f"The figures of {listed(noted)} carry a note, such as a conflict of interest. Read it first.")
    untested = sorted({_who(one) for found in board.benchmarks for one in found.standings if not one.ties})
    if untested:
        lines.append(f"Not tested item by item on some benchmark: {listed(untested)}.")
    lines.append("Times and costs were measured on the machine of each office and are no comparison of candidates.")
    return lines


def _who(one: Standing) -> str:
    return f"{one.name} ({one.office}{', †' if one.entry.get('notes') else ''})"
