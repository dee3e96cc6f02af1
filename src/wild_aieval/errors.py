"""The one error a user is meant to read."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

from wild_aieval.visible import on_terminal


class UserError(Exception):
    """Wrong input or configuration.

    The text is one readable paragraph: what is wrong, where (file, line or item, field), what was
    expected, what came, and what to do. The door prints it without a traceback and exits with 1.
    What it repeats of a file or an answer may hold control characters: they are written out.
    """

    def __init__(self, text: object = "") -> None:
        super().__init__(on_terminal(str(text)))


class Unavailable(UserError):  # noqa: N818  named for what it says
    """A candidate cannot run on this machine: a package, a program or its weights are not here."""


def no_room(error: BaseException, alone: bool) -> bool:
    """Whether the machine, not the candidate, is at fault: a full disk, or no memory even for one item ``alone``."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return alone and isinstance(error, MemoryError)


def no_memory(error: BaseException | None) -> bool:
    """Whether memory came to its end, at the root of an error that a library made of it."""
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> str:
    """Say which valid names come close to ``word``, or list them all when none does."""
    names = sorted(set(candidates))
    close = difflib.get_close_matches(word, names, n=limit, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return "Valid names: " + ", ".join(names) + "." if names else "There are no valid names here."
