"""The way to an endpoint: every fault has its reason, only transient ones are tried again, keys stay hidden."""

from __future__ import annotations

import datetime
import gc
import ipaddress
import logging
import os
import socket
import ssl
import time
import warnings
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.items import Document, Failure
from wild_aieval.testing import Faults, MockEndpoint

Texts = Callable[[int], list[Document]]
KEY = 'sk-very-secret-"quoted"-1234'
ALWAYS = {
    "400": 'HTTP 400 Bad Request: {"error": "mock fault 400"}',
    "429": 'HTTP 429 Too Many Requests: {"error": "mock fault 429"} (given up after',
    "500": 'HTTP 500 Internal Server Error: {"error": "mock fault 500"} (given up after',
    "503": "HTTP 503 Service Unavailable",
    "malformed": "the answer is no JSON (",
    "html": "expected JSON, and a page of HTML came: <!DOCTYPE html>",
    "nan": "the answer is no JSON (NaN is no number of JSON)",
    "other_fields": 'the path \'predictions[].symbol\' selects nothing: {"status": "done"}',
    "redirect": "HTTP 307: a redirect to http://elsewhere.invalid:80, which is refused",
    "reset": "the connection was lost (",
    "truncated": 'the answer broke off after 32 bytes: {"predictions": [{"symbol": "A01',
    "hang": "no answer in time",
}
KEPT = {"malformed": '{"predictions": [{"symbol": "A01B"', "html": "<!DOCTYPE", "400": "mock fault", "truncated": "A01"}


@pytest.mark.parametrize("fault", ALWAYS)
def test_a_lasting_fault_is_a_failure_of_its_item_with_the_reason(
    candidates: Any, endpoint: MockEndpoint, texts: Texts, fault: str
) -> None:
    endpoint.faults = Faults(orders={"number 1.": fault})
    answers = candidates.make(endpoint.url, retry_seconds=0.5).classify(texts(3))
    assert [isinstance(answer, Failure) for answer in answers] == [False, True, False]
    assert ALWAYS[fault] in answers[1].message
    assert "\n" not in answers[1].message
    assert KEPT.get(fault, "") in (answers[1].answer or "")
    tries = sum("number 1." in asked.body for asked in endpoint.asked)
    usage = candidates.workplace.meter.take("d1")
    assert usage.attempts == tries
    assert (tries > 1) is (fault in ("429", "500", "503", "reset", "truncated"))
    assert candidates.workplace.meter.take("d0").attempts == 1


@pytest.mark.parametrize("fault", ["429", "500", "503", "reset", "truncated", "hang"])
def test_a_transient_fault_is_got_over(candidates: Any, endpoint: MockEndpoint, texts: Texts, fault: str) -> None:
    endpoint.faults = Faults(orders={"number 1.": [fault, fault]})
    answers = candidates.make(endpoint.url, timeout_seconds=0.3).classify(texts(3))
    assert not any(isinstance(answer, Failure) for answer in answers)
    usage = candidates.workplace.meter.take("d1")
    assert usage.attempts == 3
    assert usage.seconds < usage.queued, "pauses between tries are waiting, not the tool's time"


