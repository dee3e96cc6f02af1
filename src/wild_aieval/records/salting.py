"""Ids and keys of items that mean nothing to who does not have the benchmark, and are the same to all who do.

Each is the HMAC-SHA256 (RFC 2104) of the id under the digest of the benchmark's content: two offices that measured on
the same version of a benchmark can hold item against item, nobody else can find out which items there are.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from wild_aieval.packed import Keys
from wild_aieval.records.item_statistics import ItemStatistics

_PURPOSE = b"wild_aieval item of a bundle, 1:"


def salted(found: ItemStatistics, benchmark_digest: str) -> ItemStatistics:
    """The same statistics; ids, keys and clusters are hashed."""
    secret = _PURPOSE + benchmark_digest.encode("ascii")

    def hashed(kind: str, text: str) -> str:
        return hmac.new(secret, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()

    known = {name: hashed("cluster", name)[:32] for name in dict.fromkeys(found.clusters or ())}
    return replace(
        found,
        item_ids=[hashed("id", name)[:32] for name in found.item_ids],
        item_keys=Keys(hashed("key", key) for key in found.item_keys),
        clusters=None if found.clusters is None else [known[name] for name in found.clusters],
    )
