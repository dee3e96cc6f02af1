"""Reasons of translation: what the output lost of its source, and whether it reads like a translation at all."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from wild_aieval.metrics import preservation
from wild_aieval.standards import ipc
from wild_aieval.standards.languages import decimal_separator

_CJK = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_NO_SPACES = re.compile(rf"[{_CJK}]")
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_WORD = re.compile(rf"[^\W\d_{_CJK}]{{4,}}")
_NOT_LATIN = frozenset({"zh", "ja", "ko", "th"})
_FEWEST_WORDS = 8  # words of a source from which on the share of those that stand untranslated means something
_LONGEST_LOOP = 12  # words

_PRECEDING = r"(?:preceding|previous|foregoing|above|earlier|prior)"
_VORIGE = (
    r"(?:vorher(?:ge(?:hend|nannt)|ig)|voran(?:gehend|gegangen|stehend)|vorsteh|vorgenannt|vorig|obig|obengenannt)\w*"
)
_ANY_CLAIM = re.compile(
    rf"\b(?:{_PRECEDING} (?:\w+ )?claims?|claims? (?:above|{_PRECEDING})|{_VORIGE} (?:patent)?anspr[uü]ch\w*"
    r"|revendications? (?:pr[eé]c[eé]dentes?|ant[eé]rieures?|ci-dessus|qui pr[eé]c[eè]dent)"
    r"|pr[eé]c[eé]dentes revendications"
    r"|reivindica(?:ci[oó]n(?:es)?|ç[aã]o|ções) (?:anteriore?s?|precedentes?)"
    r"|(?:anteriores|precedentes) reivindica(?:ciones|ções))",
    re.IGNORECASE,
)

_ELEMENT = (
    r"(?:A[cglmrstu]|B[aeikr]?|C[adelorsu]?|D[by]|E[ru]|F[er]?|G[ade]|H[efgo]?|I[nr]?|Kr?|L[aiu]|M[gno]|N[abdeip]?|Os?"
    r"|P[abdort]?|R[behu]|S[bceimnr]?|T[abehil]|U|V|W|Xe|Yb?|Z[nr])"
)
_FORMULA = re.compile(rf"(?<![\w(])(?:{_ELEMENT}\d{{0,3}}|\((?:{_ELEMENT}\d{{0,3}})+\)\d{{1,3}}){{2,}}(?!\w)")
_SEQUENCES = re.compile(
    r"\bSEQ[\s.-]*ID[\s.-]*(?:NOS?|NRN?|NUM|N)?\b[\s.:°o-]*(\d+(?:\s*(?:[,;-]|and|or|to|und|oder|bis|et|ou|à|y|o|a|e)\s*\d+)*)",
    re.IGNORECASE,
)


class Pair(NamedTuple):
    """A source with what the candidate made of it."""

    source: str
    output: str
    source_language: str
    target_language: str


def number_mismatch(pair: Pair) -> float | None:
    """``NUMBER_MISMATCH``: 1 where the numbers differ, each text read by the habit of its language."""
    source, target = map(decimal_separator, (pair.source_language, pair.target_language))
    return _differ(preservation.numbers(pair.source, source), preservation.numbers(pair.output, target))


def unit_mismatch(pair: Pair) -> float | None:
    """``UNIT_MISMATCH``: 1 where the units behind numbers differ."""
    return _differ(preservation.units(pair.source), preservation.units(pair.output))


def reference_sign_mismatch(pair: Pair) -> float | None:
    """``REF_NUMERAL_MISMATCH``: 1 where the reference signs in parentheses differ."""
    return _differ(preservation.reference_signs(pair.source), preservation.reference_signs(pair.output))


def claim_reference_mismatch(pair: Pair) -> float | None:
    """``CLAIM_REF_MISMATCH``: 1 where the numbers of the claims referred to differ."""
    return _differ(preservation.claim_references(pair.source), preservation.claim_references(pair.output))


def dependency_broken(pair: Pair) -> float | None:
    """``CLAIM_DEPENDENCY``: 1 where one side depends on other claims (claim 2, the preceding ones) and one on none."""
    source, output = _depends(pair.source), _depends(pair.output)
    return float(source != output) if source or output else None


def formula_mismatch(pair: Pair) -> float | None:
    """``FORMULA_MISMATCH``: how many chemical formulae (of two elements or more, with a digit) and sequence numbers
    (SEQ ID NO) stand on one side only.
    """
    source, output = _formulae(pair.source), _formulae(pair.output)
    return float(len(source ^ output)) if source or output else None


def length_ratio(pair: Pair) -> float | None:
    """``LENGTH_RATIO``: characters of the longer side for each of the shorter one."""
    ratio = len(pair.output) / len(pair.source) if pair.source and pair.output else 0.0
    return max(ratio, 1 / ratio) if ratio else None


def untranslated(pair: Pair) -> float:
    """``UNTRANSLATED``: the share of the source that stands in the output as it was.

    1 for a copy of more than three words; else the share of its distinct words of four letters or more (from 8 of them
    on), or of output letters in a script that the target language does not use (Chinese, Japanese, Korean, Thai).
    """
    if pair.output.strip() == pair.source.strip():
        return float(len(pair.source.split()) > 3)
    languages = [tag.split("-")[0] for tag in (pair.source_language, pair.target_language)]
    if languages[0] == languages[1]:
        return 0.0
    source, output = (set(_WORD.findall(text.casefold())) for text in (pair.source, pair.output))
    copied = len(source & output) / len(source) if len(source) >= _FEWEST_WORDS else 0.0
    letters = sum(map(str.isalpha, pair.output))
    foreign = len(_NO_SPACES.findall(pair.output)) / letters if letters and languages[1] not in _NOT_LATIN else 0.0
    return max(copied, min(foreign, 1.0))


def repetition(pair: Pair) -> float:
    """``REPETITION``: how often more than in the source some run of 1 to 12 words stands there again at once.

    The loop of a decoder that does not find its end (A. Holtzman et al., "The curious case of neural text
    degeneration", 2020).
    """
    return float(max(0, _loops(pair.output) - _loops(pair.source)))


def terms_missed(pair: Pair, terms: Sequence[Sequence[str]]) -> float:
    """``TERM_MISS``: how many terms of the benchmark's glossary have none of their renderings in the output."""
    return float(preservation.terms_kept(pair.output, terms).count(False))


def _differ(before: Counter[Any], after: Counter[Any]) -> float | None:
    """1 or 0; None where the source has none of it and the output adds none."""
    one: Counter[Hashable] = before
    return None if not one and not after else float(one != after)


def _depends(text: str) -> bool:
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return bool(_ANY_CLAIM.search(plain)) or bool(preservation.claim_references(text))


def _formulae(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", text).translate(str.maketrans("‐‑‒–−", "-----"))
    found = {formula for formula in _FORMULA.findall(plain) if _is_formula(formula)}
    numbers = {number for group in _SEQUENCES.findall(plain) for number in re.findall(r"\d+", group)}
    return found | {f"SEQ ID NO: {int(number)}" for number in numbers if len(number) < 10}


def _is_formula(text: str) -> bool:
    known = any(map(str.isdigit, text)) and len(set(re.findall(_ELEMENT, text))) > 1
    return known and ipc.parse_symbol(text) is None  # F16B is a subclass


def _loops(text: str) -> int:
    tokens = _TOKEN.findall(text.casefold())
    most = 1
    for period in range(1, min(_LONGEST_LOOP, len(tokens) // 2) + 1):
        run = longest = 0
        for before, after in zip(tokens, tokens[period:], strict=False):
            run = run + 1 if before == after else 0
            longest = max(longest, run)
        most = max(most, longest // period + 1)
    return most
