"""USPTO grants of 1976 to 2001, APS text ("green book"): a name in columns 1 to 4, content from column 6."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.numbered import from_paragraphs
from wild_aieval.benchmarks.office.publication import Citation, Origin, Publication
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import older_ipc
from wild_aieval.benchmarks.office.tagged import Line, one, section, tagged, texts

TEXT = "greenbook"
FORMAT = "US green book"
_KINDS = {"1": "A", "2": "E", "4": "S", "5": "I", "6": "P", "7": "H"}
_SECTION = re.compile(
    "(?:PATN|INVT|ASSG|RLAP|REIS|CLAS|UREF|FREF|OREF|LREP|PCTA|PRIR|ABST|GOVT|PARN|BSUM|DRWD|DETD|CLMS|DCLM)$"
)
_PARAGRAPHS = re.compile(r"PA[\dRCL]$")
_CODES = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "GAMMA": "Γ", "DELTA": "Δ", "THETA": "Θ", "LAMBDA": "Λ",
    "PI": "Π", "SIGMA": "Σ", "PHI": "Φ", "PSI": "Ψ", "OMEGA": "Ω", "degree": "°", "times": "×", "+-": "±",
    "gtoreq": "≥", "ltoreq": "≤", "noteq": "≠", "about": "~", "fwdarw": "→", "infin": "∞", "sub": "", "sup": "",
}  # fmt: skip
_CODE = re.compile(r"\.(" + "|".join(re.escape(code) for code in sorted(_CODES, key=len, reverse=True)) + r")\.")


def publications(content: bytes, origin: Origin) -> Iterator[Publication]:
    """The one publication of a record."""
    lines = tagged(content, origin)
    parts = section(lines, _SECTION)
    head = parts["PATN"][0]
    number = one(head, "WKU")[:8].replace(" ", "")
    if not number:
        raise RecordError(origin, "no number", "has no WKU, the number of the patent")
    classes = [line for part in parts.get("CLAS", []) for line in part]
    claims = [line for name in ("CLMS", "DCLM") for part in parts.get(name, []) for line in part]
    priorities = sorted((values.date(one(part, "APD")), one(part, "APN")) for part in parts.get("PRIR", []))
    description = "\n".join(_text(parts, "PARN", "GOVT", "BSUM", "DRWD", "DETD"))
    abstract = "\n".join(_text(parts, "ABST"))
    title = _plain(one(head, "TTL"))
    found = from_paragraphs(_plain(text) for text in texts(claims, _PARAGRAPHS))
    yield Publication(
        office="US",
        number=values.number(number, "US"),
        kind=_KINDS.get(one(head, "APT"), ""),
        origin=origin,
        date=values.date(one(head, "ISD")),
        language="en",
        application=f"{one(head, 'SRC').zfill(2)}{one(head, 'APN')[:6]}".strip(),
        filing_date=values.date(one(head, "APD")),
        priority=next(((number, date) for date, number in priorities if date), ("", "")),
        titles={"en": title} if title else {},
        abstracts={"en": abstract} if abstract else {},
        claims={"en": found} if found else {},
        descriptions={"en": description} if description else {},
        symbols=older_ipc(texts(classes, re.compile("ICL$")), one(classes, "EDF")),
        citations=tuple(_citations(parts)),
        applicants=tuple(filter(None, (one(part, "NAM") for part in parts.get("ASSG", [])))),
    )


def _text(parts: dict[str, list[list[Line]]], *names: str) -> list[str]:
    lines = [line for name in names for part in parts.get(name, []) for line in part]
    return [_plain(text) for text in texts(lines, _PARAGRAPHS)]


def _citations(parts: dict[str, list[list[Line]]]) -> Iterator[Citation]:
    for name, otherwise in (("UREF", "US"), ("FREF", "")):
        for part in parts.get(name, []):
            office = one(part, "CNT")[:2] or otherwise
            number = values.number(one(part, "PNO"), office)
            if office and number:
                yield Citation(f"{office}{number}", values.date(one(part, "ISD")))


def _plain(text: str) -> str:
    """Codes such as '.alpha.' as characters; marks of raised and lowered characters are dropped."""
    return _CODE.sub(lambda match: _CODES[match.group(1)], text)
