"""From requests to answers per item: a fault of a request is a fault of all its items, one of an entry its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.models.http.exchange import Request, shown
from wild_aieval.models.http.link import Link, Outcome, Reply
from wild_aieval.models.http.mapping import Misread

_REFUSED = re.compile(r"HTTP (400|413|422)\b")
Writer = Callable[[Sequence[int]], Request]
Reader = Callable[[Any, Sequence[int]], list[Any]]


def ask(link: Link, batches: Sequence[Sequence[int]], request: Writer, read: Reader) -> list[Any]:
    """The answer of each item, in the order of the items.

    ``batches``: the numbers of the items of each request, every item in one of them. ``request(numbers)`` is what is
    sent for them. ``read(data, numbers)`` gives an answer or a ``Misread`` for each number, or raises one for all of
    them. A batch that the endpoint refuses as such (400, 413, 422) is asked again item by item, because one item may be
    the cause.
    """
    answers: dict[int, Any] = {}
    alone: list[list[int]] = []

    def take(place: int, outcome: Outcome) -> None:
        answers.update(zip(batches[place], _read(outcome, batches[place], read), strict=True))

    for place, outcome in enumerate(link.ask([request(numbers) for numbers in batches], take)):
        numbers = batches[place]
        if len(numbers) > 1 and isinstance(outcome, Failure) and _REFUSED.match(outcome.message):
            alone += [[number] for number in numbers]
        elif numbers[0] not in answers:  # given up when the endpoint went
            take(place, outcome)
    for numbers, outcome in zip(alone, _again(link, [request(numbers) for numbers in alone]), strict=True):
        answers.update(zip(numbers, _read(outcome, numbers, read), strict=True))
    return [answers[number] for number in range(len(answers))]


def _again(link: Link, requests: Sequence[Request]) -> list[Outcome]:
    """A second round; where the endpoint is gone by then, the answers of the first are kept."""
    try:
        return link.ask(requests)
    except UserError as stop:
        return [Failure(str(stop), unasked=True)] * len(requests)


def entry_by_entry(entries: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
    """Read each entry for itself; the fault of one is in its place."""
    return [entry if isinstance(entry, Misread) else _one(entry, read) for entry in entries]


def _one(entry: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(entry)
    except Misread as fault:
        return fault


def _read(outcome: Outcome, numbers: Sequence[int], read: Reader) -> list[Any]:
    if isinstance(outcome, Failure):
        return [outcome] * len(numbers)
    try:
        found = read(outcome.data, numbers)
    except Misread as fault:
        found = [fault] * len(numbers)
    return [_unreadable(outcome, entry) if isinstance(entry, Misread) else entry for entry in found]


def _unreadable(reply: Reply, fault: Misread) -> Failure:
    return reply.unreadable(f"the answer cannot be read: {fault}: {shown(reply.text)}")
