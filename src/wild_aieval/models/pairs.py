"""Language pairs as candidates write them: primary languages joined by a hyphen, ``en-pt``."""

from __future__ import annotations

from collections.abc import Sequence

from wild_aieval.items import Segment


def pair(source_language: str, target_language: str) -> str:
    """``en`` and ``pt-BR`` make ``en-pt``."""
    return f"{source_language.split('-')[0]}-{target_language.split('-')[0]}"


def direction(segment: Segment, pairs: Sequence[str]) -> str:
    """The pair of a segment; ValueError where the candidate does not serve it."""
    wanted = pair(segment.source_language, segment.target_language)
    if wanted not in pairs:
        raise ValueError(f"the pair {wanted} is not served; served: {', '.join(pairs)}")
    return wanted
