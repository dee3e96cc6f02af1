"""Classification symbols of ST.36 and of INID codes: from elements, and from the strings that offices print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wild_aieval.benchmarks.office.publication import Symbol
from wild_aieval.benchmarks.office.text import value
from wild_aieval.benchmarks.office.xml import Element, child, children, descendants, name_of
from wild_aieval.standards.ipc import parse_symbol

_SYMBOL = re.compile(r"\s*(?P<edition>\d{1,2})?\s*([A-HY])\s*(\d\d)\s*([A-Z])\s*(?:(\d{1,4})\s*/\s*(\d{2,6}))?")
_TAIL = re.compile(
    r"\s*(?P<version>\d{8})(?:[ACS ]?(?P<position>[FL ])?(?P<value>[INA ])?"
    r"(?P<action>\d{8})(?:(?P<status>[A-Z ])(?P<origin>[HMG ])(?P<office>[A-Z]{2})?)?)?"
)
_BRACKETS = re.compile(r"\s*\((?P<version>\d{4}\.\d{2})\)\s*(?P<value>[INA])?(?!\w)")
_IPC_NAMES = ("classification-ipcr",)
_CPC_NAMES = ("classification-cpc", "patent-classification")


def printed(section: str, class_: str, subclass: str, group: str = "", subgroup: str = "") -> str:
    """A symbol as offices print it: 'A61B 5/0205'; the subclass where there is no group; '' for what is none."""
    return parse_symbol(f"{section}{class_}{subclass}" + (f"{group}/{subgroup}" if group and subgroup else "")) or ""


def edition(version: str) -> str:
    """The version date 20060101 or 2006-01-01 as '2006.01'; a number such as '07' as '7'."""
    digits = re.sub(r"\D", "", version)
    return f"{digits[:4]}.{digits[4:6]}" if len(digits) >= 6 else digits.lstrip("0")


def invention(letter: str) -> str:
    """I or N; CPC writes A for additional where the IPC writes N."""
    return {"A": "N", "N": "N", "I": "I"}.get(letter.strip(), "")


def from_text(text: str, scheme: str, main: bool = False, version: str = "") -> Symbol | None:
    """From 'H01L  27/146       20060101AFI19970908BHEP', 'G06F015/16', '5C 07H 21/00 A' or 'B03B 5/04 (2006.01)'.

    None for what is no symbol, and for one that its record says is deleted. ``main`` and ``version`` hold where
    the string itself does not say.
    """
    match = _SYMBOL.match(text)
    if not match:
        return None
    symbol = printed(*(part or "" for part in match.groups()[1:]))
    rest = _TAIL.match(text, match.end())
    if rest and match[5]:
        return None if rest["status"] == "D" else _of_record(rest, scheme, symbol, main)
    brackets = _BRACKETS.match(text, match.end())
    if brackets:
        return Symbol(scheme, symbol, main, invention(brackets["value"] or ""), edition=brackets["version"])
    return Symbol(scheme, symbol, main, edition=edition(version) or match["edition"] or "") if symbol else None


def _of_record(rest: re.Match[str], scheme: str, symbol: str, main: bool) -> Symbol:
    position = (rest["position"] or "").strip()
    origin, office = ((rest[name] or "").strip() for name in ("origin", "office"))
    first = position == "F" if position else main
    return Symbol(scheme, symbol, first, invention(rest["value"] or ""), origin, edition(rest["version"]), office)


def from_parts(element: Element, scheme: str) -> Symbol | None:
    """From the elements of ST.36: section, class, subclass, main-group, subgroup and the attributes beside them."""
    parts = [value(element, name) for name in ("section", "class", "subclass", "main-group", "subgroup")]
    symbol = printed(*parts) if all(parts[:3]) else ""
    if not symbol:
        text = child(element, "text")
        return from_text(raw(text), scheme) if text is not None else None
    if value(element, "classification-status") == "D":
        return None
    version = value(element, f"{scheme.lower()}-version-indicator") or value(element, "ipc-version-indicator")
    return Symbol(
        scheme,
        symbol,
        value(element, "symbol-position") == "F",
        invention(value(element, "classification-value")),
        value(element, "classification-data-source"),
        edition(version),
        value(element, "generating-office"),
    )


def raw(element: Element) -> str:
    """The text with its columns as they stand."""
    return "".join(str(part) for part in element.itertext())


def first_is_main(symbols: Iterable[Symbol | None]) -> tuple[Symbol, ...]:
    """Each once; where no position is written, the first of the IPC is the main one, as the IPC Guide has it."""
    found = once(symbols)
    first = next((place for place, one in enumerate(found) if one.scheme == "IPC"), None)
    if first is None or any(one.main for one in found if one.scheme == "IPC"):
        return found
    return (*found[:first], replace(found[first], main=True), *found[first + 1 :])


def once(symbols: Iterable[Symbol | None]) -> tuple[Symbol, ...]:
    """Each symbol once, in order."""
    return tuple(dict.fromkeys(one for one in symbols if one))


def st36_symbols(biblio: Element | None) -> tuple[Symbol, ...]:
    """Symbols of bibliographic data of ST.36, each once, IPC before CPC."""
    return once([*_of_scheme(biblio, "IPC", "classifications-ipcr", _IPC_NAMES), *_old_ipc(biblio)]) + once(
        _of_scheme(biblio, "CPC", "classifications-cpc", _CPC_NAMES)
    )


def _of_scheme(biblio: Element | None, scheme: str, bag: str, names: tuple[str, ...]) -> Iterator[Symbol | None]:
    for holder in children(biblio, bag, *names):
        if name_of(holder) in names:
            yield from_parts(holder, scheme)
        else:
            yield from (from_parts(element, scheme) for element in descendants(holder, *names))


def _old_ipc(biblio: Element | None) -> Iterator[Symbol | None]:
    """``classification-ipc`` with a main and further symbols, or with the parts of one symbol."""
    for element in children(biblio, "classification-ipc"):
        version = value(element, "edition")
        for inner in children(element):
            name = name_of(inner)
            if name.startswith(("main-cl", "further-cl")) or name == "text":
                yield from_text(raw(inner), "IPC", name.startswith("main-cl"), version)
        if child(element, "section") is not None:
            yield from_parts(element, "IPC")


def st32_symbols(biblio: Element | None) -> tuple[Symbol, ...]:
    """Symbols under INID codes as the EPO writes them: B510, B510EP (IPC), B520EP (CPC)."""
    found: list[Symbol | None] = []
    for block in children(biblio, "B510"):
        version = value(block, "B516")
        for inner in children(block, "B511", "B512", "B513"):
            found.append(from_text(raw(inner), "IPC", name_of(inner) == "B511", version))
    for holder_name, name, scheme in (
        ("B510EP", "classification-ipcr", "IPC"),
        ("B520EP", "classification-cpc", "CPC"),
    ):
        for holder in children(biblio, holder_name):
            found.extend(from_parts(element, scheme) for element in descendants(holder, name))
    return once(found)
