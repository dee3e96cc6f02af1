"""What must survive a translation: numbers, units, reference signs, claim references, terms.

Deterministic checks on NFKC-normalised text. Numbers are read by the habit of each language: 10,000 in
English is 10.000 in Spanish, 2.5 is 2,5. A single separator before exactly three digits groups if it is
the thousands separator of the language; any other single one is decimal, so that 2,5 left in English is
still 2.5. Words are not read: "five" is no number and "per cent" is no unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

_PLAIN = str.maketrans({**dict.fromkeys("‐‑‒–−", "-"), **dict.fromkeys("′’ʹ", "'")})
# A dash that touches the digit is a minus unless it joins two numbers (5-10, 5 -10).
_NUMBER = re.compile(
    r"(?:(?<![^\s(\[<>=≤≥~^])(?<![\d%]\s)-)?"
    r"(?:[1-9]\d{0,2}(?:[ ']\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,]\d+)*|(?<![^\s(])\.\d+)"
)

_SIGN = re.compile(r"[a-z]{0,2}\d+(?:\.\d+)?[a-z]?'*", re.IGNORECASE)
_RANGE = r"(?:\s*-\s*|\s+(?:to|through|a|até|para|hasta|à|bis)\s+)"
_LIST = r"(?:\s*[,;/]\s*|\s*,?\s+(?:and/or|and|or|e/ou|et/ou|y/o|und/oder|und|oder|et|ou|e|y|o|ó|u)\s+)"
_REFERENCE_SIGNS = re.compile(rf"\(({_SIGN.pattern}(?:(?:{_LIST}|{_RANGE}){_SIGN.pattern})*)\)", re.IGNORECASE)
_CLAIM_REFERENCE = re.compile(
    r"\b(?:claims?|reivindicaç(?:ão|ões)|reivindicaci(?:ón|ones)|revendications?|(?:patent)?anspr(?:uchs?|üchen?))"
    rf"\s+(\d{{1,4}}(?!\d)(?:(?:{_LIST}|{_RANGE})\d{{1,4}}(?!\d))*)",
    re.IGNORECASE,
)
_CLAIM_SPAN = re.compile(rf"(\d+)(?:{_RANGE}(\d+))?", re.IGNORECASE)

_UNIT_NAMES = """
    nm μm mm cm dm m km mm2 cm2 dm2 m2 km2 μm2 nm2 mm3 cm3 dm3 m3 μm3 nm3 Å l L ml mL μl μL dl dL
    kg g mg μg ng t Da kDa s s2 ms μs ns min h K Pa hPa kPa MPa GPa mPa bar mbar psi Torr mmHg N kN mN Nm
    W mW kW MW Wh kWh J kJ MJ eV keV MeV V mV kV A mA μA Ah mAh Hz kHz MHz GHz THz Ω mΩ kΩ MΩ
    F μF nF pF H mH μH T mT M mM μM nM mol mmol ppm ppb dB rpm lx lm cd cP bp ‰
