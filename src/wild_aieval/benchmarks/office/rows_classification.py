"""Publications as rows to classify: texts with their IPC or CPC symbols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wild_aieval.benchmarks.office.choice import Choice, shown
from wild_aieval.benchmarks.office.join import Joined, family_of, join
from wild_aieval.benchmarks.office.made import Made
from wild_aieval.benchmarks.office.publication import Publication, Symbol

_ORIGINS = {"H": "by persons", "M": "propagated", "G": "by software", "": "not said"}


def classification(publications: Iterable[Publication], choice: Choice) -> Made:
    """A row for each publication with a text and a symbol that is a label.

    The notes say who gave the symbols (WIPO ST.8) of all publications that were asked for, labels or not.
    """
    made = Made({"test": []}, about={"scheme": choice.scheme, "clusters_are": "family"})
    origins: Counter[str] = Counter()
    for joined in join(publications, choice.needs):
        if kept := _labels(joined, choice, made, origins):
            _add(joined, choice, kept, made)
    made.notes += _said(origins)
    if origin := choice.label_origin or (next(iter(origins)) if len(origins) == 1 else ""):
        made.about["label_origin"] = origin
    return made


def _labels(joined: Joined, choice: Choice, made: Made, origins: Counter[str]) -> list[Symbol]:
    """The symbols that are labels, the main one first; none where the publication is left out."""
    publication = joined.publication
    if choice.kinds and not publication.kind.startswith(choice.kinds):
        made.leave(joined, "kind not asked for", f"its kind is '{publication.kind}'.")
        return []
    of_scheme = [symbol for symbol in publication.symbols if symbol.scheme == choice.scheme]
    if not of_scheme:
        made.leave(joined, f"no {choice.scheme} symbol", f"it has no symbol of the {choice.scheme}.")
        return []
    origins.update(symbol.origin for symbol in of_scheme)
    kept = [symbol for symbol in of_scheme if choice.label_origin in ("", symbol.origin)]
    if not kept:
        given = ", ".join(sorted({_ORIGINS.get(symbol.origin, symbol.origin) for symbol in of_scheme}))
        made.leave(joined, f"no symbol of origin {choice.label_origin}", f"its symbols were given: {given}.")
    unique = {symbol.symbol: symbol for symbol in sorted(kept, key=lambda symbol: symbol.main)}
    return sorted(unique.values(), key=lambda symbol: not symbol.main)


def _add(joined: Joined, choice: Choice, labels: list[Symbol], made: Made) -> None:
    publication, text = joined.publication, shown(joined.publication, choice)
    if not text.text:
        asked = f" in '{choice.language}'" if choice.language else ""
        made.leave(joined, f"no text{asked}", f"it has none of {', '.join(sorted(choice.needs))}{asked}.")
        return
    fields = {
        "id": publication.id,
        "title": text.title,
        "text": text.text,
        "main": labels[0].symbol if labels[0].main else "",
        "symbols": [symbol.symbol for symbol in labels],
        "language": text.language,
        "office": publication.office,
        "date": publication.date,
        "family": family_of(publication),
        "cluster": family_of(publication),
    }
    made.add("test", joined, fields)


def _said(origins: Counter[str]) -> list[str]:
    total = sum(origins.values())
    if not total:
        return []
    shares = [
        f"{_ORIGINS.get(origin, 'other')}{f' ({origin})' if origin else ''} {count / total:.1%}"
        for origin, count in sorted(origins.items(), key=lambda pair: (-pair[1], pair[0] or "Z"))
    ]
    return [f"Who gave the {total:,} symbols (WIPO ST.8): {', '.join(shares)}."]
