"""What stands for items outside their office: the same for all who have the benchmark, nothing to anybody else.

Ids and keys are the HMAC-SHA256 (RFC 2104) under the digest of the benchmark's content. The id of an item is a short
word that could be tried out (a publication number), so it is hashed together with the item's key, which covers all of
its text. Of a guarded benchmark the digest itself stays at home: what travels is a hash of it, by which two offices
see that they measured on the same content.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wild_aieval import confidentiality
from wild_aieval.packed import Keys
from wild_aieval.records.item_statistics import ItemStatistics

_ITEM = b"wild_aieval item of a bundle, 1:"
_CONTENT = b"wild_aieval content of a bundle, 1:"
ID_DIGITS = 32


def salted(found: ItemStatistics, benchmark_digest: str) -> ItemStatistics:
    """The same statistics; ids, keys and clusters are hashed."""
    secret = _ITEM + benchmark_digest.encode("ascii")

    def hashed(kind: str, text: str) -> str:
        return hmac.new(secret, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()

    known = {name: hashed("cluster", name)[:ID_DIGITS] for name in dict.fromkeys(found.clusters or ())}
    pairs = zip(found.item_keys, found.item_ids, strict=True)
    return replace(
        found,
        item_ids=[hashed("id", f"{key}:{name}")[:ID_DIGITS] for key, name in pairs],
        item_keys=Keys(hashed("key", key) for key in found.item_keys),
        clusters=None if found.clusters is None else [known[name] for name in found.clusters],
    )


def shown_digest(benchmark_digest: str, class_name: str | None) -> str:
    """The digest of an open benchmark; of another one its hash, from which the digest cannot be had."""
    if confidentiality.of(class_name).texts:
        return benchmark_digest
    return hashlib.sha256(_CONTENT + benchmark_digest.encode("ascii")).hexdigest()


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of ``results`` of this office, as it stands beside those of others."""
    return {**entry, "digest": shown_digest(entry["digest"], entry.get("confidentiality"))}
