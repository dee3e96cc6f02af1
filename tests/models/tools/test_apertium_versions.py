"""What identifies Apertium: its version and that of the data in use, whatever else is installed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from wild_aieval.models.tools import apertium

INSTALLED = {"lttoolbox": "3.7", "apertium-eng-spa": "0.8", "apertium-por-spa": "1.0"}
OWNERS = {"eng-spa": "apertium-eng-spa", "spa-eng": "apertium-eng-spa", "por-spa": "apertium-por-spa"}


def answered(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
    if command[1] == "-l":
        out = "\n".join(OWNERS)
    elif command[1] == "-V":
        out = "apertium 3.8\n"
    elif command[1] == "-S":
        modes = [pattern.split("/")[-1].removesuffix(".mode") for pattern in command[2:]]
        out = "".join(f"{OWNERS[mode]}: /usr/share/apertium/modes/{mode}.mode\n" for mode in modes)
    else:
        asked = command[4:]
        out = "".join(f"{name} {version}\n" for name, version in INSTALLED.items() if name in asked)
    return subprocess.CompletedProcess(command, 0, out, "")


@pytest.mark.parametrize(
    ("pairs", "packages"),
    [
        (["en-es", "es-en"], ["apertium-eng-spa 0.8", "lttoolbox 3.7"]),
        (["pt-es"], ["apertium-por-spa 1.0", "lttoolbox 3.7"]),
    ],
)
def test_only_the_data_in_use_is_named(
    build: Any, monkeypatch: pytest.MonkeyPatch, pairs: list[str], packages: list[str]
) -> None:
    monkeypatch.setattr(apertium.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(apertium.subprocess, "run", answered)
    modes = {"en-es": "eng-spa", "es-en": "spa-eng", "pt-es": "por-spa"}
    facts = build("apertium", modes=modes, pairs=pairs).facts()
    assert facts == {"apertium": ["apertium 3.8"], "packages": packages}
