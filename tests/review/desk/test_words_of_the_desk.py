"""Every message of the desk in three languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from wild_aieval.review import desk
from wild_aieval.review.desk.wording import words

FOLDER = Path(desk.__file__).parent


def in_the_code():
    keywords = {"say": None, "marked": None, "say_many": (1, 2)}
    method_map = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(str(FOLDER), method_map=method_map, keywords=keywords)
    return {message for _, _, message, *_ in found}


def in_the_catalogue(file):
    with (FOLDER / "locale" / file).open("rb") as readable:
        messages = read_po(readable, locale=None if file == "messages.pot" else file.partition(".")[0])
    return [message for message in messages if message.id]


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("file", ["messages.pot", "fr.po", "es.po"])
def test_every_message_is_in_the_catalogue_and_no_other(file):
    assert {message.id for message in in_the_catalogue(file)} == in_the_code()


@pytest.mark.parametrize("file", ["fr.po", "es.po"])
def test_every_message_is_translated_with_its_values(file):
    for message in in_the_catalogue(file):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.id, tuple) else (message.string,)
        assert not message.fuzzy
        assert len(strings) == len(ids)
        for text in strings:
            assert text and fields(text) == fields(ids[-1]), message.id


@pytest.mark.parametrize("file", ["messages.pot", "fr.po", "es.po"])
def test_no_word_for_an_answer_that_stands_by_itself(file):
    text = (FOLDER / "locale" / file).read_text(encoding="utf-8")
    assert not re.search(r"accepted|approved|\bfinal|patentab|brevetab", text, re.IGNORECASE)


def test_french_spaces_do_not_break_a_line_before_a_sign():
    text = (FOLDER / "locale" / "fr.po").read_text(encoding="utf-8")
    assert not re.search(r'msgstr.*[^"\u202f][;?!]', text)
    assert not re.search(r"msgstr.* :", text)


def test_numbers_and_languages_as_each_language_writes_them():
    assert words("en").say_many("{number} item", "{number} items", 1) == "1 item"
    assert words("fr").say_many("{number} item", "{number} items", 5000) == "5\u202f000 éléments"
    assert words("es").tongue("pt-BR") == "portugués (Brasil)"
    assert words("en").tongue("x?") == "x?"
