"""An interface by declaration: what is sent for an item or a batch, and where in the answer things are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wild_aieval.items import Document, Failure, Hit, Query, Segment, Suggestion, Translation
from wild_aieval.models.http import mapping, template
from wild_aieval.models.http.asking import ask, entry_by_entry
from wild_aieval.models.http.exchange import Request
from wild_aieval.models.http.link import Link
from wild_aieval.models.http.mapping import Response
from wild_aieval.models.http.template import Codes, as_listed

Read = Callable[[Response, Any], Any]


@dataclass(frozen=True, slots=True)
class Interface:
    """``parameters``: of the address; ``body``: None for none. Secrets in them are filled in already."""

    task: str
    method: str
    url: str
    body: Any
    response: Response
    parameters: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int = 1
    codes: Codes = field(default_factory=lambda: as_listed({}))


class Asker:
    """Puts items to an interface."""

    def __init__(self, interface: Interface, link: Link) -> None:
        self._interface, self._link = interface, link

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Suggestions for each document."""
        return self._ask(self._values(documents), mapping.suggestions)

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """A translation of each segment."""
        return self._ask(self._values(segments), mapping.translation)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Hits for each query, as many as come."""
        return self._ask(self._values(queries, k), mapping.hits)

    def _values(self, items: Sequence[Document | Segment | Query], k: int = 0) -> list[dict[str, Any]]:
        return [template.values_of(item, self._interface.codes, k) for item in items]

    def _ask(self, items: list[dict[str, Any]], read: Read) -> list[Any]:
        interface = self._interface
        batches = template.batches([interface.parameters, interface.body], items, interface.batch_size)
        batched = template.has_list(interface.body)

        def reading(data: Any, numbers: Sequence[int]) -> list[Any]:
            ids = [items[number]["id"] for number in numbers]
            entries = mapping.by_item(interface.response, data, ids) if batched else [data]
            return entry_by_entry(entries, lambda entry: read(interface.response, entry))

        return ask(self._link, batches, lambda numbers: self._request([items[n] for n in numbers]), reading)

    def _request(self, items: Sequence[Mapping[str, Any]]) -> Request:
        interface = self._interface
        parameters = {name: str(value) for name, value in template.fill(dict(interface.parameters), items).items()}
        ids = tuple(str(item["id"]) for item in items)
        return Request(interface.method, interface.url, ids, template.fill(interface.body, items), parameters or None)
