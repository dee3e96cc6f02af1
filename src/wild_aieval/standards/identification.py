"""The language of a text, told offline."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

LETTERS = 60  # letters from which on a language is told
RULED_OUT = 0.005  # probability of the stated languages together, below which they are not those of the text
READ = 600  # characters that are read of a text
_NEAR = ({"no", "nb", "nn", "da"}, {"hr", "bs", "sr"}, {"id", "ms"}, {"cs", "sk"})


def other_language(text: str, stated: Sequence[str]) -> tuple[str, float] | None:
    """The language of a text and its probability, where the stated ones are ruled out.

    By py3langid: M. Lui and T. Baldwin, "langid.py", ACL 2012; its model lies in the package, nothing is fetched.
    """
    sample = text[:READ]
    if sum(map(str.isalpha, sample)) < LETTERS:
        return None
    tags = {tag.split("-")[0] for tag in stated}
    model = _model()
    if not tags <= set(model.labels):
        return None
    ranked: list[tuple[str, float]] = model.rank(sample)
    found, probability = ranked[0]
    near = next((group for group in _NEAR if found in group), {found})
    if tags & near or sum(share for tag, share in ranked if tag in tags) >= RULED_OUT:
        return None
    return found, float(probability)


@functools.cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
