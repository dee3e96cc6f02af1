"""Records of one publication as one: texts, symbols, citations and dates may come in several files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from wild_aieval.benchmarks.office.cited import merged
from wild_aieval.benchmarks.office.publication import Origin, Publication, Symbol


@dataclass(frozen=True, slots=True)
class Joined:
    """A publication and where its records stood, in the order of reading."""

    publication: Publication
    origins: tuple[Origin, ...]


def join(publications: Iterable[Publication], needs: frozenset[str]) -> list[Joined]:
    """One for each id, in the order in which ids come first. Parts of the text that are not needed are not held."""
    found: dict[str, Joined] = {}
    for one in publications:
        light = _light(one, needs)
        before = found.get(one.id)
        if before is None:
            found[one.id] = Joined(light, (one.origin,))
        else:
            found[one.id] = Joined(_both(before.publication, light), (*before.origins, one.origin))
    return list(found.values())


def family_of(publication: Publication) -> str:
    """The family of the record; else the application, so that kinds of one document are together; else the document."""
    number = (publication.application or publication.number).removeprefix(publication.office)
    # Without the check digit behind a point, which some records write and others do not.
    return publication.family or publication.office + re.sub(r"[\s/,]", "", number.partition(".")[0])


def _light(one: Publication, needs: frozenset[str]) -> Publication:
    claims = one.claims
    if "claims" not in needs:
        claims = {language: several[:1] for language, several in claims.items()} if "first_claim" in needs else {}
    descriptions = one.descriptions if "description" in needs else {}
    abstracts = one.abstracts if "abstract" in needs else {}
    return replace(one, claims=claims, descriptions=descriptions, abstracts=abstracts)


def _both(first: Publication, second: Publication) -> Publication:
    """What the first says, completed by the second."""
    changes: dict[str, object] = {}
    for name in (field.name for field in fields(Publication)):
        mine, other = getattr(first, name), getattr(second, name)
        if isinstance(mine, Mapping):
            changes[name] = {**other, **mine}
        elif mine in ("", (), ("", "")):
            changes[name] = other
    symbols = _symbols((*first.symbols, *second.symbols))
    return replace(first, **{**changes, "symbols": symbols, "citations": merged((*first.citations, *second.citations))})  # type: ignore[arg-type]


def _symbols(symbols: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Each scheme and symbol once, as the record says it that says who gave it."""
    found: dict[tuple[str, str], Symbol] = {}
    for one in symbols:
        key = (one.scheme, one.symbol)
        before = found.get(key)
        if before is None or (one.origin and not before.origin):
            found[key] = one if before is None else replace(one, main=one.main or before.main)
        elif one.main and not before.main:
            found[key] = replace(before, main=True)
    return tuple(found.values())
