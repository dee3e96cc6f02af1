"""Symbols that were probably meant."""

from __future__ import annotations

import pytest

from wild_aieval.standards import ipc
from wild_aieval.standards.ipc_likely import likely


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("A6lB 3-02", ["A61B 3/02"]),
        ("A61B 5/O2", ["A61B 5/02"]),
        ("8O1D 3/00", ["B01D 3/00"]),
        ("A62B 18-10", ["A62B 18/10"]),
        ("A61B5:02", ["A61B 5/02"]),
        ("A61B0005020500", ["A61B 5/0205"]),
        ("A61B 005/02", ["A61B 5/02"]),
        ("A61B 5/2", ["A61B 5/02", "A61B 5/20"]),
        ("A61B 5/020", ["A61B 5/02"]),
        ("A1B 3/00", ["A01B 3/00"]),
        ("a6ib", ["A61B"]),
        ("A61B 5", ["A61B 5/00"]),
        ("G11B/85", ["G11B"]),
        ("H04Q 7/38", ["H04Q"]),
        ("G06F17.30", ["G06F 17/00"]),
        ("A61B 5/0205", ["A61B 5/0205"]),
        ("nothing", []),
        ("", []),
    ],
)
def test_likely_symbols(given: str, expected: list[str]) -> None:
    assert likely(given, ipc.valid_symbols()) == expected
