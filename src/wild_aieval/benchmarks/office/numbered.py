"""Claims of formats that give a text or paragraphs with the numbers inside."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wild_aieval.benchmarks.office.publication import Claim

_MARK = r"[.．)、:]"
_NUMBER = re.compile(rf"\s*(\d{{1,4}})\s*{_MARK}\s*(?=\D)")


def from_paragraphs(paragraphs: Iterable[str]) -> tuple[Claim, ...]:
    """A paragraph that begins with the next number begins a claim; others go on with it. What precedes claim 1 is none.

    Where nothing is numbered, all is one claim.
    """
    texts = [text for text in (paragraph.strip() for paragraph in paragraphs) if text]
    claims: list[list[str]] = []
    for text in texts:
        match = _NUMBER.match(text)
        if match and int(match.group(1)) == len(claims) + 1:
            claims.append([text[match.end() :].strip()])
        elif claims:
            claims[-1].append(text)
    if not claims and texts:
        claims = [texts]
    return tuple(Claim(str(number), "\n".join(filter(None, lines))) for number, lines in enumerate(claims, 1))


def from_text(text: str) -> tuple[Claim, ...]:
    """As above, where a number may also follow the end of a sentence on the same line."""
    starts: list[int] = []
    position = 0
    while found := re.compile(
        rf"(?:^[ \t]*|(?<=\.)\s*){len(starts) + 1}[ \t]?{_MARK}\s*(?=[^\W\d_])", re.MULTILINE
    ).search(text, position):
        starts.append(found.start())
        position = found.end()
    ends = [*starts[1:], len(text)]
    starts = starts or [0]
    pieces = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return from_paragraphs(" ".join(line.strip() for line in piece.splitlines()) for piece in pieces)


def without_number(text: str, number: str) -> str:
    """The text of a claim without its own number at the beginning."""
    match = _NUMBER.match(text)
    return text[match.end() :].strip() if match and match.group(1).lstrip("0") == number.lstrip("0") else text
