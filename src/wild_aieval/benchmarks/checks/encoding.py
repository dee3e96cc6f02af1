"""Characters that came to harm on the way: replaced, decoded wrongly, invisible."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wild_aieval.benchmarks.checks.finding import Finding, Severity
from wild_aieval.benchmarks.checks.subject import Hits, Subject, around, many

_REPLACED = re.compile(r"\ufffd|(?<=[^\W\d_])\?(?=[^\W\d_]{2})")
# Two bytes of UTF-8 read as Latin-1 or Windows-1252: 'Ã©' for 'é', 'Â°' for '°'; three bytes: 'â€™' for an apostrophe.
_SECOND = (
    "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e"
    "\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
)
_MOJIBAKE = re.compile(rf"[ÂÃ][{_SECOND}]|â[\u0080-\u0089€‚ƒ„…†‡ˆ‰][{_SECOND}]|(?:[ÐÑÎÏ][{_SECOND}]){{3,}}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\U000e0000-\U000e007f]")
_MARKUP = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,5}|#x[0-9a-f]{2,5});"
    r"|</?(?:p|b|i|u|br|sub|sup|div|span|claim-text)\b[^<>]*>",
    re.I,
)


def replaced_characters(subject: Subject) -> Iterator[Finding]:
    """``encoding-replaced``: U+FFFD, or a question mark inside a word, in the place of a character that is lost."""
    what, remedy = "a sign in the place of a lost character", "Export it again as UTF-8."
    yield from _found(subject, _Fault(_REPLACED, "encoding-replaced", what, remedy))


def mojibake(subject: Subject) -> Iterator[Finding]:
    """``encoding-mojibake``: UTF-8 that was read as Windows-1252, such as 'Ã©' for 'é', with what was meant.

    Only sequences that decode to Latin-1 letters and signs, to general punctuation, or to three Greek or Cyrillic
    letters in a row count, so that 'Å²' (square ångström) or 'É»' do not.
    """
    remedy = "Decode the file as UTF-8 before it is written."
    yield from _found(
        subject, _Fault(_MOJIBAKE, "encoding-mojibake", "wrongly decoded characters", remedy, meant=mended)
    )


def control_characters(subject: Subject) -> Iterator[Finding]:
    """``encoding-control``: control characters other than tab and line breaks."""
    yield from _found(subject, _Fault(_CONTROL, "encoding-control", "a control character", "Take it out."))


def invisible_characters(subject: Subject) -> Iterator[Finding]:
    """``encoding-invisible``: zero width, direction overrides, tags, private use: a tool sees what no reader does."""
    what = "an invisible or private character"
    yield from _found(subject, _Fault(_INVISIBLE, "encoding-invisible", what, "Take it out."))


def markup(subject: Subject) -> Iterator[Finding]:
    """``text-markup``: entities and tags of HTML or XML that were not resolved."""
    remedy = "Resolve entities and take tags out."
    yield from _found(subject, _Fault(_MARKUP, "text-markup", "markup", remedy, "note"))


def mended(text: str) -> str:
    """What a wrongly decoded piece of text was meant to be, or ''.

    >>> mended("Ã©"), mended("â€™")
    ('é', '’')
    """
    raw = b"".join(sign.encode("latin-1" if sign < "\u0100" else "cp1252", "ignore") for sign in text)
    return raw.decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is looked for, and what is said of it; ``meant`` tells what a piece should have been, '' for no fault."""

    pattern: re.Pattern[str]
    code: str
    what: str
    remedy: str
    severity: Severity = "warning"
    meant: Callable[[str], str] | None = None


def _found(subject: Subject, fault: _Fault) -> Iterator[Finding]:
    hits = Hits()
    for where, _, name, field, text, _ in subject.texts():
        match = fault.pattern.search(text)
        meant = fault.meant(match.group()) if match and fault.meant else ""
        if match is None or (fault.meant and not meant):
            continue
        likely = f" for '{meant}'" if meant else ""
        signs = ", ".join(f"U+{ord(sign):04X}" for sign in match.group()[:4])
        hits.add(
            where, f"'{name}', {field}, position {match.start() + 1}: {around(text, *match.span())} ({signs}{likely})"
        )
    message = f"{many(hits.count, 'text holds', 'texts hold')} {fault.what}: {hits.first}. {fault.remedy}"
    yield from hits.finding(fault.code, fault.severity, message)
