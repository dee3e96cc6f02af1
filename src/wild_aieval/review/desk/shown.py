"""What a page shows of an item. The suggestion is asked for by one function, which wants to see that it is revealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wild_aieval.review.batch import BatchItem
from wild_aieval.review.content import Content, Contents, Suggestion
from wild_aieval.review.desk import marking
from wild_aieval.review.desk.answers import Asked
from wild_aieval.review.desk.marking import Difference, Piece
from wild_aieval.review.desk.progress import Look
from wild_aieval.review.desk.scheme import Scheme, Step
from wild_aieval.review.titles import SchemeTitles
from wild_aieval.standards.languages import is_language_tag

_DEEPEST = "subclass"


@dataclass(frozen=True, slots=True)
class Part:
    """One text under its name: title, text, abstract, claims, source, terms or translation."""

    name: str
    pieces: list[Piece]
    language: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was found, with the passage that has most of the query's words."""

    title: list[Piece]
    passage: list[Piece]
    text: list[Piece]
    name: str
    date: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that may be shown of an item now; what is not revealed is empty."""

    parts: list[Part]
    facts: Mapping[str, str]
    revealed: bool
    symbols: list[list[Step]]
    papers: list[Paper]
    differences: list[Difference]
    words: list[str]

    @property
    def nothing(self) -> bool:
        """Whether the software gave no suggestion."""
        return self.revealed and not (self.symbols or self.papers or any(p.name == "translation" for p in self.parts))


class Shown:
    """The contents of a batch as the desk shows them; nothing is read before it is asked for."""

    def __init__(self, contents: Contents, titles: SchemeTitles) -> None:
        self._contents, self._titles = contents, titles
        self._schemes: dict[tuple[str, str], Scheme] = {}

    def warm(self, item: BatchItem) -> None:
        """Read what all pages need: benchmark, answers, symbols."""
        self._contents.suggestion(item.token)
        self._contents.content(item.token)
        if self._contents.batch.task == "classification":
            self.scheme(item).beginning("A")

    def level(self, item: BatchItem) -> str:
        """The level of the labels, down to which symbols are asked for."""
        return str(self._contents.run.benchmark(item.benchmark).manifest.label_level or _DEEPEST)

    def scheme(self, item: BatchItem) -> Scheme:
        """The scheme of the item's symbols."""
        manifest = self._contents.run.benchmark(item.benchmark).manifest
        return self._scheme(str(manifest.scheme or ""), str(manifest.edition or ""))

    def asked(self, item: BatchItem, look: Look) -> Asked:
        """What a form about the item is held against."""
        task = self._contents.batch.task
        suggestion = self._suggestion(item, look)
        documents = tuple(document.id for document in suggestion.documents)
        suggested = [(symbol.symbol, symbol.score) for symbol in suggestion.symbols]
        level = self.level(item) if task == "classification" else _DEEPEST
        return Asked(task, self.scheme(item), level, documents, suggested)

    def page(self, item: BatchItem, look: Look) -> Page:
        """The page of an item, for somebody who has come as far as ``look``."""
        content, suggestion = self._contents.content(item.token), self._suggestion(item, look)
        parts = [Part(name, marking.plain(text), _language(content)) for name, text in content.texts.items()]
        page = Page(parts, content.facts, look.revealed, [], [], [], [])
        if content.task == "translation" and suggestion.translation:
            return self._translated(item, page, content, suggestion.translation)
        if content.task == "search":
            return _with_papers(page, content, suggestion)
        scheme = self.scheme(item)
        ways = [scheme.way(scheme.valid(symbol.symbol) or symbol.symbol) for symbol in suggestion.symbols]
        return Page(parts, content.facts, look.revealed, ways, [], [], [])

    def _suggestion(self, item: BatchItem, look: Look) -> Suggestion:
        """What the software suggests; an empty one for somebody to whom it is not revealed."""
        return self._contents.suggestion(item.token) if look.revealed else Suggestion(item.token)

    def _translated(self, item: BatchItem, page: Page, content: Content, text: str) -> Page:
        languages = (content.facts.get("source_language", ""), content.facts.get("target_language", ""))
        terms: list[dict[str, Any]] = self._contents.run.row((item.benchmark, item.item_id)).get("terms") or []
        sides = marking.sides(content.texts["source"], text, languages, terms)
        rest = [part for part in page.parts if part.name != "source"]
        two = [Part("source", sides.source, languages[0]), Part("translation", sides.target, languages[1])]
        return Page([*two, *rest], page.facts, True, [], [], sides.differences, [])

    def _scheme(self, name: str, edition: str) -> Scheme:
        if (name, edition) not in self._schemes:
            self._schemes[(name, edition)] = Scheme(name, edition, self._titles)
        return self._schemes[(name, edition)]


def _with_papers(page: Page, content: Content, suggestion: Suggestion) -> Page:
    texts = [f"{document.title} {document.text}" for document in suggestion.documents]
    words = marking.query_words(" ".join(content.texts.values()), texts)
    parts = [Part(name, marking.with_words(text, words), _language(content)) for name, text in content.texts.items()]
    papers = [
        Paper(
            marking.with_words(document.title, words),
            marking.with_words(marking.best_passage(document.text, words), words),
            marking.with_words(document.text, words),
            document.id,
            document.date,
        )
        for document in suggestion.documents
    ]
    return Page(parts, page.facts, page.revealed, [], papers, [], words)


def _language(content: Content) -> str:
    tag = content.facts.get("source_language") or content.facts.get("language") or ""
    return tag if is_language_tag(tag) else ""
