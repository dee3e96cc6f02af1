"""What stands before the root element of an XML document: declaration, comments, document type. Never evaluated."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
NAME = rb"[A-Za-z_\x80-\xff][\w.:\-\x80-\xff]*+"
_SUBSET = rb"""\[(?>[^\]"'<]++|"[^"]*"|'[^']*'|<!--.*?-->|<\?.*?\?>|<(?!!--|\?))*+\]\s*"""
_DOCTYPE = rb"""<!DOCTYPE(?>[^\[>"']++|"[^"]*"|'[^']*')*+(?:""" + _SUBSET + rb")?>"
_REST = rb"(?>\s++|<\?(?!xml\s).*?\?>|<!--.*?-->|" + _DOCTYPE + rb")*+"
DOCTYPE = re.compile(_DOCTYPE, re.DOTALL)
PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?+\s*+(?:<\?xml\s[^<>]*?\?>)?+" + _REST, re.DOTALL)
ROOT = re.compile(rb"<(" + NAME + rb")(?=[\s/>])")
START_TAG = re.compile(rb"""<[^\s<>/]++(?>[^<>"'/]++|"[^"]*"|'[^']*'|/(?!>))*+(/?)>""")
ENCODING = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][\w.:\-]*)["']""")


def local_name(name: bytes) -> str:
    """The name without its prefix."""
    return name.rpartition(b":")[2].decode("utf-8", "replace")
