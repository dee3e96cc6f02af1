"""Write a new benchmark folder: asks for what was not said where somebody sits at the terminal."""

from __future__ import annotations

import argparse
import sys

_ASKED = {
    "task": "Task: classification, translation or search",
    "name": "Name of the folder, such as us-grants",
    "to": "Folder that holds <task>/<name>",
    "title": "Title, one line",
    "contributor": "Who gives the data",
    "licence": "Licence as SPDX identifier, such as CC-BY-4.0 or LicenseRef-our-terms",
}
_PRESUMED = {"to": "benchmarks", "contributor": "unknown", "licence": "unknown"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked for can be given as an option as well."""
    for name, text in _ASKED.items():
        parser.add_argument(f"--{name}", default="", help=text[0].lower() + text[1:])
    parser.add_argument("--description", default="", help="a few sentences for the card")
    parser.add_argument("--language", default="", help="BCP 47 tag of the texts (en)")
    parser.add_argument("--source-language", default="", help="translation: language of the source")
    parser.add_argument("--target-language", default="", help="translation: language of the target")
    parser.add_argument("--office", action="append", default=[], metavar="ST.3", help="office of origin; repeatable")
    parser.add_argument("--confidentiality", default="", help="open, shared-scores or aggregate-only (aggregate-only)")
    parser.add_argument("--yes", action="store_true", help="ask nothing; take what is presumed")
    parser.add_argument("--json", action="store_true", help="print JSON; asks nothing")


def run(arguments: argparse.Namespace) -> int:
    """Ask, write, and say what to do next."""
    import json
    from pathlib import Path

    from wild_aieval.benchmarks import skeleton
    from wild_aieval.errors import UserError

    said = _answers(arguments)
    if missing := [f"--{name}" for name in ("task", "name") if not said[name]]:
        raise UserError(f"benchmark init: say {' and '.join(missing)} as well; 'benchmark init --help' explains them.")
    about = {name: said[name] for name in ("title", "contributor", "licence")}
    about |= {name: getattr(arguments, name) for name in ("description", "language", "confidentiality")}
    pair = {name: said.get(name) or getattr(arguments, name) for name in ("source_language", "target_language")}
    made = skeleton.make(said["task"], said["name"], Path(said["to"]), about | pair | {"offices": arguments.office})
    folder = made.identity.path
    if arguments.json:
        print(json.dumps({"folder": folder, "files": sorted(path.name for path in Path(folder).iterdir())}))
        return 0
    print(f"\n{folder}")
    for path in sorted(Path(folder).iterdir()):
        print(f"  {path.name}")
    print(
        "\nNext:\n"
        "  1. Put your rows in the place of the examples; ids are yours to choose, but each only once.\n"
        "  2. Fill in benchmark.yaml; every field is explained in docs/benchmark-reference.md.\n"
        f"  3. python -m wild_aieval benchmark check {folder}\n"
        f"  4. python -m wild_aieval benchmark card {folder}"
    )
    return 0


def _answers(arguments: argparse.Namespace) -> dict[str, str]:
    """What was said; the rest is asked at a terminal, else presumed."""
    said = {name: str(getattr(arguments, name)) for name in _ASKED}
    asks = sys.stdin.isatty() and not (arguments.yes or arguments.json)
    for name, text in _ASKED.items():
        said[name] = said[name] or (_ask(text, _PRESUMED.get(name, "")) if asks else _PRESUMED.get(name, ""))
    if asks and said["task"] == "translation":
        for name in ("source_language", "target_language"):
            known = getattr(arguments, name)
            said[name] = known or _ask(f"{name.replace('_', ' ').capitalize()}, such as en or pt-BR", "")
    return said


def _ask(text: str, presumed: str) -> str:
    given = input(f"{text}{f' [{presumed}]' if presumed else ''}: ").strip()
    return given or presumed
