"""Greek letters by the names of ISO 8879 (ISOgrk1), which SGML documents use: ``&agr;``, ``&Dgr;``, ``&ohgr;``."""

from __future__ import annotations

_LETTERS = """
a:α b:β g:γ d:δ e:ε z:ζ ee:η th:θ i:ι k:κ l:λ m:μ n:ν x:ξ o:ο p:π r:ρ s:σ t:τ u:υ ph:φ kh:χ ps:ψ oh:ω
"""
_PAIRS = [pair.split(":") for pair in _LETTERS.split()]
ISO_GREEK = {
    **{f"{stem}gr": letter for stem, letter in _PAIRS},
    **{f"{stem.upper()}gr": letter.upper() for stem, letter in _PAIRS},
    "sfgr": "ς",
}
