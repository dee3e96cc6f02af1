"""Certify a finished run: how many answers need no priority look, at which share of errors, with which probability."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, the claim, the groups, and where the certificates go."""
    parser.add_argument("run_folder", type=Path, help="a finished run folder; its benchmarks must be at hand")
    parser.add_argument(
        "--alpha", type=float, default=0.05, help="largest share of wrong unflagged items (default: 0.05)"
    )
    parser.add_argument("--delta", type=float, default=0.05, help="probability of a false claim (default: 0.05)")
    parser.add_argument(
        "--error", default="three_guess_miss", help="classification: three_guess_miss (default) or first_guess_miss"
    )
    parser.add_argument("--level", help="classification: section, class, subclass, … (default: the benchmark's)")
    parser.add_argument("--variant", choices=("main", "any"), help="which symbol must be met (default: main if known)")
    parser.add_argument("--by", metavar="KIND", help="certify each office, language, section or year by itself")
    parser.add_argument("--transfer", metavar="KIND", help="hold each group's threshold against every other group")
    parser.add_argument(
        "--candidates", type=int, default=1, help="how many candidates are certified to choose one from"
    )
    parser.add_argument(
        "--outcomes", type=Path, help="JSON lines of human reviews: benchmark, item_id, wrong, reviewer"
    )
    parser.add_argument(
        "--assume-human-labels", action="store_true", help="for experiments: states what the benchmark does not declare"
    )
    parser.add_argument("--out", type=Path, help="file of the certificates (default: certificates.json of the run)")
    parser.add_argument("--ledger", metavar="ADDRESS", help="where the issue is noted (default: the run's own ledger)")
    parser.add_argument("--json", action="store_true", help="print the certificates as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write ``certificates.json`` and ``certificates.html``, print the sentences."""
    from wild_aieval import certifying, confidentiality
    from wild_aieval.confidentiality import certificates, places
    from wild_aieval.errors import UserError
    from wild_aieval.oversight.risk.sequence import Level
    from wild_aieval.records.run_folder import RunFolder
    from wild_aieval.reports import certificates_page, html
    from wild_aieval.review.store import default_ledger

    for name in ("alpha", "delta"):
        if not 0 < (value := getattr(arguments, name)) < 1:
            raise UserError(f"--{name} {value}: expected a share between 0 and 1, such as 0.05.")
    if arguments.candidates < 1:
        raise UserError(f"--candidates {arguments.candidates}: expected 1 or more.")
    folder = RunFolder(arguments.run_folder)
    wish = certifying.Wish(
        level=Level(arguments.alpha, arguments.delta),
        error=arguments.error,
        at=arguments.level,
        variant=arguments.variant,
        by=arguments.by,
        transfer=arguments.transfer,
        candidates=arguments.candidates,
        outcomes=arguments.outcomes,
        assume_human=arguments.assume_human_labels,
    )
    content = certifying.certify(folder, wish)
    file = certifying.write(content, arguments.out or certifying.default_file(folder))
    shown = certificates.shown(content)
    page = certificates_page.write(shown, file)
    if any(not confidentiality.of(one["confidentiality"]).rows for one in content["evidence"]):
        places.close(file)  # it keeps the scores of single items
    _note(content, arguments.ledger or default_ledger(folder.path))
    if arguments.out is None:
        html.write(folder)  # which leads to the page of the certificates
    if arguments.json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(certifying.sentences(shown)))
        print(f"\ncertificates  {file}\npage          {page}")
    return 0


def _note(content: Mapping[str, Any], address: str | Path) -> None:
    """One event for each certificate that allows a claim and is not in the ledger yet."""
    from wild_aieval.oversight.ledger.address import open_ledger

    ledger = open_ledger(address)
    known = {event.payload["certificate"] for event in ledger.events() if event.kind == "certificate.issued"}
    for entry in content["certificates"]:
        if entry["certified"] and entry["id"] not in known:
            payload = {"certificate": entry["id"], "statement": entry["statement"], "valid_until": entry["valid_until"]}
            ledger.append("certificate.issued", "harness", "harness", payload)
