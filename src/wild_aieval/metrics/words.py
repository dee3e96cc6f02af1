"""The words that BLEU counts: the tokens that sacreBLEU's 13a makes, of many texts at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

# As mteval-v13a: signs stand alone; a full stop or comma does where no digit stands on one of its sides; a dash after
# a digit does. sacreBLEU's first rule also widens spaces, which changes no token and takes most of its time.
_RULES = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_BETWEEN = " \n "  # no rule looks across a space and a line break


def of_13a(texts: Sequence[str]) -> list[list[str]]:
    """The tokens of each text."""
    if not texts:
        return []
    whole = f" {_BETWEEN.join(map(_line, texts))} "
    for rule, replacement in _RULES:
        whole = rule.sub(replacement, whole)
    return [line.split() for line in whole.split("\n")]


def _line(text: str) -> str:
    line = text.rstrip()
    if "<skipped>" in line or "\n" in line:
        line = line.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in line:
        for entity, sign in _ENTITIES:
            line = line.replace(entity, sign)
    return line
