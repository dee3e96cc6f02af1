"""What several pages say in the same way: the facts of a benchmark, counts, shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wild_aieval.reports.page import element, facts


def of_benchmark(entry: Mapping[str, Any]) -> str:
    """Task, kind of texts, languages, offices, licence; what is not known is left out."""
    return facts(
        [
            ("Task", entry["task"]),
            ("Texts", "synthetic: invented for testing, no real applications" if entry["synthetic"] else "real"),
            ("Languages", ", ".join(entry.get("languages", ()))),
            ("Offices", ", ".join(entry.get("offices", ()))),
            ("Licence", entry.get("licence", "")),
            ("Use", f"{entry['use']} only" if entry.get("use") else ""),
            ("Contributed by", entry.get("contributor", "")),
            ("Confidentiality", entry["confidentiality"]),
            ("Digest", entry["digest"][:16]),
            ("Revision", entry.get("revision", "")),
        ]
    )


def notes(entry: Mapping[str, Any]) -> list[str]:
    """What a reader must know before the figures, such as a conflict of interest; each an alarm of its own."""
    return [element("p", note["text"], "alarm") for note in entry.get("notes", ())]


def withheld(entry: Mapping[str, Any]) -> list[str]:
    """That figures on few items are left out, where the class of the benchmark asks for it."""
    if not (smallest := entry.get("withheld")):
        return []
    words = f"Figures that rest on fewer than {smallest} items are withheld, and so is what they could be had from."
    return [element("p", f"The benchmark is {entry['confidentiality']}. {words}", "soft")]


def counted(entry: Mapping[str, Any]) -> str:
    """Asked / answered / errors / scored, with a mark where too many are in error."""
    shown = " / ".join(str(entry["counts"][key]) for key in ("asked", "answered", "errors", "scored"))
    return f"{shown} (partial)" if entry["partial"] else shown


def share(flagged: int, asked: int) -> str:
    """Flagged items in per cent of those asked."""
    return f"{100 * flagged / asked:.0f} %" if asked else "none asked"


def duration(seconds: float) -> str:
    """A time in a unit that reads well."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds / size < 1_000 else f"{seconds:,.0f} s"
    return "under 1 µs" if seconds > 0 else "0 s"