"""
_ONE_UNIT = "|".join(
    [r"°\s?[CF]", r"(?:(?:[Ww]t|[Vv]ol|[Mm]ol|Gew)\.?[ -]?)?%", *sorted(_UNIT_NAMES.split(), key=len, reverse=True)]
)
# A hyphen (a 5-mm gap) only before two letters, so that 1-H in a chemical name is no unit.
_UNIT = re.compile(rf"(?<=\d)(?: ?|-(?=[^\W\d_]{{2}}))((?:{_ONE_UNIT})(?:/(?:{_ONE_UNIT})(?![\w°]))?)(?![\w°])(?!'\w)")
# In 20 °C to 70 °C the first unit is as good as absent: many languages write 20 to 70 °C.
_AGAIN = re.compile(
    rf"{_UNIT.pattern}(?=(?:{_RANGE}| (?:and|or|e|ou|y|o|u|et|und|oder) )-?\d+(?:[.,]\d+)* ?\1(?![\w°]))"
)

# Scripts without spaces between words: there a term may touch its neighbours.
_WORD = r"[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"


def numbers(text: str, decimal: str) -> Counter[Decimal]:
    """The numbers of a text with their signs as a multiset, ``decimal`` being '.' or ','.

    >>> sorted(numbers("10.000 g, 2,5 mm", ","))
    [Decimal('2.5'), Decimal('10000')]
    """
    found: Counter[Decimal] = Counter()
    for match in _NUMBER.finditer(_normalise(text)):
        found.update(_readings(match.group(), decimal))
    return found


def reference_signs(text: str) -> Counter[str]:
    """Reference signs in parentheses, such as (12), (3a, 3b), (S10), (12'), as a multiset."""
    groups = _REFERENCE_SIGNS.findall(_normalise(text))
    return Counter(sign for group in groups for sign in _SIGN.findall(group))


def claim_references(text: str) -> Counter[str]:
    """The claim numbers that a claim refers to, in EN, PT, ES, FR or DE; "1 to 3" is 1, 2 and 3."""
    found: Counter[str] = Counter()
    for group in _CLAIM_REFERENCE.findall(_normalise(text)):
        for first, last in _CLAIM_SPAN.findall(group):
            start, end = sorted((int(first), int(last or first)))
            found.update(str(number) for number in range(start, end + 1))
    return found


def units(text: str) -> Counter[str]:
    """Unit symbols that follow a number, as a multiset.

    Every kind of per cent (wt%, Gew.-%) is %; a unit at both ends of a range counts once.
    """
    plain = re.sub(r"(?<=[ms])\^(?=[23])", "", _normalise(text))
    found = (re.sub(r"\s", "", unit).replace("L", "l") for unit in _UNIT.findall(_AGAIN.sub("", plain)))
    return Counter("%" if unit.endswith("%") else unit for unit in found)


def terms_kept(translation: str, terms: Sequence[Sequence[str]]) -> list[bool]:
    """For each glossary term whether one of its allowed renderings is in the text, whatever its case."""
    folded = _fold(translation)
    return [any(_holds(folded, _fold(variant)) for variant in variants) for variants in terms]


def _normalise(text: str) -> str:
    """NFKC with one kind of dash, prime and space; 10⁵ stays apart from 105, 2½ from 21/2, ºC means °C."""
    text = re.sub(r"(?<=\d)(?=[⁰¹²³⁴-⁹⁺⁻])", "^", text)
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    text = re.sub(r"[º˚](?=\s?[CF]\b)", "°", text)
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return re.sub(r"\n\s+", "\n", re.sub(r"[^\S\n]+", " ", text))


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _holds(text: str, term: str) -> bool:
    if not term:
        return False
    before = rf"(?<!{_WORD})" if re.match(_WORD, term) else ""
    after = rf"(?!{_WORD})" if re.match(_WORD, term[-1]) else ""
    return re.search(before + re.escape(term) + after, text) is not None


def _readings(token: str, decimal: str) -> list[Decimal]:
    """One number, or several where the separators are no number's (a list such as 1,2,3)."""
    sign, body = ("-", token[1:]) if token.startswith("-") else ("", token)
    compact = body.replace(" ", "").replace("'", "")
    parts, separators = re.split(r"[.,]", compact), re.findall(r"[.,]", compact)
    if not separators:
        return [Decimal(sign + compact)]
    if len(separators) == 1:
        grouped = compact == body and separators[0] != decimal and _in_thousands(parts)
        return [Decimal(sign + ("" if grouped else ".").join(parts))]
    if len(set(separators)) == 1 and _in_thousands(parts):
        return [Decimal(sign + "".join(parts))]
    if len(set(separators[:-1])) == 1 and separators[-1] != separators[0] and _in_thousands(parts[:-1]):
        return [Decimal(sign + "".join(parts[:-1]) + "." + parts[-1])]
    return [Decimal(sign + parts[0]), *map(Decimal, parts[1:])]


def _in_thousands(parts: Sequence[str]) -> bool:
    """Whether digits between separators read as 1-3 digits, then groups of three (no leading 0)."""
    head, *groups = parts
    return 1 <= len(head) <= 3 and head[0] != "0" and all(len(group) == 3 for group in groups)
