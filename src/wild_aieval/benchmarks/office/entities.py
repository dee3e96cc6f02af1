"""Character entities of patent documents, such as ``&mdash;``, as characters. No entity is ever expanded further."""

from __future__ import annotations

import re
from html.entities import html5

from wild_aieval.benchmarks.office.greek import ISO_GREEK
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError

_PREDEFINED = frozenset({"lt", "gt", "amp", "quot", "apos"})
_MORE = {"fwdarw": "\u2192", "squ": "\u25a1"}
CHARACTERS = {
    **ISO_GREEK,
    **_MORE,
    **{name[:-1]: value for name, value in html5.items() if name.endswith(";")},
}
_REFERENCE = re.compile(
    r"&(?:([A-Za-z][\w.\-]*);|(#(?:\d+|x[0-9A-Fa-f]+);))?|<!(?:\[CDATA\[.*?\]\]|--.*?--)>", re.DOTALL
)
_DECLARED = re.compile(r"<!ENTITY\s+(%\s+)?([^\s%]+)\s+(?:\"[^\"]*\"|'[^']*'|(?:SYSTEM|PUBLIC)\b[^>]*)", re.DOTALL)


def with_characters(text: str, doctype: str, origin: Origin) -> str:
    """``text`` with known character entities as characters; unknown ones, and '&' alone, stay as they are written.

    Raises:
        RecordError: where it uses an entity that the document declares itself: such entities can hold anything.
    """
    if "&" not in text:
        return text
    own = {name for parameter, name in _DECLARED.findall(doctype) if not parameter} if "<!ENTITY" in doctype else set()

    def character(match: re.Match[str]) -> str:
        name = match.group(1)
        if match.group() == "&":
            return "&amp;"
        if name is None or name in _PREDEFINED:
            return match.group()
        known = CHARACTERS.get(name)
        if known is not None:
            return _escaped(known)
        if name in own:
            raise RecordError(
                origin,
                "entity of its own",
                f"uses the entity '&{name};', which the document itself declares; such entities are not expanded, "
                "because they can fetch files or fill the memory. Write its text in place",
            )
        return f"&amp;{name};"

    return _REFERENCE.sub(character, text)


def _escaped(text: str) -> str:
    return "".join(f"&#{ord(one)};" if one in "<>&\"'" else one for one in text)
