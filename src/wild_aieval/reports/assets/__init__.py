"""Style and script of the pages, as files of their own."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """The text of ``page.css`` or ``explorer.js``, line ends as the page writes them."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def script_source(script: str) -> str:
    """How a Content-Security-Policy names this very script and no other."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
