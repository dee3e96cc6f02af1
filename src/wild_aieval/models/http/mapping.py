"""Reading answers by declaration: JMESPath expressions select what counts, and nothing is guessed.

A path that selects nothing, lists of unequal length, a score that is no finite number: a ``Misread`` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from wild_aieval.items import Hit, Suggestion, Translation

_PROJECTIONS = ("projection", "filter_projection", "value_projection")
NO_SCORE = 0.0  # the confidence is not known, so the review policy has a human look


class Misread(Exception):  # noqa: N818  said of an answer, not of the program
    """Why an answer cannot be read."""


def _expression(path: str) -> str:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(f"'{path}' is no JMESPath expression ({str(error).splitlines()[0]})") from None
    return path


Path = Annotated[str, AfterValidator(_expression)]


class Response(BaseModel):
    """Where in the answer things are. Paths are JMESPath.

    ``items``: the list with an entry for each item of a batch; ``id``: the item's id in such an entry. The other
    paths begin at the entry, or at the whole answer where one item was asked. Classification: ``symbols`` and
    ``scores``; translation: ``translation`` and ``score``; search: ``ids`` and ``scores``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Path | None = Field(None, min_length=1)
    id: Path | None = Field(None, min_length=1)
    symbols: Path | None = None
    scores: Path | None = None
    translation: Path | None = None
    score: Path | None = None
    ids: Path | None = None

    def needed(self, task: str) -> tuple[str, str | None]:
        """The name and the value of the path that the task cannot do without."""
        name = {"classification": "symbols", "translation": "translation", "search": "ids"}[task]
        return name, getattr(self, name)


def suggestions(response: Response, data: Any) -> list[Suggestion]:
    """Symbols, best first where there are scores, else in the order of the answer with the score 0."""
    symbols = _texts(str(response.symbols), data, "symbol")
    scores = _scores(response, data, len(symbols)) or [NO_SCORE] * len(symbols)
    return sorted(map(Suggestion, symbols, scores), key=lambda one: -one.score)


def translation(response: Response, data: Any) -> Translation:
    """The text, and the confidence where a path names it."""
    path = str(response.translation)
    text = select(path, data)
    if text is None:
        raise Misread(f"the path '{path}' selects nothing")
    if not isinstance(text, str):
        raise Misread(f"the path '{path}' selects {_named(text)}, expected one text")
    if not text.strip():
        raise Misread(f"the path '{path}' selects an empty text")
    if response.score is None or (score := select(response.score, data)) is None:
        return Translation(text)
    return Translation(text, _number(score, response.score))


def hits(response: Response, data: Any) -> list[Hit]:
    """Documents, best first where there are scores, else in the order of the answer with the score 1 / rank."""
    path = str(response.ids)
    ids = _texts(path, data, "id", numbers=True)
    scores = _scores(response, data, len(ids)) or [1.0 / rank for rank in range(1, len(ids) + 1)]
    return sorted(map(Hit, ids, scores), key=lambda one: -one.score)


def by_item(response: Response, data: Any, ids: Sequence[str]) -> list[Any]:
    """The entries of a batch in the order of ``ids``.

    Where entries have ids, they are matched by them: a wrong order is put right, a missing item is a ``Misread`` in
    its place, and an unknown or repeated id makes the whole answer unreadable, as does a wrong count without ids.
    """
    entries = select(str(response.items), data) if response.items else data
    if not isinstance(entries, list):
        raise Misread(f"the path '{response.items}' selects {_named(entries)}, expected a list with an entry per item")
    by = response.id
    if by is None:
        if len(entries) != len(ids):
            raise Misread(f"{len(entries)} answers came for {len(ids)} items")
        return list(entries)
    asked, found = set(ids), dict[str, Any]()
    for entry in entries:
        name = select(by, entry)
        key = str(name) if isinstance(name, (str, int)) and not isinstance(name, bool) else None
        if key is None or key not in asked:
            raise Misread(f"an answer came for '{str(name)[:60]}', which was not asked (path '{by}')")
        if key in found:
            raise Misread(f"two answers came for '{key}'")
        found[key] = entry
    return [
        found.get(item, Misread(f"no answer came for this item, {len(entries)} came for {len(ids)}")) for item in ids
    ]


def select(path: str, data: Any) -> Any:
    """What a path selects. A list that it builds entry by entry keeps null where an entry has nothing.

    (JMESPath would leave such entries out, and two lists of one answer would no longer stand side by side.)
    """
    from jmespath.exceptions import JMESPathError

    visit, entries_of, of_entry = _plan(path)
    try:
        entries = visit(entries_of, data)
        if of_entry is None or entries is None:
            return entries
        return [visit(of_entry, entry) for entry in entries]
    except JMESPathError as error:
        raise Misread(f"the path '{path}' does not fit the answer ({str(error).splitlines()[0]})") from None


@lru_cache(maxsize=256)
def _plan(path: str) -> tuple[Callable[[Any, Any], Any], Any, Any]:
    """A function of a syntax tree and data; the tree of the path, or those of its entries and of what is in each."""
    import jmespath
    from jmespath.visitor import TreeInterpreter

    tree: Any = jmespath.compile(path).parsed
    interpreter: Any = TreeInterpreter()
    if tree["type"] not in _PROJECTIONS:
        return interpreter.visit, tree, None
    left, right, *condition = tree["children"]
    same = {"type": "identity", "children": []}
    return interpreter.visit, {**tree, "children": [left, same, *condition]}, right


def _texts(path: str, data: Any, what: str, numbers: bool = False) -> list[str]:
    found = select(path, data)
    if found is None:
        raise Misread(f"the path '{path}' selects nothing")
    entries = found if isinstance(found, list) else [found]
    for place, entry in enumerate(entries, 1):
        if not (isinstance(entry, str) and entry) and not (numbers and type(entry) is int):
            raise Misread(
                f"the path '{path}' selects {_named(entry)} in place {place}, expected the text of the {what}"
            )
    return [str(entry) for entry in entries]


def _scores(response: Response, data: Any, count: int) -> list[float] | None:
    if response.scores is None:
        return None
    found = select(response.scores, data)
    entries = found if isinstance(found, list) else [found]
    if found is None and count:
        raise Misread(f"the path '{response.scores}' selects nothing")
    if found is not None and len(entries) != count:
        raise Misread(
            f"the path '{response.scores}' selects {len(entries)} scores, and there are {count} answers to them"
        )
    return [_number(entry, response.scores) for entry in entries[:count]]


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
        raise Misread(f"the path '{path}' selects {_named(value)}, expected a finite number")
    return float(value)


def _finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _named(value: Any) -> str:
    words = {list: "a list", dict: "a mapping", str: "a text", bool: "a truth value", type(None): "nothing"}
    return f"{words.get(type(value), 'a number')} ({str(value)[:40]})" if value is not None else "nothing"
