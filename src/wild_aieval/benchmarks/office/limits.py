"""How much a source may hold; beyond that it is refused, with a reason."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of one record; of all members of one archive; bytes out per byte in, where that is checked; members."""

    record: int = 256 * MEBIBYTE
    archive: int = 256 << 30
    ratio: int = 200
    ratio_from: int = 16 * MEBIBYTE
    members: int = 2_000_000


LIMITS = Limits()
