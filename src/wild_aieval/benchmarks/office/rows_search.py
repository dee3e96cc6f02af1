"""Publications as documents and queries of prior-art search: what a publication cites is what it should find."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from wild_aieval.benchmarks.office.choice import Choice, Shown, shown
from wild_aieval.benchmarks.office.join import Joined, family_of, join
from wild_aieval.benchmarks.office.made import Made
from wild_aieval.benchmarks.office.publication import Citation, Publication
from wild_aieval.benchmarks.readers.rows import Row

_ID = re.compile(r"([A-Z]{2})([A-Z]*)0*(\d[\dA-Z]*?)([A-Z]\d?)?$")

_OLD_WO = re.compile(r"WO(\d\d)(\d{5,6})(?:[A-Z]\d?)?$")


def search(publications: Iterable[Publication], choice: Choice) -> Made:
    """Every publication with a text is a document; of each family that cites some of them, the first asks.

    What any member of the family cites counts for its query; documents of the family itself never do.
    """
    made = Made({"corpus": [], "queries": [], "qrels": []}, about={"clusters_are": "family"})
    # A query may hold all its claims; they are needed beside the text.
    held = join(publications, choice.needs | {"abstract", "claims"})
    corpus = Corpus()
    families: dict[str, list[Joined]] = {}
    for joined in held:
        if choice.kinds and not joined.publication.kind.startswith(choice.kinds):
            made.leave(joined, "kind not asked for", f"its kind is '{joined.publication.kind}'.")
            continue
        families.setdefault(family_of(joined.publication), []).append(joined)
        text = shown(joined.publication, choice)
        if text.text or (text := _only_title(joined.publication, choice)).title:
            made.add("corpus", joined, document_row(joined.publication, text))
            corpus.add(joined.publication)
        else:
            made.leave(joined, "no text", "it has no text by the choice and no title.")
    for family, members in families.items():
        _ask(family, members, corpus, choice, made)
    if missing := sum(not joined.publication.family for joined in held):
        made.notes.append(
            f"{missing:,} of {len(held):,} publications name no family; their application numbers stand in for it."
        )
    return made


def document_row(publication: Publication, text: Shown) -> dict[str, Any]:
    """A row of the corpus."""
    return {
        "id": publication.id,
        "title": text.title,
        "text": text.text,
        "language": text.language,
        "office": publication.office,
        "date": publication.date,
        "family": family_of(publication),
    }


def query_row(publication: Publication, text: Shown) -> dict[str, Any]:
    """A query: prior art is what was published before the priority, else the filing, else the publication."""
    claims = publication.claims.get(text.language, ())
    return document_row(publication, text) | {
        "abstract": publication.abstracts.get(text.language, ""),
        "claims": [claim.text for claim in claims],
        "date": publication.priority[1] or publication.filing_date or publication.date,
        "cluster": family_of(publication),
    }


def _only_title(publication: Publication, choice: Choice) -> Shown:
    languages = (choice.language, publication.language, "en", *publication.titles)
    language = next((tag for tag in languages if tag in publication.titles), "")
    allowed = not choice.language or language == choice.language
    return Shown(language, publication.titles.get(language, "") if allowed else "", "")


class Corpus:
    """Documents by office and number, because citations write the kind as they please, or not at all."""

    def __init__(self) -> None:
        self._ids: dict[str, Publication] = {}
        self._numbers: dict[tuple[str, str], list[Publication]] = {}

    def add(self, publication: Publication) -> None:
        """Take a document in."""
        self._ids[publication.id] = publication
        self._numbers.setdefault(_key(f"{publication.office}{publication.number}"), []).append(publication)

    def find(self, cited: str) -> Publication | None:
        """The document of that id; else the earliest of its office and number."""
        if exact := self._ids.get(cited):
            return exact
        same = self._numbers.get(_key(cited), [])
        return min(same, key=lambda one: (one.date or "9999", one.kind), default=None)


def _key(name: str) -> tuple[str, str]:
    """Office and number without kind, zeros in front and separators; 'WO0120063' is 'WO2001020063'."""
    plain = re.sub(r"[^A-Z0-9]", "", name.upper())
    if old := _OLD_WO.match(plain):
        return "WO", f"{'19' if old[1] > '77' else '20'}{old[1]}{old[2]:0>6}"
    match = _ID.match(plain)
    return (match[1], match[2] + match[3]) if match else (plain[:2], plain[2:])


def _ask(family: str, members: list[Joined], corpus: Corpus, choice: Choice, made: Made) -> None:
    judged = _judged(family, members, corpus, choice, made)
    if not judged:
        return
    for joined in sorted(members, key=lambda one: one.publication.date or "9999"):
        text = shown(joined.publication, choice)
        if text.text:
            row = query_row(joined.publication, text)
            made.add("queries", joined, row)
            where = str(joined.origins[0])
            made.parts["qrels"] += [
                Row(where, {"query_id": row["id"], "document_id": document, "grade": grade})
                for document, grade in judged.items()
            ]
            return
    made.leave(members[0], "no text to ask with", "it cites documents of the corpus, but has no text by the choice.")


def _judged(family: str, members: list[Joined], corpus: Corpus, choice: Choice, made: Made) -> dict[str, str]:
    """Cited documents with the highest grade that any citation gives them."""
    found: dict[str, str] = {}
    for joined in members:
        for citation in joined.publication.citations:
            grade = _grade(citation, choice)
            document = corpus.find(citation.id) if grade else None
            if reason := _why_not(citation, document, grade, family, choice):
                made.drop(joined, reason, f"it cites {citation.id}: {reason}.")
            elif document and _weight(grade, choice) > _weight(found.get(document.id, ""), choice):
                found[document.id] = grade
    return found


def _why_not(citation: Citation, document: Publication | None, grade: str, family: str, choice: Choice) -> str:
    if choice.phases and citation.phase not in choice.phases:
        return f"citation of another phase ({citation.phase or 'not said'})"
    if not grade:
        return "citation without a category that counts"
    if document is None:
        return "cited document not in the corpus"
    return "cited document of the own family" if family_of(document) == family else ""


def _grade(citation: Citation, choice: Choice) -> str:
    """The category of the highest grade; ``untyped`` where none counts."""
    known = [letter for letter in citation.categories if letter in choice.grades]
    return max(known, key=lambda letter: choice.grades[letter], default=choice.untyped)


def _weight(grade: str, choice: Choice) -> float:
    if not grade:
        return -1
    return choice.grades.get(grade, int(grade) if grade.isdigit() else 0)
