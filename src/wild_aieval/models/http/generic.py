"""Any JSON endpoint by declaration: one YAML file, no Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query, Segment, Suggestion, Translation
from wild_aieval.models.http import template
from wild_aieval.models.http.corpus import Corpus, send_in
from wild_aieval.models.http.declared import Asker, Interface
from wild_aieval.models.http.link import Link
from wild_aieval.models.http.mapping import Response
from wild_aieval.models.http.settings import Address, EndpointSettings, Template
from wild_aieval.models.protocols import Workplace, not_identity

Method = Literal["POST", "PUT", "GET"]


class IndexRequest(BaseModel):
    """How documents of the corpus are sent in before the search; ``request`` holds ``for_each_item``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Address
    method: Method = "POST"
    request: Template
    batch_size: int = not_identity(100, ge=1)


class HttpCandidate:
    """Classification, translation or search by the endpoint that the settings describe."""

    many_at_once = True

    class Settings(EndpointSettings):
        """Settings of ``kind: http``; placeholders and lists as in ``template``, paths as in ``mapping``."""

        kind: Literal["http"]
        task: Literal["classification", "translation", "search"]
        method: Method = "POST"
        parameters: Template = Field(default_factory=dict)
        request: Template = None
        response: Response
        batch_size: int = not_identity(1, ge=1)
        language_codes: dict[str, str] = Field(default_factory=dict)
        pairs: list[str] | None = None
        index: IndexRequest | None = None
        outside_corpus: Literal["error", "leave_out"] = "error"

        @property
        def tasks(self) -> tuple[str, ...]:
            """The one task that is described."""
            return (self.task,)

        @model_validator(mode="after")
        def _whole(self) -> HttpCandidate.Settings:
            _check(self)
            return self

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._link = Link(settings, workplace)
        resolved = self._link.secrets.resolved
        interface = Interface(
            settings.task,
            settings.method,
            settings.url,
            resolved(settings.request),
            settings.response,
            resolved(settings.parameters),
            settings.batch_size,
            template.as_listed(settings.language_codes),
        )
        self._asker = Asker(interface, self._link)
        self._index_body = resolved(settings.index.request) if settings.index else None
        self._corpus = Corpus([])
        self._watch = workplace.watch

    def facts(self) -> Mapping[str, Any]:
        """Nothing can be seen from outside; ``revision`` in the settings says which version was asked."""
        return {}

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Suggestions for each document."""
        return self._asker.classify(documents)

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """A translation of each segment."""
        return self._asker.translate(segments)

    def index(self, corpus: Sequence[Document]) -> None:
        """Send the collection in where the settings say how; UserError where the endpoint does not take it."""
        self._corpus = Corpus(corpus)
        settings = self._settings.index
        if settings is not None:
            send_in(self._link, self._settings.name, settings, self._index_body, corpus, self._watch)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """At most ``k`` documents for each query."""
        return self._corpus.within(self._asker.search(queries, k), k, self._settings.outside_corpus)


def _check(settings: HttpCandidate.Settings) -> None:
    where = f"{settings.name}, request"
    if not isinstance(settings.parameters, Mapping):
        raise UserError(
            f"{settings.name}: 'parameters' is no mapping of names to texts. Write parameters: {{q: '{{text}}'}}."
        )
    both = [settings.parameters, settings.request]
    if settings.method == "GET" and settings.request is not None:
        raise UserError(
            f"{settings.name}: method GET sends no 'request'. Write the values under 'parameters', or set POST."
        )
    template.check(both, settings.task, where, settings.batch_size > 1)
    if template.has_list(settings.parameters):
        raise UserError(f"{settings.name}: 'parameters' cannot hold '{template.EACH}'. Write the list into 'request'.")
    name, path = settings.response.needed(settings.task)
    if not path:
        raise UserError(
            f"{settings.name}: response.{name} is missing. It is the JMESPath to the {name} in the endpoint's answer; "
            f"a {settings.task} cannot be read without it."
        )
    if settings.index is None:
        return
    if urlsplit(settings.index.url)[:2] != urlsplit(settings.url)[:2]:
        raise UserError(
            f"{settings.name}: index.url names another host than url, and the headers are meant for one only."
        )
    template.known(settings.index.request, "classification", f"{settings.name}, index.request")
    if not template.has_list(settings.index.request):
        raise UserError(
            f"{settings.name}: index.request holds no '{template.EACH}', so no document would be sent. Write such as "
            f'request: {{documents: {{{template.EACH}: {{id: "{{id}}", text: "{{full_text}}"}}}}}}.'
        )
