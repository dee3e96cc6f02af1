"""Matplotlib's SVG as it stands inside a page: no prolog, no addresses, names that clash with no other figure's."""

from __future__ import annotations

import re
from html import escape

_TAG = re.compile(r"<[^<>]+>")
_FONT = "font-family:'DejaVu Sans',Verdana,sans-serif;stroke-linejoin:round;stroke-linecap:butt"

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    "style=\"background:#fff;font-family:'DejaVu Sans',Verdana,sans-serif\""
)


def alone(svg: bytes) -> bytes:
    """As a file of its own: it needs its namespaces again, a font, and a ground to be dark on."""
    return svg.replace(b"<svg", _HEAD.encode("ascii"), 1)


def cleaned(svg: str) -> str:
    """Without prolog, comments, metadata, style sheet, namespaces and names that nothing refers to.

    Text and attribute values hold no angle bracket, so what stands between two is a tag.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    used = {name for tag in _TAG.findall(svg) for name in re.findall(r'(?:url\(|href=")#([\w.-]+)', tag)}
    svg = _TAG.sub(lambda found: _tag(found[0], used), svg)
    return re.sub(r">\s+<", "><", svg).strip() + "\n"


def _tag(tag: str, used: set[str]) -> str:
    tag = re.sub(r'\sid="([^"]*)"', lambda found: found[0] if found[1] in used else "", tag)
    tag = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", tag).replace("xlink:href=", "href=")
    return re.sub(r"font-family: [^;\"]*(; )?", "", re.sub(r"\s+", " ", tag))


def inline(svg: bytes, name: str, label: str) -> str:
    """The drawing of a page: ``name`` goes before its inner names, ``label`` says what it shows."""

    def named(found: re.Match[str]) -> str:
        return re.sub(r'(\sid="|url\(#|href="#)', lambda mark: f"{mark[0]}{name}-", found[0])

    text = _TAG.sub(named, svg.decode("utf-8"))
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(label)}" style="{_FONT}"', 1).rstrip()
