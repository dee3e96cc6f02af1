"""Notes every connection and name lookup that a process tries, whoever asks for it in Python."""

import os
import sys

_EVENTS = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
    "socket.sendto",
    "socket.sendmsg",
    "urllib.Request",
    "http.client.connect",
    "ftplib.connect",
    "smtplib.connect",
}


def _note(event: str, arguments: tuple) -> None:
    if event in _EVENTS and not _to_a_file(event, arguments):
        where = repr(arguments[1:] if event.startswith(("socket.connect", "socket.send")) else arguments)
        with open(os.environ["WATCH_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{event} {where}\n")


def _to_a_file(event: str, arguments: tuple) -> bool:
    """A socket in the file system of this machine, as databases and Docker have."""
    return event == "socket.connect" and isinstance(arguments[1], str | bytes)


if "WATCH_LOG" in os.environ:
    sys.addaudithook(_note)
