"""Texts that speak to a language model instead of to a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, around, many

# Kinds as in OWASP, "Top 10 for LLM applications", LLM01 (prompt injection); six languages of publication.
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:all |any |the |your |of |these |those )*"
    r"(?:previous|prior|above|earlier|preceding|foregoing|system) "
    r"(?:instructions?|prompts?|directions?|messages?|rules)"
    r"|\b(?:reveal|print|repeat|show) (?:me )?(?:your|the) (?:system |hidden |initial )?(?:prompt|instructions)\b"
    r"|\byou are (?:now )?(?:an? )?(?:helpful |AI |large )*(?:assistant|language model|chatbot|ChatGPT|DAN)\b"
    r"|\b(?:as|since|because) (?:you are |I am |I'm )?an? (?:AI|large) language model\b"
    r"|\b(?:do not|don't) (?:translate|classify|summari[sz]e) (?:this|the following|the text)\b"
    r"|\b(?:classify|label|rank) this (?:document|patent|text|application) as\b"
    r"|\b(?:answer|respond|reply|output) only with\b"
    r"|\bignorier(?:e|en Sie|t)? (?:alle |die |sämtliche )*(?:vorherigen|bisherigen|vorangehenden|obigen) "
    r"(?:Anweisungen|Instruktionen|Befehle)"
    r"|\b(?:ignore[zr]?|oublie[zr]?) (?:toutes )?les (?:instructions|consignes) (?:précédentes|antérieures|ci-dessus)"
    r"|\b(?:ignor[ae]|olvid[ae]) (?:todas )?las instrucciones (?:anteriores|previas)"
    r"|\b(?:ignore|esqueça) (?:todas )?as instruções (?:anteriores|prévias|acima)"
    r"|忽略(?:所有|全部)?(?:之前|以上|先前|上述)的?(?:所有|全部)?(?:指令|指示|提示)"
    r"|(?:以前|上記|これまで|前)の(?:すべての)?(?:指示|命令|プロンプト)を(?:無視|忘れ)",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"<\|(?:im_start|im_end|endoftext|system|user|assistant|eot_id|start_header_id|begin_of_text)\|>"
    r"|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|^#{2,4} ?(?:Instruction|System|Response)s?:?\s*$"
    r"|^(?:system|assistant|human|user)\s*:\s*\S(?=[\s\S]*^(?:system|assistant|human|user)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)


def model_instructions(subject: Subject) -> Iterator[Finding]:
    """``instruction-to-model``: an order to a language model, role markers or control tokens of chat formats.

    A line that begins 'user:' counts only together with a second such line. Patents on chat programs may hold such
    phrases honestly; a person decides.
    """
    hits = Hits()
    for where, _, name, field, text, _ in subject.texts():
        if match := _ORDERS.search(text) or _MARKS.search(text):
            hits.add(where, f"'{name}', {field}, position {match.start() + 1}: {around(text, *match.span())}")
    message = (
        f"{many(hits.count, 'text speaks', 'texts speak')} to a language model: {hits.first}. Take it out, or say in "
        "the card that it is a test of this."
    )
    yield from hits.finding("instruction-to-model", "warning", message)