def test_answers_are_those_of_a_quiet_endpoint(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    quiet = candidates.make(endpoint.url).classify(texts(20))
    endpoint.faults = Faults(0.5, ("500", "429", "reset", "delay"), seed=3)
    assert candidates.make(endpoint.url, retry_seconds=60).classify(texts(20)) == quiet


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(candidates: Any, texts: Texts, form: str) -> None:
    def header() -> str:
        then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
        return "1" if form == "seconds" else format_datetime(then, usegmt=True)

    with MockEndpoint(Faults(orders={"number 0.": ["429"]}), retry_after=header()) as endpoint:
        begun = time.perf_counter()
        (answer,) = candidates.make(endpoint.url).classify(texts(1))
        assert not isinstance(answer, Failure)
        assert time.perf_counter() - begun >= 0.9
    assert candidates.workplace.meter.take("d0").queued >= 0.9


def test_a_wait_beyond_the_limit_is_not_waited_for(candidates: Any, texts: Texts) -> None:
    with MockEndpoint(Faults(orders={"number 0.": "503"}), retry_after="3600") as endpoint:
        begun = time.perf_counter()
        (answer,) = candidates.make(endpoint.url).classify(texts(1))
    assert answer.message.endswith("the endpoint asks to wait 3600 s")
    assert time.perf_counter() - begun < 2
    assert len(endpoint.asked) == 1


def test_concurrency_falls_on_429_and_recovers(candidates: Any, texts: Texts) -> None:
    with MockEndpoint(latency=0.02) as endpoint:
        candidate = candidates.make(endpoint.url, concurrency=16, retry_seconds=30)
        candidate.classify(texts(64))
        assert endpoint.most_at_once == 16
        endpoint.faults = Faults(orders={"number": ["429", "429"]})
        assert not any(isinstance(answer, Failure) for answer in candidate.classify(texts(32)))
        assert candidate._link._courier._gate.limit < 16
        endpoint.faults = Faults()
        candidate.classify(texts(400))
        assert candidate._link._courier._gate.limit == 16


def test_requests_per_second_are_kept(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    begun = time.perf_counter()
    candidates.make(endpoint.url, requests_per_second=40.0, concurrency=32).classify(texts(21))
    assert time.perf_counter() - begun >= 0.5


def test_redirects_stay_at_the_host(candidates: Any, texts: Texts) -> None:
    from aiohttp import web

    moved: list[str] = []
    with MockEndpoint() as endpoint:
        good = endpoint._good

        def answer(request: web.BaseRequest, text: str) -> tuple[int, Any]:
            moved.append(request.path)
            if request.path == "/old":
                raise web.HTTPPermanentRedirect("/classify")
            if request.path == "/found":
                raise web.HTTPFound("/classify")
            if request.path == "/loop":
                raise web.HTTPTemporaryRedirect("/loop")
            return good(request, text)

        endpoint._good = answer  # type: ignore[method-assign]
        base = endpoint.url
        (answer_old,) = candidates.make(base, url=f"{base}/old").classify(texts(1))
        assert not isinstance(answer_old, Failure)
        assert moved == ["/old", "/classify"]
        (found,) = candidates.make(base, url=f"{base}/found").classify(texts(1))
        assert found.message == "HTTP 302: a redirect to /classify; set url to it"
        (loop,) = candidates.make(base, url=f"{base}/loop").classify(texts(1))
        assert loop.message == "more than 3 redirects"


def test_an_unknown_host_is_said_and_stops(candidates: Any, texts: Texts) -> None:
    candidate = candidates.make("http://no-such-host.invalid")
    with pytest.raises(UserError, match=r"the host 'no-such-host.invalid' is not known"):
        candidate.classify(texts(3))


def test_nobody_listens(candidates: Any, texts: Texts) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    candidate = candidates.make(f"http://127.0.0.1:{port}", stop_after=5, retry_seconds=60)
    begun = time.perf_counter()
    with pytest.raises(UserError, match=f"127.0.0.1:{port} gives no answers: 5 tries in a row found no connection"):
        candidate.classify(texts(100))
    assert time.perf_counter() - begun < 10
    with pytest.raises(UserError, match="gives no answers"):
        candidate.classify(texts(100))


def test_answers_before_the_end_are_kept(candidates: Any, texts: Texts) -> None:
    with MockEndpoint(Faults(orders={f"number {n}.": "hang" for n in range(5, 50)})) as endpoint:
        candidate = candidates.make(endpoint.url, stop_after=6, retry_seconds=0, timeout_seconds=0.2)
        answers = candidate.classify(texts(50))
    assert [n for n, answer in enumerate(answers) if not isinstance(answer, Failure)] == [0, 1, 2, 3, 4]
    assert "gives no answers: 6 requests in a row" in answers[49].message
    with pytest.raises(UserError, match="gives no answers"):
        candidate.classify(texts(1))


def test_a_wrong_key_stops_the_run_and_is_never_shown(
    candidates: Any, texts: Texts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OFFICE_KEY", KEY)
    headers = {"Authorization": {"env": "OFFICE_KEY", "prefix": "Bearer "}}
    with MockEndpoint(key="the-right-one") as endpoint:
        candidate = candidates.make(endpoint.url, headers=headers, stop_after=4)
        few = candidate.classify(texts(3))
        assert all("HTTP 401 Unauthorized" in answer.message for answer in few)
        with pytest.raises(UserError, match="Check url, the key in the environment variable") as fault:
            candidate.classify(texts(10))
    assert endpoint.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    seen = [str(fault.value), repr(few), repr(candidate._link.secrets.hide), caplog.text]
    seen += [candidate._settings.model_dump_json(), str(candidate._settings.identity())]
    assert "***" in few[0].message
    for text in seen:
        assert KEY not in text
        assert "very-secret" not in text


def test_a_key_that_the_endpoint_repeats_is_hidden(
    candidates: Any, endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wild_aieval.items import Segment

    monkeypatch.setenv("OFFICE_KEY", KEY)
    candidate = candidates.make(
        endpoint.url,
        "translate",
        request={"text": "{text}", "target": {"env": "OFFICE_KEY"}},
        response={"translation": "translation"},
    )
    (answer,) = candidate.translate([Segment("s", "words", "en", "es")])
    assert answer.text == "[***] words"
    assert KEY in endpoint.asked[0].body.replace('\\"', '"')


def test_a_missing_variable_is_named_at_the_start(candidates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFICE_KEY", raising=False)
    with pytest.raises(Unavailable, match="environment variable OFFICE_KEY is not set"):
        candidates.make("http://127.0.0.1:1", headers={"X-Key": {"env": "OFFICE_KEY"}})
    with pytest.raises(Unavailable, match="environment variable WHO is not set"):
        candidates.make("http://127.0.0.1:1", login={"user_env": "WHO", "password_env": "WHAT"})


def test_login_is_http_basic(
    candidates: Any, endpoint: MockEndpoint, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "office")
    monkeypatch.setenv("WHAT", "open sesame")
    candidates.make(endpoint.url, login={"user_env": "WHO", "password_env": "WHAT"}).classify(texts(1))
    assert endpoint.asked[0].headers["Authorization"] == "Basic b2ZmaWNlOm9wZW4gc2VzYW1l"


@pytest.mark.parametrize(
    "settings",
    [
        {"headers": {"Authorization": "Bearer tell-nobody"}},
        {"headers": {"X-Api-Key": "tell-nobody"}},
        {"headers": "Authorization: tell-nobody"},
        {"headers": {"X-Key": ["tell-nobody"]}},
        {"request": {"text": "{text}", "api_key": "tell-nobody"}},
        {"request": {"text": "{text}", "options": [{"password": "tell-nobody"}]}},
        {"parameters": {"auth_key": "tell-nobody"}},
        {"url": "http://user:tell-nobody@127.0.0.1/classify"},
        {"url": "http://127.0.0.1/classify?token=tell-nobody"},
        {"proxy": "http://user:tell-nobody@127.0.0.1:8080"},
    ],
)
def test_keys_in_the_settings_are_refused_and_not_repeated(candidates: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(UserError) as fault:
        candidates.make("http://127.0.0.1:1", **settings)
    assert "tell-nobody" not in str(fault.value)
    assert "env" in str(fault.value)


def test_words_that_only_look_like_keys_are_allowed(candidates: Any) -> None:
    candidates.make("http://127.0.0.1:1", request={"text": "{text}", "max_tokens": "5", "keywords": "patent"})


def test_the_environment_brings_no_proxy(
    candidates: Any, endpoint: MockEndpoint, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert not isinstance(candidates.make(endpoint.url).classify(texts(1))[0], Failure)


def test_a_proxy_that_is_named_is_used(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    candidate = candidates.make("http://tool.invalid", proxy=endpoint.url)
    assert not isinstance(candidate.classify(texts(1))[0], Failure)
    assert endpoint.asked[0].headers["Host"] == "tool.invalid"


def test_no_socket_and_no_loop_is_left(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        candidate = candidates.make(endpoint.url)
        assert len(candidate.classify(texts(20))) == 20
        assert len(candidate.classify(texts(20))) == 20
        loop = candidate._link._runner.get_loop()
        del candidate
        gc.collect()
    assert loop.is_closed()
    assert not [str(warning.message) for warning in said if issubclass(warning.category, ResourceWarning)]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts the open files of Linux")
def test_a_link_that_stopped_leaves_no_open_file(candidates: Any, texts: Texts) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with MockEndpoint(Faults(share=1.0, kinds=("500",))) as endpoint:
        candidate = candidates.make(endpoint.url, stop_after=4, retry_seconds=0)
        with pytest.raises(UserError, match="gives no answers"):
            candidate.classify(texts(8))
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_endpoint_that_closes_idle_connections_costs_no_try(candidates: Any, texts: Texts) -> None:
    first = MockEndpoint()
    with first:
        candidate = candidates.make(first.url)
        candidate.classify(texts(4))
        port = int(first.url.rpartition(":")[2])
    with MockEndpoint(port=port):
        candidate.classify(texts(4))
    assert [candidates.workplace.meter.take(f"d{n}").attempts for n in range(4)] == [1, 1, 1, 1]


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side with a certificate for 127.0.0.1 that nobody has signed but itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1)).add_extension(host, False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "server.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain) + pem)
    (folder / "ca.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, folder / "ca.pem"


def test_encryption_is_verified(candidates: Any, tmp_path: Path, texts: Texts) -> None:
    context, authority = certificate(tmp_path)
    with MockEndpoint(tls=context) as endpoint:
        with pytest.raises(UserError, match=r"encrypted connection to 127.0.0.1:\d+ failed \(.*self.signed"):
            candidates.make(endpoint.url).classify(texts(1))
        answers = candidates.make(endpoint.url, ca_file=str(authority)).classify(texts(2))
        assert not any(isinstance(answer, Failure) for answer in answers)


def test_https_at_a_server_that_speaks_plain_http(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    with pytest.raises(UserError, match="encrypted connection"):
        candidates.make(endpoint.url.replace("http:", "https:")).classify(texts(1))
    with pytest.raises(UserError, match="ca_file"):
        candidates.make(endpoint.url, ca_file="/nowhere/ca.pem")
