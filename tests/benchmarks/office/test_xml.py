"""XML from elsewhere: nothing is fetched, nothing is expanded, and what is wrong is said."""

from __future__ import annotations

import http.server
import threading
import time
from pathlib import Path

import pytest

from wild_aieval.benchmarks.office import xml
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.text import text_of

HERE = Origin("a.xml")


def parsed(text: str) -> str:
    return text_of(xml.parse(text.encode(), HERE))


def test_known_character_entities_become_characters() -> None:
    doctype = '<!DOCTYPE p SYSTEM "x.dtd" [<!ENTITY FIG-1 SYSTEM "f.tif" NDATA TIF>]>'
    assert parsed(f"{doctype}<p>a &mdash; b &alpha;&lt;&#946;&amp;&num;</p>") == "a — b α<β&#"


def test_unknown_entities_and_bare_ampersands_stay_as_written() -> None:
    assert parsed("<p>&nosuchthing; AT&T Corp. & Co &amp; x</p>") == "&nosuchthing; AT&T Corp. & Co & x"


def test_an_entity_bomb_is_refused_at_once() -> None:
    lines = ['<!ENTITY e0 "lol">', *(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))]
    start = time.perf_counter()
    with pytest.raises(RecordError, match="uses the entity '&e11;', which the document itself declares"):
        parsed(f"<!DOCTYPE p [{''.join(lines)}]><p>&e11;</p>")
    assert time.perf_counter() - start < 1


def test_parameter_entities_and_external_entities_fetch_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(RecordError, match="'&x;'"):
            parsed(f'<!DOCTYPE p [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>&x;</p>')
        with pytest.raises(RecordError, match="'&x;'"):
            parsed(f'<!DOCTYPE p [<!ENTITY x SYSTEM "{address}/entity">]><p>&x;</p>')
        assert parsed(f'<!DOCTYPE p SYSTEM "{address}/x.dtd" [<!ENTITY % y SYSTEM "{address}/y">%y;]><p>a</p>') == "a"
        assert parsed('<p xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/>a</p>') == "a"
    finally:
        server.shutdown()
    assert asked == []


def test_a_known_name_declared_by_the_document_keeps_its_character() -> None:
    assert parsed('<!DOCTYPE p [<!ENTITY mdash "evil">]><p>&mdash;</p>') == "—"


def test_prefixes_of_a_document_taken_out_of_its_container() -> None:
    root = xml.parse(b'<exch:exchange-document a:b="1"><exch:x/></exch:exchange-document>', HERE)
    assert xml.namespace_of(root) == "http://www.epo.org/exchange"
    assert xml.attribute(root, "b") == "1"


@pytest.mark.parametrize("text", ["<p>", "<p></q>", "", "<p a=1/>", "<p>\x01</p>", "<!DOCTYPE p [<!ENTITY", "<p/><p/>"])
def test_what_is_not_well_formed_is_named(text: str) -> None:
    with pytest.raises(RecordError, match=r"a\.xml: is not well-formed XML at line"):
        parsed(text)


def test_elements_nested_deep() -> None:
    assert parsed("<b>" * 2000 + "deep" + "</b>" * 2000) == "deep"
    with pytest.raises(RecordError, match="well-formed"):
        parsed("<b>" * 100_000 + "</b>" * 100_000)


def test_a_hostile_prolog_takes_no_time() -> None:
    start = time.perf_counter()
    for text in ("<!DOCTYPE p [" + "<!--" * 50_000, "<!DOCTYPE p " + "\"'" * 50_000, "<" + "a" * 1_000_000):
        with pytest.raises(RecordError):
            parsed(text)
    assert time.perf_counter() - start < 5


def test_comments_and_processing_instructions_are_not_text() -> None:
    assert parsed("<p>a<!-- no --> b<?no no?> c</p>") == "a b c"
