"""Every command of the tutorial and of the page for trainers, typed in order; what the pages show is what comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# The page for trainers goes on in the folder of the tutorial.
PAGES = ("tutorial.md", "trainers.md")
# What is not typed by the test; each has its reason on the page.
NOT_RUN = {
    "tutorial.md": [
        "git clone ADDRESS wild_aieval",
        "python -m wild_aieval review desk runs/classification/1-tfidf",
        'mlflow ui --host 127.0.0.1 --backend-store-uri "sqlite:///$WILD_AIEVAL_RUNS/mlflow.db"',
        "python -m wild_aieval resume RUN_FOLDER",
    ],
    "trainers.md": [
        "python -m pip wheel -c constraints.txt --wheel-dir wheels .",
        "python -m venv ~/course",
        "python -m wild_aieval doctor",
    ],
}


@pytest.fixture(scope="module")
def typed(
    tmp_path_factory: pytest.TempPathFactory, blocks: Any, session: Any, docs: Path
) -> list[tuple[str, Any, Any]]:
    """(page, step, what came of it) for all steps that are run."""
    steps = [
        (page, part)
        for page in PAGES
        for part in blocks.read(docs / page)
        if isinstance(part, blocks.Step) and not part.not_run
    ]
    ran = session.run([step for _, step in steps], tmp_path_factory.mktemp("typed"))
    return [(page, step, came) for (page, step), came in zip(steps, ran, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_ends_as_the_page_says(page: str, typed: list[tuple[str, Any, Any]]) -> None:
    for name, step, came in typed:
        if name == page:
            told = f"{page}, line {step.line}: ended with {came.exit_code}\n{step.commands}\n{came.output[-2000:]}"
            assert came.exit_code == step.exit_code, told


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_what_comes(page: str, typed: list[tuple[str, Any, Any]], blocks: Any) -> None:
    for name, step, came in typed:
        if name == page:
            gone = blocks.missing(step.shown, came.output)
            assert gone is None, f"{page}, line {step.line}: this does not come: {gone}\n{came.output[-3000:]}"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_out_silently(page: str, blocks: Any, docs: Path) -> None:
    steps = [part for part in blocks.read(docs / page) if isinstance(part, blocks.Step)]
    assert [step.commands.split("\n")[0] for step in steps if step.not_run] == NOT_RUN[page]
    assert all(len(step.commands.split("\n")) == 1 for step in steps if step.exit_code), (
        "one command for each exit code"
    )


def test_a_faulty_page_is_noticed(tmp_path: Path, blocks: Any, session: Any) -> None:
    page = tmp_path / "page.md"
    parts = [
        "```bash\ncd /\nexport KEPT=yes\n```",
        "<!-- exit code 3 -->\n```bash\n(exit 3)\n```",
        "```bash\necho $KEPT $PWD│ 0.42\n```\n```text\nyes … 0.42\n```",
        "```bash\nfalse\necho never\n```",
        "```bash\necho nor this\n```",
    ]
    page.write_text("\n\n".join(parts))
    steps = [part for part in blocks.read(page) if isinstance(part, blocks.Step)]
    ran = session.run(steps, tmp_path)
    assert [came.exit_code for came in ran] == [0, 3, 0, 1, None]
    assert blocks.missing(steps[2].shown, ran[2].output) is None
    assert blocks.missing(("yes", "0.43"), ran[2].output) == "0.43"
    assert blocks.missing(("0.42", "yes"), ran[2].output) == "yes"


def test_a_comment_above_no_block_is_an_error(tmp_path: Path, blocks: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- exit code 1 -->\nSome words.\n")
    with pytest.raises(ValueError, match="line 2"):
        blocks.read(page)


def test_the_notebook_is_what_the_page_makes(notebook: Any) -> None:
    assert notebook.NOTEBOOK.read_text(encoding="utf-8") == notebook.made(notebook.PAGE), (
        "docs/tutorial.md was changed: python docs/tools/notebook.py"
    )
