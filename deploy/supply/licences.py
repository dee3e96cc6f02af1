"""Licences of what is installed with the project, held against ``licences.yaml``.

Exit code 1 where a package has a licence that the policy does not know, or an exception is no longer needed.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from installed import closure

POLICY = Path(__file__).with_name("licences.yaml")
_CLASSIFIER = "License :: "


def main() -> int:
    """Print the table of licences and what is against the policy."""
    policy = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    found = closure(policy["extras"])
    faults, counts = held_against(policy, {name: stated(one) for name, one in found.items()})
    for licence, number in counts.most_common():
        print(f"{number:4}  {licence}")
    print(f"{len(found)} packages, {len(policy['exceptions'])} exceptions, {len(faults)} against the policy.")
    for fault in faults:
        print(f"licences: {fault}", file=sys.stderr)
    return 1 if faults else 0


def held_against(policy: Mapping[str, Any], licences: Mapping[str, str]) -> tuple[list[str], Counter[str]]:
    """What is against the policy, and how many packages have which licence."""
    allowed, called = set(policy["allowed"]), {_key(text): licence for text, licence in policy["called"].items()}
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for name, text in licences.items():
        exception = policy["exceptions"].get(name)
        licence = exception["licence"] if exception else called.get(_key(text), text)
        counts[f"{licence} (exception)" if exception else licence] += 1
        if exception and exception["states"] != text[:80]:
            faults.append(f"{name} now states '{text[:80]}', not '{exception['states']}'. Look at the exception again.")
        elif not exception and not _allowed(licence, allowed):
            faults.append(
                f"{name}: '{text[:80] or 'no licence is stated'}' is not allowed by {POLICY.name}. Read its licence; "
                "then add a name under 'called', a licence under 'allowed', an exception with its reason, or drop the "
                "package."
            )
    gone = sorted(set(policy["exceptions"]) - set(licences) - set(policy["optional"]))
    return faults + [f"the exception for {name} is not needed any more." for name in gone], counts


def stated(distribution: metadata.Distribution) -> str:
    """What a package says of its licence: the expression, else classifiers, else the first line of the field."""
    fields = distribution.metadata
    if expression := fields.get("License-Expression"):
        return str(expression).strip()
    classifiers = [text for text in fields.get_all("Classifier") or () if text.startswith(_CLASSIFIER)]
    named = [text.rpartition(" :: ")[2] for text in classifiers if not text.endswith("OSI Approved")]
    field = str(fields.get("License") or "").strip().splitlines()
    if named and not (field and len(field) == 1 and len(field[0]) < 40 and "and" in field[0].lower()):
        return " AND ".join(sorted(set(named)))
    return field[0].strip() if field else ""


def _allowed(licence: str, allowed: set[str]) -> bool:
    """An expression is allowed where one side of each OR is, and every part of each AND."""
    text = licence.replace("(", " ").replace(")", " ")
    return all(
        any(part.strip() in allowed for part in re.split(r"\s+OR\s+", part_of_and, flags=re.IGNORECASE))
        for part_of_and in re.split(r"\s+AND\s+", text, flags=re.IGNORECASE)
    )


def _key(text: str) -> str:
    return " ".join(text.lower().split())


if __name__ == "__main__":
    raise SystemExit(main())
