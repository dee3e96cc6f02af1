"""Starting the desk: one desk a ledger, this machine only, no batch that cannot be hidden."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.review import store
from wild_aieval.review.desk import serving
from wild_aieval.review.desk.exposure import Exposure
from wild_aieval.review.desk.serving import Options


def test_two_desks_on_one_ledger_are_refused(tmp_path):
    address = str(tmp_path / "review" / "ledger.jsonl")
    refused = pytest.raises(UserError, match="another desk is at work on the ledger")
    with serving.alone(address), refused, serving.alone(address):
        pass
    with serving.alone(address):
        pass


def test_a_database_is_locked_by_its_address(tmp_path, monkeypatch):
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path))
    with (
        serving.alone("sqlite:///x.db"),
        pytest.raises(UserError, match="another desk"),
        serving.alone("sqlite:///x.db"),
    ):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "desk.office.example"])
def test_other_machines_are_not_let_in_without_tls(host, tmp_path):
    with pytest.raises(UserError, match="without encryption"):
        _ = Options(tmp_path, host=host).exposure
    with pytest.raises(UserError, match="every machine connect"):
        _ = Options(tmp_path, host=host, tls_name="desk.office.example").exposure
    allowed = Options(tmp_path, host=host, tls_name="Desk.office.example", proxies=("10.0.0.5",)).exposure
    assert allowed == Exposure(frozenset({"desk.office.example"}), frozenset({"10.0.0.5"}))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost", "::1"])
def test_this_machine_needs_no_option(host, tmp_path):
    exposed = Options(tmp_path, host=host).exposure
    assert not exposed.tls
    assert (f"[{host}]" if ":" in host else host) in exposed.hosts


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"proxies": ("10.0.0.5",)}, "--proxy needs --tls-name"),
        ({"tls_name": "https://desk.example"}, "not the name of a host"),
        ({"tls_name": "desk.example:443"}, "not the name of a host"),
        ({"tls_name": "desk.example", "proxies": ("proxy.example",)}, "not an address"),
    ],
)
def test_options_of_a_proxy_are_checked(more, said, tmp_path):
    with pytest.raises(UserError, match=said):
        _ = Options(tmp_path, **more).exposure


def test_the_password_of_a_ledger_is_not_said(tmp_path, monkeypatch):
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path))
    address = "postgresql://desk:very-secret-word@127.0.0.1/ledger"
    with serving.alone(address), pytest.raises(UserError) as refused, serving.alone(address):
        pass
    assert "very-secret-word" not in str(refused.value)


def test_a_port_that_is_taken_is_said(tmp_path):
    listening = serving._listening(Options(tmp_path, port=0))
    listening.listen()
    with pytest.raises(UserError, match="is not free"):
        serving._listening(Options(tmp_path, port=listening.getsockname()[1]))
    listening.close()


def test_tokens_are_printed_once(room, capsys):
    folder = room().folder
    serving.made(Options(folder), 8765)
    printed = capsys.readouterr().out
    assert "New tokens, shown this once" in printed
    assert printed.count("reviewer-") == 2
    serving.made(Options(folder), 8765)
    printed = capsys.readouterr().out
    assert "New tokens" not in printed
    assert "With a token from before: reviewer-1, reviewer-2" in printed


def test_documents_of_a_search_cannot_be_hidden_first(searches):
    desk = searches()
    items = tuple(dataclasses.replace(item, mode="hidden_first") for item in desk.batch.items)
    store.write(desk.folder, store.sealed(dataclasses.replace(desk.batch, id="b2", items=items)))
    with pytest.raises(UserError, match="cannot be hidden first"):
        serving.made(Options(desk.folder, batch="b2"), 8765)


def test_faults_of_the_command_are_one_paragraph(room, capsys, tmp_path):
    folder = str(room().folder)
    assert main(["review", "desk", str(tmp_path / "nowhere"), "--port", "0"]) == 1
    assert main(["review", "desk", folder, "--port", "0", "--batch", "nope"]) == 1
    assert main(["review", "desk", folder, "--port", "0", "--person", "ada:boss"]) == 1
    printed = capsys.readouterr().err
    assert "there is no batch 'nope'" in printed
    assert "there is no role 'boss'" in printed
    assert "Traceback" not in printed


def test_all_files_of_the_desk_lie_in_its_package():
    folder = Path(serving.__file__).parent
    for name in ("templates/item.html", "assets/desk.css", "assets/desk.js", "locale/fr.po"):
        assert (folder / name).is_file()
