"""Open the review desk on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, the batch, the ledger, who may sign in, and where the desk listens."""
    from wild_aieval.review.desk.wording import LANGUAGES

    parser.add_argument("run_folder", type=Path, help="the folder of a finished run")
    parser.add_argument("--batch", metavar="ID", help="which batch; the newest, or a new one where there is none")
    parser.add_argument("--task", help="of which task a new batch is, where the run has several")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; RUN_FOLDER/review/ledger.jsonl")
    parser.add_argument("--port", type=int, default=8765, help="8765 where none is given")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where the desk listens: on this machine only; anything else needs --tls-name and --proxy",
    )
    parser.add_argument(
        "--tls-name", default="", metavar="NAME", help="others reach the desk under https://NAME/, through your proxy"
    )
    parser.add_argument(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="from where that proxy connects; this machine where none is given; may be repeated",
    )
    parser.add_argument("--language", choices=list(LANGUAGES), default="en", help="of the pages; each can choose there")
    parser.add_argument(
        "--person",
        action="append",
        default=[],
        metavar="NAME:ROLE",
        help="a pseudonym that may sign in; ROLE is reviewer, adjudicator or administrator; may be repeated",
    )
    parser.add_argument(
        "--tokens", type=Path, metavar="FILE", help="people of your own: lines NAME ROLE TOKEN, mode 600"
    )
    parser.add_argument("--new-tokens", action="store_true", help="new tokens in the place of those given out before")


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl+C."""
    from wild_aieval.review.desk import people
    from wild_aieval.review.desk.serving import Options, serve

    serve(
        Options(
            run_folder=arguments.run_folder,
            batch=arguments.batch,
            task=arguments.task,
            ledger=arguments.ledger,
            host=arguments.host,
            port=arguments.port,
            language=arguments.language,
            persons=people.wanted(arguments.person) or None,
            tokens=arguments.tokens,
            renew=arguments.new_tokens,
            tls_name=arguments.tls_name,
            proxies=tuple(arguments.proxy),
        )
    )
    return 0
