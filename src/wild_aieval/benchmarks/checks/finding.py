"""What a check says: a code, how bad it is, one readable sentence or two, where, and a few examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
EXAMPLES = 5  # shown at most; the message holds the count


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    ``error``: figures on this benchmark would be wrong, or it cannot be read; ``warning``: a person should look before
    it is published; ``note``: worth knowing. ``message`` says what was found, expected and what to do; ``where`` is
    'file', 'file, line N' or 'benchmark.yaml: field'; ``examples`` are lines of text, each with its own place.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "where": self.where,
            "examples": list(self.examples),
        }

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message
