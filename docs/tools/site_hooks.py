"""What the site does that GitHub does by itself, and pages for files elsewhere in the repository that pages link to."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

REPOSITORY = Path(__file__).resolve().parents[2]
OUTSIDE = re.compile(r"\]\(((?:\.\./)+)([^)#]+)(#[^)]*)?\)")
RELATIVE = re.compile(r"\]\((?!\w+:|#)([^)#]+)(#[^)]*)?\)")
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".py": "python", ".sh": "bash", ".toml": "toml", ".json": "json"}


def on_files(files: Files, config: Any) -> Files:
    """A page ``repository/PATH`` for each file outside of docs/ that a page links to."""
    for page in [file for file in files if file.src_uri.endswith(".md")]:
        text = Path(page.abs_src_path or "").read_text(encoding="utf-8")
        for match in OUTSIDE.finditer(text):
            inside = _inside(page.src_uri, match[1] + match[2])
            if inside is None and (place := _outside(page.src_uri, match[1] + match[2])):
                target = _page(place)
                if files.get_file_from_path(target) is None:
                    files.append(File.generated(config, target, content=_content(place)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to those pages, and the few places where Python-Markdown wants other white space than GitHub."""
    return _white_space(OUTSIDE.sub(lambda match: _link(match, page.file.src_uri), markdown))


def _link(match: re.Match[str], page: str) -> str:
    address = match[1] + match[2]
    place = _outside(page, address) if _inside(page, address) is None else None
    if place is None:
        return match[0]
    up = "../" * page.count("/")
    return f"]({up}{_page(place)})"


def _inside(page: str, address: str) -> str | None:
    """The page of docs/ that an address means; None where it leads out of docs/."""
    place = (REPOSITORY / "docs" / PurePosixPath(page).parent / address).resolve()
    docs = REPOSITORY / "docs"
    return str(place.relative_to(docs)) if place.is_relative_to(docs) else None


def _outside(page: str, address: str) -> Path | None:
    """The file of the repository that an address means; None where there is none, which mkdocs then tells."""
    place = (REPOSITORY / "docs" / PurePosixPath(page).parent / address).resolve()
    return place.relative_to(REPOSITORY) if place.is_relative_to(REPOSITORY) and place.exists() else None


def _page(place: Path) -> str:
    return f"repository/{place.with_suffix('') if place.suffix == '.md' else place}.md"


def _content(place: Path) -> str:
    """The file as a page: Markdown as it is, with links into docs/ kept; other text as a block; a folder as a list."""
    file = REPOSITORY / place
    if file.is_dir():
        names = sorted(child.name + "/" * child.is_dir() for child in file.iterdir() if not child.name.startswith("."))
        return f"# `{place}/`\n\n" + "\n".join(f"- `{name}`" for name in names) + "\n"
    text = file.read_text(encoding="utf-8")
    if place.suffix != ".md":
        return f"# `{place}`\n\n````{LANGUAGES.get(place.suffix, 'text')}\n{text}\n````\n"

    def kept(match: re.Match[str]) -> str:
        target = (file.parent / match[1]).resolve()
        docs = REPOSITORY / "docs"
        if not target.is_relative_to(docs) or target.suffix != ".md":
            return "]"
        up = "../" * (len(Path(_page(place)).parts) - 1)
        return f"]({up}{target.relative_to(docs)}{match[2] or ''})"

    return re.sub(r"\[([^\]]*)\](?!\()", r"\1", RELATIVE.sub(kept, text))


def _white_space(markdown: str) -> str:
    """A blank line before a table under a comment; lists within lists four blanks in."""
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    for place in range(0, len(parts), 2):
        text = re.sub(r"^(<!--.*-->)\n(?=\|)", r"\1\n\n", parts[place], flags=re.MULTILINE)
        parts[place] = re.sub(r"^  (?=- )", "    ", text, flags=re.MULTILINE)
    return "".join(parts)
