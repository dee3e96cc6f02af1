"""USPTO grants and applications in the text format of its search system (CSS, BRS)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.numbered import from_paragraphs
from wild_aieval.benchmarks.office.publication import Citation, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import edition, printed
from wild_aieval.benchmarks.office.tagged import Line, one, tagged, texts

TEXT = "css_brs"
FORMAT = "US CSS/BRS text"
_DOCUMENT = re.compile(r"([A-Z]{2})\s+(\S+)\s+([A-Z]\d?)$")
_IPC = re.compile(
    r"(?P<version>\d{8}) [AC] \S+ (?P<symbol>\S+) (?P<position>[FL]) (?P<value>[IN]) [BRVD] (?P<office>[A-Z]{2}) "
    r"(?P<origin>[HMG])"
)
_CPC = re.compile(
    r"[A-HY] \S+ (?P<symbol>\S+) (?P<version>\d{8}) (?P<position>[FL]) (?P<value>[IA]) \d{8} (?P<office>[A-Z]{2})"
)
_CITED = re.compile(r"([A-Z]{2}) ([A-Z]*[\d/]+)(?: ([A-Z]\d?))? (\d{8})\b.*?(?:cited by (examiner|applicant|other))?$")
_PHASES = {"examiner": "examination", "applicant": "applicant"}
_DESCRIPTION = re.compile("(?:CRTX|GOTX|PARN|BSTX|DRTX|DETX)$")


def publications(content: bytes, origin: Origin) -> Iterator[Publication]:
    """The one publication of a record."""
    lines = tagged(content, origin)
    document = _DOCUMENT.match(one(lines, "DID"))
    if not document:
        raise RecordError(origin, "no number", f"has no number of the document (DID {one(lines, 'DID')!r})")
    title, description = one(lines, "TTL"), "\n".join(texts(lines, _DESCRIPTION))
    abstract = "\n".join(texts(lines, re.compile("ABPR$")))
    claims = from_paragraphs(texts(lines, re.compile("CLPR$")))
    yield Publication(
        office=document[1],
        number=values.number(document[2], document[1]),
        kind=document[3],
        origin=origin,
        date=values.date(one(lines, "GISD") or one(lines, "PD")),
        language="en",
        application=values.number(one(lines, "APP")),
        filing_date=values.date(one(lines, "AFD")),
        priority=_priority(lines),
        titles={"en": title} if title else {},
        abstracts={"en": abstract} if abstract else {},
        claims={"en": claims} if claims else {},
        descriptions={"en": description} if description else {},
        symbols=tuple(_symbols(lines)),
        citations=tuple(_citations(lines)),
        applicants=tuple(dict.fromkeys(texts(lines, re.compile("AANM$")) or texts(lines, re.compile("ASNM$")))),
    )


def _priority(lines: list[Line]) -> tuple[str, str]:
    """The earliest priority claimed abroad."""
    numbers, dates = (texts(lines, re.compile(name)) for name in ("PRAN$", "PRAD$"))
    found = sorted((values.date(date), number) for number, date in zip(numbers, dates, strict=False))
    return next(((number, date) for date, number in found if date), ("", ""))


def _symbols(lines: list[Line]) -> Iterator[Symbol]:
    for scheme, name, pattern in (("IPC", "IPCG$", _IPC), ("CPC", "CPOG$", _CPC)):
        for text in texts(lines, re.compile(name)):
            if (match := pattern.match(text)) and (symbol := printed(match["symbol"])):
                value = "N" if match["value"] == "A" else match["value"]
                given = match.groupdict().get("origin") or ""
                main = match["position"] == "F"
                yield Symbol(scheme, symbol, main, value, given, edition(match["version"]), match["office"])


def _citations(lines: list[Line]) -> Iterator[Citation]:
    for text in texts(lines, re.compile("(?:URGP|FRGP)$")):
        if match := _CITED.match(text):
            office, number, kind, date, by = match.groups()
            cited = f"{office}{values.number(number, office)}{kind or ''}"
            yield Citation(cited, values.date(date), phase=_PHASES.get(by or "", ""))
