"""docs/tutorial.ipynb from docs/tutorial.md.

    python docs/tools/notebook.py            # writes it
    python docs/tools/notebook.py --check    # exit code 1 where it is not what the page makes

The page is the source; nobody edits the notebook. Steps become cells that run in bash and end the notebook where their
exit code is another one than the page says. What the test does not run is text in the notebook too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import blocks

DOCS = Path(__file__).resolve().parents[1]
PAGE, NOTEBOOK = DOCS / "tutorial.md", DOCS / "tutorial.ipynb"
NOTE = (
    "*Made from `docs/tutorial.md` by `docs/tools/notebook.py`; edit the page. Start Jupyter with the Python of this "
    "project's environment (`.venv/bin/pip install jupyterlab`, then `.venv/bin/jupyter lab`), run the next cell "
    "first, and the others in their order. Cells run in bash; the folder and exported variables are kept from one to "
    "the next.*"
)
MAGIC = '''\
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from IPython.core.magic import register_cell_magic

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["COLUMNS"] = "120"
os.environ.pop("FORCE_COLOR", None)  # set by Jupyter; it would bring progress bars into the cells
KEPT = Path(tempfile.mkdtemp())


@register_cell_magic
def shell(line, cell):
    """Run the cell in bash; ``line`` is the exit code that is expected, 0 where none is given."""
    head = f"set -eo pipefail; trap 'pwd >{KEPT}/folder; env -0 >{KEPT}/variables' EXIT"
    ended = subprocess.run(["bash", "-c", f"{head}\\n{cell}"], stdout=-1, stderr=subprocess.STDOUT, text=True)
    print(ended.stdout)
    os.chdir((KEPT / "folder").read_text().rstrip("\\n"))
    pairs = (pair.partition("=") for pair in (KEPT / "variables").read_text().split("\\0") if pair)
    os.environ.update({name: value for name, _, value in pairs if name != "_"})
    if ended.returncode != int(line or 0):
        raise RuntimeError(f"exit code {ended.returncode}, expected {line or 0}")'''


def made(page: Path) -> str:
    """The notebook of a page, as JSON of format 4.5 without outputs."""
    cells: list[dict[str, Any]] = []
    for part in blocks.read(page):
        if isinstance(part, blocks.Prose):
            _add(cells, "markdown", part.text)
            if len(cells) == 1:
                _add(cells, "markdown", NOTE)
                _add(cells, "code", MAGIC)
        elif part.not_run:
            _add(cells, "markdown", f"```bash\n{part.commands}\n```\n*Not run here: {part.not_run}.*")
        else:
            code = f" {part.exit_code}" if part.exit_code else ""
            _add(cells, "code", f"%%shell{code}\n{part.commands}")
            if part.shown:
                _add(cells, "markdown", "The page shows:\n```text\n" + "\n".join(part.shown) + "\n```")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _add(cells: list[dict[str, Any]], kind: str, text: str) -> None:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{len(cells):02}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    cells.append(cell | {"source": text.splitlines(keepends=True)})


def main() -> int:
    """Write or check."""
    text = made(PAGE)
    if "--check" not in sys.argv[1:]:
        NOTEBOOK.write_text(text, encoding="utf-8")
        return 0
    if NOTEBOOK.exists() and NOTEBOOK.read_text(encoding="utf-8") == text:
        return 0
    print(f"{NOTEBOOK}: not what {PAGE.name} makes. Write it anew: python docs/tools/notebook.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
