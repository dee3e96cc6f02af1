"""What a benchmark takes from publications, and the text of one publication by that choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wild_aieval.benchmarks.office.publication import Publication
from wild_aieval.standards.citations import DEFAULT_GRADES

PARTS = ("abstract", "claims", "first_claim", "description")
REGISTERS = ("title", "abstract", "claim")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a benchmark takes from publications; '' and () where nothing is asked for.

    ``text``: the parts of the text one below the other; (): the abstract, else the first claim. ``language``: of
    the texts; '': of the publication, else English, else any. ``kinds``: kind codes or their beginnings.
    ``scheme`` and ``label_origin`` (H, M or G): symbols that are labels. ``grades``: categories that count, the
    others and citations without a category being ``untyped`` ('': left out). ``phases``: who cited.
    ``source``, ``target`` and ``registers``: translation.
    """

    text: tuple[str, ...] = ()
    language: str = ""
    kinds: tuple[str, ...] = ()
    scheme: str = "IPC"
    label_origin: str = ""
    grades: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_GRADES))
    untyped: str = "1"
    phases: tuple[str, ...] = ()
    source: str = ""
    target: str = ""
    registers: tuple[str, ...] = REGISTERS

    @property
    def needs(self) -> frozenset[str]:
        """The parts of publications that have to be held."""
        return frozenset(self.text or ("abstract", "first_claim"))


@dataclass(frozen=True, slots=True)
class Shown:
    """The title and text of a publication in one language; ``text`` is '' where it has none of the chosen parts."""

    language: str
    title: str
    text: str


def shown(publication: Publication, choice: Choice) -> Shown:
    """Title and text by the choice."""
    for language in _languages(publication, choice.language):
        if text := _text(publication, choice.text, language):
            return Shown(language, publication.titles.get(language, ""), text)
    return Shown("", "", "")


def closest(wanted: str, found: Mapping[str, object]) -> str:
    """The language in ``found`` that is the wanted one, or differs in further subtags only; '' for none."""
    if not wanted:
        return ""
    lower = wanted.lower()
    near = [tag for tag in found if f"{tag}-".startswith(f"{lower}-") or f"{lower}-".startswith(f"{tag}-")]
    return lower if lower in found else next(iter(near), "")


def _languages(publication: Publication, wanted: str) -> list[str]:
    texts = (publication.abstracts, publication.claims, publication.descriptions, publication.titles)
    found = dict.fromkeys(tag for group in texts for tag in group)
    if wanted:
        return [tag] if (tag := closest(wanted, found)) else []
    return list(dict.fromkeys(tag for tag in (publication.language, "en", *found) if tag in found))


def _text(publication: Publication, parts: tuple[str, ...], language: str) -> str:
    if not parts:
        return _part(publication, "abstract", language) or _part(publication, "first_claim", language)
    return "\n".join(filter(None, (_part(publication, part, language) for part in parts)))


def _part(publication: Publication, part: str, language: str) -> str:
    if part == "abstract":
        return publication.abstracts.get(language, "")
    if part == "description":
        return publication.descriptions.get(language, "")
    claims = publication.claims.get(language, ())
    return "\n".join(claim.text for claim in (claims[:1] if part == "first_claim" else claims))
