"""Show what is kept to save time; with --unused say what would go, with --yes remove it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wild_aieval.commands.runs import choosing

if TYPE_CHECKING:
    from wild_aieval.operations.caches import Cached


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What goes, and whether it is done."""
    choosing.add_root(parser)
    parser.add_argument("--unused", metavar="AGE", help="what was not read or written for 30d, 12h or 8w; 0d: all")
    parser.add_argument("--kind", metavar="KIND", help="of this kind only, such as embeddings; without it everything "
                        "but datasets, which the hub alone can give again")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="remove; without it nothing is touched")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what there is by kind, or what goes; remove where it is said."""
    import datetime
    import json

    from wild_aieval.errors import UserError, nearest
    from wild_aieval.operations import caches
    from wild_aieval.operations.inventory import scan

    if arguments.yes and arguments.unused is None:
        raise UserError("--yes needs --unused AGE, such as --unused 30d; --unused 0d means everything.")
    root = choosing.root_of(arguments)
    if arguments.kind is not None and arguments.kind not in caches.KINDS:
        raise UserError(f"--kind {arguments.kind}: {nearest(arguments.kind, caches.KINDS)}")
    found = caches.entries(root / "cache")
    going: list[Cached] = []
    if arguments.unused is not None:
        age = datetime.timedelta(days=choosing.days(arguments.unused, "--unused"))
        before = datetime.datetime.now(datetime.UTC) - age
        going = [one for one in found if one.used <= before and _meant(one.kind, arguments.kind)]
    if arguments.yes:
        try:
            caches.remove(going, scan(root))
        except OSError as error:
            raise UserError(f"{error.filename}: cannot be removed ({error.strerror}). Mend its rights.") from None
    if arguments.json:
        print(json.dumps([_plain(one, one in going, arguments.yes) for one in found], ensure_ascii=False, indent=1))
    elif arguments.unused is None:
        _print_kinds(found)
    else:
        _print_going(going, len(found), arguments.yes)
    return 0


def _meant(kind: str, said: str | None) -> bool:
    from wild_aieval.operations.caches import FETCHED

    return kind == said if said else kind != FETCHED


def _plain(one: Cached, goes: bool, done: bool) -> dict[str, object]:
    used = one.used.isoformat(timespec="seconds")
    return {"name": one.name, "bytes": one.bytes, "used": used, "goes": goes, "removed": goes and done}


def _print_kinds(found: Sequence[Cached]) -> None:
    from wild_aieval.operations.caches import KINDS

    for kind in sorted({one.kind for one in found}):
        those = [one for one in found if one.kind == kind]
        total, last = choosing.size(sum(one.bytes for one in those)), max(one.used for one in those)
        print(f"{kind:12} {total:>8} in {len(those):,}, last used {last:%Y-%m-%d}: {KINDS.get(kind, 'not ours')}")
    print(f"{choosing.size(sum(one.bytes for one in found))} in all. What goes is made again when it is needed.")
    if found:
        print("What was not used for a month: python -m wild_aieval runs cache --unused 30d")


def _print_going(going: Sequence[Cached], count: int, done: bool) -> None:
    verb = "removed" if done else "would go"
    for one in going:
        print(f"{verb:8}  {one.name}  {choosing.size(one.bytes)}, last used {one.used:%Y-%m-%d}")
    print(f"{len(going)} of {count} {verb}, {choosing.size(sum(one.bytes for one in going))}.")
    if going and not done:
        print("Nothing was touched. Do it with --yes; what goes is made again when it is needed.")
