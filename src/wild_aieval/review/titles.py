"""Titles of IPC symbols, so that a reviewer need not look each symbol up: where a file of them is on this machine."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from wild_aieval.benchmarks import ipc_scheme
from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.titles import read_titles
from wild_aieval.standards import ipc

_RECORD = re.compile(r"^([A-H](?:\d\d(?:[A-Z](?:\d{10})?)?)?)\t(.*)$")


class SchemeTitles:
    """Titles by symbol; none where nothing is installed and no file is named."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    @classmethod
    def here(cls) -> SchemeTitles:
        """Those of the distribution that the extra ``ipc-scheme`` installs, if it is."""
        try:
            return cls(_installed(ipc_scheme.data_file()))
        except UserError:
            return cls({})

    @classmethod
    def of(cls, file: Path) -> SchemeTitles:
        """Those of a CSV, TSV or JSON Lines file with the columns 'symbol' and 'title'."""
        return cls({title.symbol: title.text for title in read_titles(file, "--titles")})

    def path(self, symbol: str) -> tuple[str, ...]:
        """The titles above a symbol and its own, from the section down; those that are known, each once."""
        above = [found for level in ipc.LEVELS if (found := ipc.truncate(symbol, level))]
        return tuple(self._titles[found] for found in dict.fromkeys(above) if found in self._titles)


@functools.lru_cache(maxsize=1)
def _installed(file: Path) -> dict[str, str]:
    titles: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if match := _RECORD.match(line):
            code, title = match.groups()
            titles[ipc_scheme.printed(code) if len(code) == len("A01B0001000000") else code] = title.strip()
    return titles
