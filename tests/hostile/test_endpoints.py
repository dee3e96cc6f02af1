"""Endpoints that answer to do harm: each answer is an error of its item, said in a line, in bounded time and memory."""

from __future__ import annotations

import gzip
import importlib.util
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.items import Failure

HERE = Path(__file__).resolve().parent


def _neighbour(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_http = _neighbour("http_fixtures", HERE.parent / "models/http/conftest.py")
RawServer = _neighbour("raw_server", HERE / "raw_server.py").RawServer
candidates, texts = _http.candidates, _http.texts
GOOD = b'{"predictions": [{"symbol": "A01B", "score": 1}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MIB = 1 << 20


def whole(content: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(content) + content


def endless(first: bytes, part: bytes, pause: float = 0.0) -> Callable[[Any], Iterator[bytes]]:
    def script(server: Any) -> Iterator[bytes]:
        yield first
        while not server.ended.wait(pause) if pause else not server.ended.is_set():
            yield part

    return script


def bomb(window: int) -> Callable[[Any], Iterator[bytes]]:
    """Packed zeros without end: 16 MiB in some 16 KB each time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    first = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    name = b"gzip" if window > 15 else b"deflate"
    return endless(HEAD + b"Content-Encoding: " + name + b"\r\n\r\n" + first, again)


def many_members(server: Any) -> Iterator[bytes]:
    yield HEAD + b"Content-Encoding: gzip\r\n\r\n"
    member = gzip.compress(bytes(16 * MIB), mtime=0)
    while not server.ended.is_set():
        yield member


TOO_LONG, LATE, NO_HTTP, TORN = "longer than 33554432 bytes", "no answer in time", "no answer in HTTP", "broke off"
ANY = ""
ANSWERS: dict[str, tuple[bytes | Callable[[Any], Iterable[bytes]], str]] = {
    "a gigabyte": (endless(HEAD + b"Content-Length: 1073741824\r\n\r\n", b" " * 65536), TOO_LONG),
    "without end": (endless(HEAD + b"\r\n", b"[" * 65536), TOO_LONG),
    "chunks without end": (
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
        TOO_LONG,
    ),
    "a gzip bomb": (bomb(31), ANY),
    "a deflate bomb": (bomb(15), ANY),
    "a raw deflate bomb": (bomb(-15), ANY),
    "gzip members without end": (many_members, ANY),
    "no gzip": (whole(b"no gzip at all", b"Content-Encoding: gzip\r\n"), ANY),
    "torn gzip": (whole(gzip.compress(GOOD, mtime=0)[:-12], b"Content-Encoding: gzip\r\n"), ANY),
    "packed as nobody packs": (whole(GOOD[:9], b"Content-Encoding: evil\r\n"), "no JSON"),
    "a slow head": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.05), LATE),
    "a slow body": (endless(HEAD + b"Content-Length: 1000\r\n\r\n", b" ", 0.05), LATE),
    "slow chunks": (endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05), LATE),
    "slow lines of a head": (endless(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n", 0.05), LATE),
    "continue without end": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), LATE),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\n\r\n", ANY),
    "a header without end": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 65536), NO_HTTP),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 10_000), NO_HTTP),
    "a zero in a header": (whole(GOOD, b"X: a\0b\r\n"), NO_HTTP),
    "a bare return in a header": (whole(GOOD, b"X: a\rSet-Cookie: b=c\r\n"), NO_HTTP),
    "an escape code in the status": (b"HTTP/1.1 500 \x1b]0;owned\x07\r\nContent-Length: 0\r\n\r\n", "HTTP 500"),
    "an escape code in the body": (whole(b"\x1b]0;owned\x07\x9b2J\0"), "no JSON"),
    "a wait of years": (b"HTTP/1.1 503 x\r\nRetry-After: 999999999\r\nContent-Length: 0\r\n\r\n", "asks to wait"),
    "less than it said": (HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD, TORN),
    "more than it said": (HEAD + b"Content-Length: 9\r\n\r\n" + GOOD, NO_HTTP),
    "a negative length": (HEAD + b"Content-Length: -9\r\n\r\n" + GOOD, NO_HTTP),
    "a length of letters": (HEAD + b"Content-Length: nine\r\n\r\n" + GOOD, NO_HTTP),
    "a length beyond all": (HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n" + GOOD, NO_HTTP),
    "two lengths": (HEAD + b"Content-Length: 9\r\nContent-Length: 49\r\n\r\n" + GOOD, NO_HTTP),
    "a length and chunks": (HEAD + b"Content-Length: 49\r\nTransfer-Encoding: chunked\r\n\r\n" + GOOD, NO_HTTP),
    "no status": (b"<html>old</html>", NO_HTTP),
    "nothing but noise": (bytes(range(256)) * 40, NO_HTTP),
    "a status of letters": (b"HTTP/1.1 OK\r\n\r\n" + GOOD, NO_HTTP),
    "a status beyond all": (b"HTTP/1.1 99999 x\r\nContent-Length: 0\r\n\r\n", ANY),
    "another version": (b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", ANY),
    "nothing": (b"", "the connection was lost"),
    "a chunk of letters": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", ANY),
    "a chunk beyond all": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 20 + b"\r\nab", ANY),
    "a negative chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nab\r\n0\r\n\r\n", ANY),
    "an extension without end": (endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536), ANY),
    "trailers without end": (endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 9999), ANY),
    "a chunk cut off": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n100\r\n" + GOOD, TORN),
    "nested without end": (whole(b"[" * 4 * MIB), "no JSON"),
    "a number without end": (whole(b'{"predictions": [{"symbol": "A01B", "score": ' + b"9" * MIB + b"}]}"), "no JSON"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_made_to_do_harm_is_an_error_of_its_item(candidates: Any, texts: Any, name: str) -> None:
    content, words = ANSWERS[name]
    script = content if callable(content) else lambda server: [content]
    with RawServer(script) as server:
        candidate, begun = candidates.make(server.url, retry_seconds=0, timeout_seconds=1.5), time.perf_counter()
        measured = "bomb" in name or "end" in name
        if measured:
            tracemalloc.start()
        try:
            (answer,) = candidate.classify(texts(1))
            peak = tracemalloc.get_traced_memory()[1] if measured else 0
        finally:
            tracemalloc.stop()
    assert isinstance(answer, Failure) and words in answer.message
    assert len(answer.message) < 400 and "Traceback" not in answer.message and "\n" not in answer.message
    assert time.perf_counter() - begun < 6 and peak < 300 * MIB


@pytest.mark.parametrize("first", [b"HTTP/1.1 100 Continue\r\n\r\n" * 100, b""], ids=["continued", "coloured"])
def test_a_good_answer_counts_whatever_is_around_it(candidates: Any, texts: Any, first: bytes) -> None:
    with RawServer(lambda server: [first, whole(GOOD, b"X: \x1b[31mred\r\n")]) as server:
        assert not isinstance(candidates.make(server.url).classify(texts(1))[0], Failure)


@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie2"])
def test_cookies_are_not_kept(candidates: Any, texts: Any, name: str) -> None:
    cookie = name.encode() + b": id=followed; Path=/\r\nConnection: close\r\n"
    with RawServer(lambda server: [whole(GOOD, cookie)]) as server:
        candidate = candidates.make(server.url)
        for _ in range(2):
            assert not isinstance(candidate.classify(texts(1))[0], Failure)
        assert len(server.asked) == 2 and "followed" not in "".join(server.asked)


PLACES = (
    "OTHER/steal",
    "//OTHERHOST/steal",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
    "data:application/json,{}",
    "http://user:secret@127.0.0.1:1/",
    "https://127.0.0.1:1/",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "",
    "\\\\OTHERHOST\\steal",
    "http://127.0.0.1:1\\@OTHERHOST/",
)


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("where", PLACES)
def test_a_redirect_takes_no_key_elsewhere(
    candidates: Any, texts: Any, monkeypatch: pytest.MonkeyPatch, where: str, status: int
) -> None:
    monkeypatch.setenv("KEY_OF_TESTS", "never-sent-on")
    headers = {"Authorization": {"env": "KEY_OF_TESTS", "prefix": "Bearer "}}
    with RawServer(lambda server: [whole(GOOD)]) as other:
        place = where.replace("OTHERHOST", other.url.removeprefix("http://")).replace("OTHER", other.url)
        answer = f"HTTP/1.1 {status} x\r\nLocation: {place}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
        with RawServer(lambda server: [answer]) as server:
            candidate = candidates.make(server.url, headers=headers, retry_seconds=0)
            (found,) = candidate.classify(texts(1))
            assert isinstance(found, Failure) and "redirect" in found.message and "secret" not in found.message
            assert "never-sent-on" in server.asked[0] and not other.asked
