"""YAML that would take more memory or time than its size shows: refused before anything is built of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LARGEST = 4 << 20  # bytes
DEEPEST = 40  # mappings and lists within one another
MOST_NODES = 200_000  # after every alias is replaced by what it stands for


def fault(content: bytes) -> str:
    """Why a YAML file is not read, or ''. Syntax is not judged here: the reader says what is wrong with it."""
    import yaml

    if len(content) > LARGEST:
        return (
            f"it has {len(content):,} bytes, and at most {LARGEST:,} are read. Put rows and texts into files of data."
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _grown(yaml.parse(content, Loader=loader))
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return ""


def fault_of(path: Path) -> str:
    """The same for a file, of which no more is read than may be; OSError where it cannot be read."""
    with path.open("rb") as stream:
        return fault(stream.read(LARGEST + 1))


def _grown(events: Any) -> str:
    import yaml

    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []  # anchor of a collection, and how many nodes came before it
    nodes = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, nodes))
            nodes += 1
            if len(open_) > DEEPEST:
                return f"line {_line(event)}: more than {DEEPEST} mappings and lists, nested too deeply."
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor:
                sizes[anchor] = nodes - before
        elif isinstance(event, yaml.AliasEvent):
            if any(event.anchor == anchor for anchor, _ in open_):
                return f"line {_line(event)}: '*{event.anchor}' names what it stands in. Write it out."
            nodes += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
        if nodes > MOST_NODES:
            return (
                f"line {_line(event)}: it stands for more than {MOST_NODES:,} values, those of aliases ('*name') "
                "counted each time. Write it without aliases, and put rows into files of data."
            )
    return ""


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
