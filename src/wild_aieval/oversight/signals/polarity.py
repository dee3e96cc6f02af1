"""Whether a negation was lost: small tables of negating words, by language."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from wild_aieval.oversight.signals.translation import Pair


class _Words(NamedTuple):
    """``negate``: words (or beginnings of words) that negate; ``apart``: phrases with such a word that negate nothing;
    ``perhaps``: words that another language may say with a negation (unsaturated, non saturé).
    """

    negate: re.Pattern[str]
    apart: re.Pattern[str]
    perhaps: re.Pattern[str]


def _table(negate: str, apart: str, perhaps: str) -> _Words:
    return _Words(re.compile(negate), re.compile(apart), re.compile(perhaps))


# Bounds (not more than, nicht mehr als) have ways to be said without a negation (at most, höchstens) and count as none.
_TABLE = {
    "en": _table(
        r"\b(?:not|no|non|none|never|neither|nor|cannot|without)\b|\bnon-?(?=[a-z])|n't\b",
        r"\b(?:not|no) (?:\w+ )?(?:more|less|greater|fewer|higher|lower|larger|smaller|longer|shorter|later|earlier)\b"
        r"|\b(?:seq id |claim |figure )?nos?[.:]? ?\d|\bwhether or not\b|\bor not\b|\bnot only\b"
        r"|\bnon(?:inal|etheless|agon|ane|anoic|yl)\w*",
        r"\bun(?!i[a-z]|der|til\b)[a-z]{3,}|\b(?:in|im|ir|dis)[a-z]{2,}(?:able|ible)\b|\binsol|\binfus|\binact|\binert|\bincombust"
        r"|less\b|-free\b|\bfree (?:of|from)\b"
        r"|\bother than\b|\bonly\b|\bprevent|\bavoid|\black|\babsen|\bdevoid|\bexcept|\bexclu|\bbefore\b|\bfail",
    ),
    "de": _table(
        r"\b(?:nicht|kein|nie\b|niemals|weder|ohne\b|nichts)",
        r"\bnicht (?:\w+ )?(?:mehr|weniger|größer|kleiner|höher|niedriger|länger|kürzer|später|früher)\b|\bnicht nur\b"
        r"|\bohne weiteres\b|\boder nicht\b",
        r"\bun(?!ter|d\b|s\b)[a-zäöüß]{3,}|los(?:e|er|es|en|em)?\b|frei(?:e|er|es|en|em)?\b|\bnur\b|\baußer|\bverhinder"
        r"|\bvermeid|\bfehl|\bbevor\b|\bausgenommen",
    ),
    "fr": _table(
        r"\b(?:ne|non|sans|aucune?|jamais)\b|\bn'",
        r"\bsans fils?\b|\bsans fin\b|\b(?:ne |n')\w+ (?:pas )?(?:plus|moins|que|qu')\b|\bnon seulement\b|\bou non\b"
        r"|\bn'importe\b|\bavant qu[e'].{1,60}?\bn[e']",
        r"\b(?:in|im|ir|dé|dis)[a-zéè]{2,}(?:able|ible)s?\b|\binsatur|\binsol|\binact|\binert|\binfus|\bdésact"
        r"|\bautres? que\b|\bexempt|\bdépourvu|\bseul|\bempêch|\bévit|\babsen|\bmanqu"
        r"|\bexcept|\bsauf\b|\bexclu|\bavant\b|\blibre",
    ),
    "es": _table(
        r"\b(?:no|sin|nunca|jamás|tampoco|ningun[oa]?s?|ningún)\b",
        r"\bno (?:\w+ )?(?:más|menos|mayor|menor|superior|inferior)\b|\bsin (?:hilos?|fin|embargo)\b"
        r"|\bno (?:sólo|solo|solamente)\b|\bno[.:] ?\d|\bo no\b|\bsi no\b",
        r"\b(?:in|im|ir)[a-záéíóú]{2,}(?:able|ible)s?\b|\binsatur|\binsol|\binact|\binert|\binfus|\bdesact|\bimpropi|\binadec"
        r"|\bdistint|\bexcept|\blibres? de\b|\bexent|\bs[óo]lo\b|\bsolamente\b"
        r"|\búnic|\bimpid|\bimped|\bevit|\bausen|\bfalt|\bexclu|\bantes\b|\bcarec",
    ),
    "pt": _table(
        r"\b(?:não|sem|nunca|jamais|tampouco|nem|nenhuma?|nenhuns)\b",
        r"\bnão (?:\w+ )?(?:mais|menos|maior|menor|superior|inferior)\b|\bsem (?:fios?|fim)\b"
        r"|\bnão (?:só|somente|apenas)\b|\bou não\b",
        r"\b(?:in|im|ir)[a-záéíóúâêôãõç]{2,}(?:ável|ível|áveis|íveis)\b|\binsatur|\binsol|\binat|\binert|\binfus|\bdesat"
        r"|\bdiferente|\bexce|\blivres? de\b|\bisent|\bsó\b|\bapenas\b"
        r"|\bsomente\b|\bimped|\bevit|\bausên|\bausen|\bfalt|\bexclu|\bantes\b|\bcarec",
    ),
}


def negation_lost(pair: Pair) -> float | None:
    """``NEGATION_LOST``: 1 where one side negates and the other has nothing that could stand for it.

    A dropped "not" changes everything and no count of numbers shows it; M. Hossain et al., "It's not a non-issue:
    negation as a source of error in machine translation", 2020. One lost among several does not show. None for
    languages without a table.
    """
    source, target = (_TABLE.get(tag.split("-")[0]) for tag in (pair.source_language, pair.target_language))
    if source is None or target is None or source is target:
        return None
    before, after = _read(pair.source, source), _read(pair.output, target)
    return float((before == _SURELY and after == _NOT) or (before == _NOT and after == _SURELY))


_NOT, _PERHAPS, _SURELY = range(3)


def _read(text: str, words: _Words) -> int:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split())
    if words.negate.search(words.apart.sub(" ", plain)):
        return _SURELY
    return _PERHAPS if words.negate.search(plain) or words.perhaps.search(plain) else _NOT
