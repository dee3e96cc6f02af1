"""Which part of an application asks: all of its text, its title, abstract, first sentence, or first claim.

Title and abstract are those that the benchmark has in columns of their own. So is the first claim; else it is cut
out of the text where that marks its claims: a heading on a line of its own, then numbered paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from wild_aieval.items import Failure, Query

QueryPart = Literal["all", "title", "abstract", "first_sentence", "first_claim"]
Answer = TypeVar("Answer")

_HEADING = re.compile(
    r"^[ \t#*]*(?:claims?|what is claimed(?: is)?|(?:we|i) claim|patentanspr(?:ü|ue)che|anspr(?:ü|ue)che"
    r"|revendications?|reivindicaci(?:ón|ones)|reivindicaç(?:ão|ões)"
    r"|权利要求书?|權利要求書?|請求項|特許請求の範囲|청구범위|청구항)[ \t*]*[:：.]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST = re.compile(
    r"^[ \t]*1[ \t]*[.)．、][ \t]*(?P<claim>.+?)(?=^[ \t]*2[ \t]*[.)．、]|\Z)", re.MULTILINE | re.DOTALL
)
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s+[^\Wa-z\d_])|[。！？]|\Z)", re.DOTALL)


def part_of(query: Query, part: QueryPart) -> str | None:
    """The text of the part; None where the query has no such part."""
    if part == "all":
        return query.text
    if part == "title" or part == "abstract":
        return (query.title if part == "title" else query.abstract).strip() or None
    stripped = query.text.strip()
    if part == "first_sentence":
        found = _SENTENCE.match(stripped)
        return found[0].strip() if found else None
    return " ".join(query.claim.split()) or _marked_claim(stripped)


def _marked_claim(stripped: str) -> str | None:
    heading = _HEADING.search(stripped)
    claim = _FIRST.search(stripped, heading.end()) if heading else None
    return " ".join(claim["claim"].split()) if claim else None


def ask_with(
    queries: Sequence[Query], part: QueryPart, search: Callable[[list[Query]], Sequence[Answer | Failure]]
) -> list[Answer | Failure]:
    """Search with the chosen part of each query; one that has no such part is a ``Failure``, never the whole text."""
    if part == "all":
        return list(search(list(queries)))
    texts = [part_of(query, part) for query in queries]
    asked = [replace(query, text=text) for query, text in zip(queries, texts, strict=True) if text]
    answers = iter(search(asked) if asked else [])
    missing = Failure(f"the query has no {part.replace('_', ' ')} (model.query={part})")
    return [next(answers) if text else missing for text in texts]
