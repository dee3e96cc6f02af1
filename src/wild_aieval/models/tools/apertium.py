"""Rule-based translation by Apertium, called as a program (GPL; never linked)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.models.pairs import direction
from wild_aieval.models.protocols import ModelSettings, Workplace, not_identity
from wild_aieval.models.tools.environment import reduced

INSTALL = "apt-get install apertium-eng-spa (Debian and Ubuntu)"


class Apertium:
    """One call per batch: segments are joined by blank lines, because Apertium reads a single line
    break as the middle of a sentence. Unknown words stay as they are.
    """

    class Settings(ModelSettings):
        """Settings of ``kind: apertium``; ``modes`` maps a pair to Apertium's name of it."""

        kind: Literal["apertium"]
        modes: dict[str, str] = Field({"en-es": "eng-spa", "es-en": "spa-eng"})
        pairs: list[str] = Field(["en-es", "es-en"], min_length=1)
        timeout_seconds: float = not_identity(300.0, gt=0)
        program: str = Field("apertium", pattern=r"^[A-Za-z0-9_./-]+$")

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        if unnamed := [pair for pair in settings.pairs if pair not in settings.modes]:
            raise UserError(f"{settings.name}: modes has no entry for {', '.join(unnamed)}. Add Apertium's name of it.")
        if shutil.which(settings.program) is None:
            raise Unavailable(f"The program '{settings.program}' is not installed here. Install it with: {INSTALL}.")
        listed = _said([settings.program, "-l"]).stdout.split()
        missing = [mode for name, mode in settings.modes.items() if name in settings.pairs and mode not in listed]
        if missing:
            raise Unavailable(
                f"Apertium is here, but not its data for {', '.join(missing)}. Install it with: {INSTALL}."
            )

    def facts(self) -> Mapping[str, Any]:
        """The versions of the program and, where dpkg knows them, of lttoolbox and the data of the pairs in use."""
        program = _said([self._settings.program, "-V"])
        facts = {"apertium": (program.stdout + program.stderr).strip().splitlines()[:1]}
        if shutil.which("dpkg-query"):
            query = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "lttoolbox", *self._packages()]
            found = _said(query).stdout
            facts["packages"] = sorted(line for line in found.splitlines() if len(line.split()) == 2)
        return facts

    def _packages(self) -> list[str]:
        """The packages that hold the modes in use: another pair that is installed here changes nothing."""
        modes = sorted({self._settings.modes[name] for name in self._settings.pairs})
        query = ["dpkg-query", "-S", *(f"*/modes/{mode}.mode" for mode in modes)]
        found = _said(query).stdout
        owners = {line.partition(":")[0] for line in found.splitlines() if ": " in line}
        return sorted({name for owner in owners for name in owner.split(", ")})

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """Translate a batch of one pair in one call."""
        if not segments:
            return []
        pairs = {direction(segment, self._settings.pairs) for segment in segments}
        if len(pairs) > 1:
            return [answer for segment in segments for answer in self.translate([segment])]
        texts = [re.sub(r"\s+", " ", segment.text).strip() for segment in segments]
        output = self._run("\n\n".join(texts), self._settings.modes[pairs.pop()])
        parts = [part.strip() for part in output.strip("\n").split("\n\n")]
        if len(parts) == len(segments):
            return [Translation(part) for part in parts]
        if len(segments) == 1:
            return [Translation(" ".join(parts))]
        return [answer for segment in segments for answer in self.translate([segment])]

    def _run(self, text: str, mode: str) -> str:
        done = subprocess.run(
            [self._settings.program, "-u", mode],
            input=text + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=reduced(),
            timeout=self._settings.timeout_seconds,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"apertium {mode} ended with {done.returncode}: {done.stderr.strip()[:200]}")
        return done.stdout


def _said(command: list[str]) -> subprocess.CompletedProcess[str]:
    """What a program says of itself."""
    return subprocess.run(command, capture_output=True, text=True, check=False, env=reduced())
