"""The door. It looks at its arguments before it imports anything heavy, Hydra included."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from wild_aieval.errors import UserError, no_memory
from wild_aieval.help import COMMANDS, help_text
from wild_aieval.visible import screens

OK, WRONG_INPUT, TOO_MANY_ERRORS, INTERRUPTED = 0, 1, 2, 130
_NEW_OBJECTS = 50_000  # before the collector looks for cycles; Python's 700 costs imports a tenth of their time
_AGAIN = "No file is left half written. Give the same command again."  # a run says itself how it goes on


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 wrong input, 2 too many errors, 130 interrupted).

    Without ``argv`` this process is ours, and so is what signals do to it.
    """
    from wild_aieval import stopping

    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv is None:
            stopping.as_ctrl_c()
            gc.set_threshold(_NEW_OBJECTS)
        with screens():  # texts of items and endpoints must not steer a terminal
            return _guarded(given)
    except KeyboardInterrupt as interrupt:
        if argv is None:
            stopping.not_now()
        with suppress(OSError):  # a closed terminal
            print(f"\nwild-aieval: interrupted. {str(interrupt) or _AGAIN}", file=sys.stderr, flush=True)
        if argv is None:
            stopping.at_once()
        return INTERRUPTED
    finally:
        if argv is None:
            gc.freeze()  # the end of Python would look through all that MLflow and torch made: up to 0.7 s


def _guarded(given: list[str]) -> int:
    """Every error becomes words and an exit code."""
    debug = "--debug" in given or _switched_on("debug", given)
    try:
        return _dispatch([argument for argument in given if argument != "--debug"])
    except UserError as error:
        if debug:
            raise
        print(f"\nwild-aieval: {_shown(error)}", file=sys.stderr)
        return WRONG_INPUT
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a library in Rust that panics raises no Exception
        if isinstance(error, BrokenPipeError) and _reader_left():
            return OK
        if debug:
            raise
        if reason := _no_room(error):
            print(f"\nwild-aieval: {reason}", file=sys.stderr)
            return WRONG_INPUT
        print(
            f"\nwild-aieval: unexpected {type(error).__name__}: {_shown(error)}\nThis is a fault of the harness or of "
            "an adapter, not of your input. Add debug=true (or --debug) for the traceback and report it. Answers that "
            "were journalled are kept.",
            file=sys.stderr,
        )
        return WRONG_INPUT


def _shown(error: BaseException) -> str:
    """An error's text, which may repeat what was typed, without the passwords in it."""
    from wild_aieval.addresses import redacted_text

    return redacted_text(str(error))


def _switched_on(name: str, arguments: Sequence[str]) -> bool:
    """Whether a setting is given as true, in any spelling that the settings take."""
    given = [value for key, _, value in (argument.partition("=") for argument in arguments) if key.lstrip("+") == name]
    return bool(given) and given[-1].strip("'\" ").lower() in ("true", "yes", "on", "1", "t", "y")


def _no_room(error: BaseException) -> str:
    if not isinstance(error, OSError) and not no_memory(error):
        return ""
    from wild_aieval.sweep import no_room_left

    return no_room_left(error)


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        return _command(arguments[0], arguments[1:])
    if {"-h", "--help"} & set(arguments) or arguments == ["help"]:
        print(help_text(), flush=True)
        return OK
    if "--version" in arguments:
        from wild_aieval import __version__

        print(__version__)
        return OK
    from wild_aieval.hydra_app import run

    return run(arguments)


def _reader_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more (``| head``)."""
    import os

    try:
        print(flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
        return True
    return False


def _command(name: str, arguments: list[str]) -> int:
    import argparse
    import importlib

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UserError(f"{self.prog.removeprefix('python -m wild_aieval ')}: {message}. See {self.prog} --help.")

    module = importlib.import_module(f"wild_aieval.commands.{name}")
    parser = Parser(prog=f"python -m wild_aieval {name}", description=module.__doc__)
    module.add_arguments(parser)
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as stop:
        return OK if stop.code == 0 else WRONG_INPUT
    code: int = module.run(parsed)
    return code
