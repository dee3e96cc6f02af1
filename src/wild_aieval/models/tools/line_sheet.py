"""One batch of requests in JSON Lines, and which of the lines that come belongs to which request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wild_aieval.models.json_answers import json_object
from wild_aieval.models.tools.error_output import Mask

_SHOWN = 2_000  # characters of a line that could not be read
_SEPARATOR = "#"


class Reply(NamedTuple):
    """An answer's fields, or a ``fault`` with the ``text`` that came, if any; ``seconds`` of the tool for it."""

    fields: Mapping[str, Any]
    fault: str = ""
    text: str | None = None
    seconds: float = 0.0
    attempts: int = 1


class Sheet:
    """One batch: its lines to send, and the replies that have come by place."""

    def __init__(self, requests: Sequence[Mapping[str, Any]], first: int, mask: Mask) -> None:
        ids = [f"{request['id']}{_SEPARATOR}{first + place}" for place, request in enumerate(requests)]
        lines = [json.dumps({**request, "id": wire}) for wire, request in zip(ids, requests, strict=True)]
        self.text = "".join(f"{line}\n" for line in lines)
        self.replies: dict[int, Reply] = {}
        self.answered = False
        self._places = {wire: place for place, wire in enumerate(ids)}
        self._first, self._mask = first, mask
        self._strays: list[str] = []
        self._lines = 0

    @property
    def complete(self) -> bool:
        """Whether every request has a reply."""
        return len(self.replies) == len(self._places)

    @property
    def full(self) -> bool:
        """Whether as many lines have come as were asked for."""
        return self._lines >= len(self._places)

    def take(self, raw: bytes) -> None:
        """Sort one line in: to its request, or to the lines that belong to none."""
        line = raw.decode("utf-8", "replace").strip()
        text = self._mask(line)
        fields = fields_of(text)
        wire = fields.get("id")
        place = self._places.get(wire) if isinstance(wire, str) else None
        if place is None:
            if not was_used(str(wire), self._first):  # an answer to an earlier batch comes too late for anything
                self._lines += 1
                self._strays.append(text[:_SHOWN])
            return
        self._lines += 1
        if place in self.replies:
            self.replies[place] = Reply({}, "the program answered this item twice", text[:_SHOWN])
        elif text != line or ("\ufffd" in text and b"\xef\xbf\xbd" not in raw):
            what = "the value of an environment variable" if text != line else "bytes that are not UTF-8"
            self.replies[place] = Reply({}, f"the answer holds {what}", text[:_SHOWN])
        else:
            self.replies[place] = Reply(fields, text=text[:_SHOWN])
            self.answered = True

    def close(self) -> None:
        """Say for each request without a reply that none came, and what came instead."""
        missing = [place for place in range(len(self._places)) if place not in self.replies]
        told = f"; lines that belong to no item came instead: {' | '.join(self._strays)[:300]}" if self._strays else ""
        for place in missing:
            text = self._strays[0] if len(missing) == len(self._strays) == 1 else None
            fault = f"no answer with the id of this item came{told}. Standard output is for answers only"
            self.replies[place] = Reply({}, fault, text)


def fields_of(text: str) -> dict[str, Any]:
    """The JSON object on a line; empty where it is none."""
    try:
        return json_object(text)
    except ValueError:
        return {}


def was_used(wire: str, first: int) -> bool:
    """Whether this id belongs to a request of before ``first``."""
    number = wire.rpartition(_SEPARATOR)[2]
    return _SEPARATOR in wire and number.isdecimal() and len(number) < 12 and int(number) < first
