"""Search by OpenSearch or Elasticsearch: an index that exists, or one that is made of the corpus."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models.http import mapping
from wild_aieval.models.http.asking import ask, entry_by_entry
from wild_aieval.models.http.corpus import Corpus, deliver
from wild_aieval.models.http.exchange import Request
from wild_aieval.models.http.link import Link
from wild_aieval.models.http.mapping import Response
from wild_aieval.models.http.settings import EndpointSettings
from wild_aieval.models.protocols import Workplace, not_identity

_BY_ID = Response(ids="hits.hits[]._id", scores="hits.hits[]._score")


class OpenSearch:
    """One ``_search`` per query: ``multi_match`` over the text fields, filtered by date and family."""

    many_at_once = True

    class Settings(EndpointSettings):
        """Settings of ``kind: opensearch``. ``create``: make the index anew from the corpus before asking.

        Fields: ``text_fields`` are searched (``title^2`` counts twice); ``id_field`` '' is the id of the hit;
        ``date_field`` and ``family_field`` '' are not filtered by. ``analyzer``: of the index that is made.
        """

        kind: Literal["opensearch"]
        index_name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
        create: bool = False
        text_fields: list[str] = Field(["title", "text"], min_length=1)
        id_field: str = ""
        date_field: str = "date"
        family_field: str = "family"
        analyzer: str = "standard"
        longest_query: int = Field(4000, ge=1, description="characters of a query's text that are sent")
        outside_corpus: Literal["error", "leave_out"] = "error"
        batch_size: int = not_identity(200, ge=1)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._link = Link(settings, workplace)
        self._base = f"{settings.url.rstrip('/')}/{quote(settings.index_name)}"
        self._corpus = Corpus([])
        self._watch = workplace.watch
        response = Response(ids=f'hits.hits[]._source."{settings.id_field}"', scores="hits.hits[]._score")
        self._response = response if settings.id_field else _BY_ID

    def facts(self) -> Mapping[str, Any]:
        """Nothing besides the settings; raise ``revision`` when an index that exists has changed."""
        return {}

    def index(self, corpus: Sequence[Document]) -> None:
        """Where ``create`` is set, make the index and send the documents; else only the ids are kept."""
        self._corpus = Corpus(corpus)
        if not self._settings.create:
            return
        self._make()
        size = self._settings.batch_size
        parts = [corpus[start : start + size] for start in range(0, len(corpus), size)]
        requests = [Request("POST", f"{self._base}/_bulk", (), self._lines(part)) for part in parts]
        for data in deliver(self._link, self._settings.name, requests, [len(part) for part in parts], self._watch):
            _all_taken(data, self._settings.name)
        self._must("POST", f"{self._base}/_refresh", {})

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """The best ``k`` documents by the engine's score."""

        def request(numbers: Sequence[int]) -> Request:
            query = queries[numbers[0]]
            return Request("POST", f"{self._base}/_search", (query.id,), self._body(query, k))

        def read(data: Any, numbers: Sequence[int]) -> list[Any]:
            return entry_by_entry([data], self._hits)

        answers = ask(self._link, [[number] for number in range(len(queries))], request, read)
        return self._corpus.within(answers, k, self._settings.outside_corpus)

    def _hits(self, data: Any) -> list[Hit]:
        shards = data.get("_shards") if isinstance(data, Mapping) else None
        if isinstance(shards, Mapping) and shards.get("failed"):
            raise mapping.Misread(f"{shards['failed']} shards of the index did not answer")
        if isinstance(data, Mapping) and data.get("timed_out"):
            raise mapping.Misread("the engine stopped before it had searched everything")
        return mapping.hits(self._response, data)

    def _body(self, query: Query, k: int) -> dict[str, Any]:
        settings = self._settings
        text = query.text[: settings.longest_query]
        clauses: dict[str, Any] = {"must": [{"multi_match": {"query": text, "fields": settings.text_fields}}]}
        excluded: list[Any] = []  # a document without a date counts as old
        if settings.date_field and query.date:
            excluded.append({"range": {settings.date_field: {"gte": query.date}}})
        if settings.family_field and query.family:
            excluded.append({"term": {settings.family_field: query.family}})
        clauses |= {"must_not": excluded} if excluded else {}
        source = [settings.id_field] if settings.id_field else False
        return {"query": {"bool": clauses}, "size": k, "_source": source, "track_total_hits": False}

    def _make(self) -> None:
        """An index of the same name that was made here before is replaced; one of somebody else's is not touched."""
        ours = {"made_by": "wild-aieval"}
        found = self._link.ask([Request("GET", f"{self._base}/_mapping")])[0]
        if not isinstance(found, Failure):
            if mapping.select("*.mappings._meta | [0]", found.data) != ours:
                raise UserError(
                    f"{self._settings.name}: the index '{self._settings.index_name}' exists and was not made by this "
                    "program, so it is not replaced. Name another index_name, or search it with create: false."
                )
            self._must("DELETE", self._base, None)
        texts = {name.partition("^")[0] for name in self._settings.text_fields}
        fields: dict[str, Any] = {name: {"type": "text", "analyzer": self._settings.analyzer} for name in sorted(texts)}
        keywords = (self._settings.family_field, self._settings.id_field)
        fields |= {name: {"type": "keyword"} for name in keywords if name}
        fields |= {self._settings.date_field: {"type": "date"}} if self._settings.date_field else {}
        self._must("PUT", self._base, {"mappings": {"_meta": ours, "properties": fields}})

    def _must(self, method: str, url: str, body: Any) -> None:
        answer = self._link.ask([Request(method, url, (), body)])[0]
        if isinstance(answer, Failure):
            raise UserError(
                f"{self._settings.name}: the index '{self._settings.index_name}' cannot be made: {answer.message}. "
                "Check the rights of the user at the endpoint, then start again."
            )

    def _lines(self, documents: Sequence[Document]) -> str:
        settings = self._settings
        rows: list[dict[str, Any]] = []
        for document in documents:
            rows.append({"index": {"_id": document.id}})
            fields = {"title": document.title, "text": document.text}
            extra = {settings.date_field: document.date, settings.family_field: document.family}
            extra |= {settings.id_field: document.id}
            rows.append(fields | {name: value for name, value in extra.items() if name and value})
        return "".join(json.dumps(row) + "\n" for row in rows)


def _all_taken(data: Any, owner: str) -> None:
    if not isinstance(data, Mapping) or data.get("errors") is not False:
        raise UserError(
            f"{owner}: the endpoint did not take all documents of the corpus: {str(data)[:300]} Nothing was asked. "
            "Mend that (fields of the index, room on its disk), then start again."
        )
