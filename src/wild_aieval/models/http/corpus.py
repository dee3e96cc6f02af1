"""The corpus of a search endpoint: sent in where that is wanted, and the limit of what may be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit
from wild_aieval.models.http import template
from wild_aieval.models.http.exchange import Request
from wild_aieval.models.http.link import Link
from wild_aieval.models.protocols import Watch

_AT_ONCE = 64  # requests between two looks at the progress


class Indexing(Protocol):
    """What ``send_in`` reads of the settings."""

    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102


class Corpus:
    """The ids of the documents that a benchmark knows."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._ids = {document.id for document in documents}

    def within(self, answers: Sequence[list[Hit] | Failure], k: int, outside: str) -> list[list[Hit] | Failure]:
        """The first ``k`` hits of each answer; ``leave_out``: without documents that the corpus does not hold."""
        return [answer if isinstance(answer, Failure) else self._cut(answer, k, outside) for answer in answers]

    def _cut(self, hits: list[Hit], k: int, outside: str) -> list[Hit]:
        return [hit for hit in hits if outside == "error" or hit.id in self._ids][:k]


def send_in(link: Link, owner: str, settings: Indexing, body: Any, corpus: Sequence[Document], watch: Watch) -> None:
    """Send every document; UserError for the first batch that is not taken, for a search would miss it."""
    values = [template.values_of(document, template.as_listed({})) for document in corpus]
    sent = template.batches(body, values, settings.batch_size)
    requests = [Request(settings.method, settings.url, (), template.fill(body, [values[n] for n in b])) for b in sent]
    deliver(link, owner, requests, [len(batch) for batch in sent], watch)


def deliver(link: Link, owner: str, requests: Sequence[Request], sizes: Sequence[int], watch: Watch) -> list[Any]:
    """The answers' data in order; ``sizes``: documents in each request. UserError for a request that fails."""
    found = []
    with watch(f"{owner} · sending the corpus", sum(sizes)) as advance:
        for start in range(0, len(requests), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            for reply, size in zip(link.ask(requests[part]), sizes[part], strict=True):
                if isinstance(reply, Failure):
                    raise UserError(
                        f"{owner}: the endpoint did not take the documents of the corpus: {reply.message}. Nothing was "
                        "asked. Mend that, then start again, or continue with 'resume'."
                    )
                found.append(reply.data)
                advance(size)
    return found
