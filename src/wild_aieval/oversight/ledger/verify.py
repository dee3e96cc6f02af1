"""Whether a ledger is whole: every line continues the one before, and a head noted elsewhere is still in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger import segments
from wild_aieval.oversight.ledger.address import is_database
from wild_aieval.oversight.ledger.chain import START, Broken, Chain, Fault

_ANCHOR = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. ``fault``: the first broken line, or None. ``events``: how many stand before it."""

    events: int
    first: int
    head: str
    fault: Fault | None
    torn: str = ""

    def lines(self, anchor: str | None = None) -> list[str]:
        """In words."""
        if self.fault:
            return [f"BROKEN. {self.fault}", f"{self.events:,} events before it hold; the last has {self.head}."]
        text = [f"whole: {self.events:,} events, the head is {self.head}"]
        if self.first > 1:
            text.append(f"Events before number {self.first:,} were retired; the chain holds from there on.")
        if self.torn:
            text.append(
                f"{self.torn}: an unfinished line at the end, never acknowledged; the next append puts it aside."
            )
        if anchor:
            text.append("The anchored head is in it: nothing before it was cut away or rewritten.")
        else:
            text.append("Without --anchor, a ledger that was cut at its end or rewritten as a whole looks whole too.")
        return text


def verify(address: str | Path, anchor: str | None = None) -> Verdict:
    """Read all lines; the first that does not hold ends it. ``anchor``: the hash of an event that must be there."""
    if anchor is not None and not _ANCHOR.fullmatch(anchor):
        raise UserError(f"--anchor {anchor}: a head is 64 hexadecimal digits. Copy all of it from where it was noted.")
    chain, seen, torn, count = Chain(), {START}, "", 0
    try:
        for where, raw in _lines(address):
            if not raw.endswith(b"\n"):
                torn = where
                continue
            seen.add(chain.read(raw, where).hash)
            count += 1
        chain.complete(str(address))
        if anchor is not None and anchor not in seen | chain.retired:
            raise Broken(
                _shown(address), "anchor", f"no event has the hash {anchor}: it was cut off, or all was rewritten"
            )
    except Broken as broken:
        return Verdict(count, chain.first, chain.head, broken.fault, torn)
    return Verdict(count, chain.first, chain.head, None, torn)


def _shown(address: str | Path) -> str:
    from wild_aieval.addresses import redacted

    return redacted(str(address))


def _lines(address: str | Path) -> Iterator[tuple[str, bytes]]:
    if is_database(address):
        from wild_aieval.oversight.ledger.database import DatabaseLedger

        yield from DatabaseLedger(str(address)).lines()
        return
    path = Path(address).expanduser()
    numbers = segments.existing(path)
    if not numbers:
        raise UserError(f"{path}: there is no ledger here. Give its file, or the run folder that holds it.")
    for number in numbers:
        file = segments.segment(path, number)
        content = file.read_bytes()
        yield from segments.whole_lines(content, file)
        if not content.endswith(b"\n") and content:
            yield str(file), content[content.rfind(b"\n") + 1 :]
