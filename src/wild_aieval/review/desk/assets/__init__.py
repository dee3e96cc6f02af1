"""Style and script of the desk, served by itself: nothing comes from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """The text of ``desk.css``, ``desk.js`` or the icon ``desk.svg``."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
