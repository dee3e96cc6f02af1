"""What a program sees of our environment: what any program needs to start, and what the settings name. No more.

Keys of endpoints and passwords of stores lie in the environment. A program that logs or sends on what it sees would
give them away; one that means harm still runs with the user's rights.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

_BASE = """PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_ALL LC_CTYPE TZ TMPDIR TEMP TMP SYSTEMROOT WINDIR COMSPEC
PATHEXT USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES"""


def reduced(names: Iterable[str] = ()) -> dict[str, str]:
    """The basic variables and those named, where they are set."""
    return {name: os.environ[name] for name in (*_BASE.split(), *names) if name in os.environ}
