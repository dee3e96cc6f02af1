"""A loaded chat model: messages to token ids by the model's own chat template, and greedy generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wild_aieval.errors import UserError
from wild_aieval.models.local import control_tokens
from wild_aieval.models.local.label_scores import LabelScorer, label_tokens
from wild_aieval.models.local.label_ways import left_padded
from wild_aieval.models.local.time_limit import within
from wild_aieval.models.prompting import Message

_NO_LIMIT = 10**6
_TEMPLATE_SECONDS = 5.0


class Reply(NamedTuple):
    """What a model wrote; ``ended`` is False where it was stopped by the limit of new tokens."""

    text: str
    tokens: int
    ended: bool


class LoadedChat:
    """Tokenizer and model, with the settings that generation needs.

    ``options`` are handed to the chat template (such as ``enable_thinking``). UserError where the tokenizer has no
    template, as base models have none.
    """

    def __init__(self, owner: str, tokenizer: Any, model: Any, options: Mapping[str, Any], new_tokens: int) -> None:
        if not tokenizer.chat_template:
            raise UserError(
                f"{owner}: the model's tokenizer has no chat template, as base models have none. Take an "
                "instruct model."
            )
        self._owner, self._tokenizer, self._model = owner, tokenizer, model
        self._options, self._new_tokens = dict(options), new_tokens
        self._ends = _ends(tokenizer, model)
        self._padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(self._ends)
        self._control = control_tokens.of_tokenizer(tokenizer, words=True)
        self._plain_generation()
        self.positions = int(getattr(model.config, "max_position_embeddings", None) or _NO_LIMIT)

    def render(self, chat: Sequence[Message]) -> str:
        """The chat as text, up to where the answer begins; control tokens within a message are taken apart."""
        safe = [{"role": message["role"], "content": self._control.apart(message["content"])} for message in chat]
        try:
            with within(_TEMPLATE_SECONDS):  # a template is a program, if a harmless one
                return str(
                    self._tokenizer.apply_chat_template(
                        safe, add_generation_prompt=True, tokenize=False, **self._options
                    )
                )
        except Exception as fault:  # noqa: BLE001  a template raises whatever it likes
            raise UserError(
                f"{self._owner}: the model's chat template refuses the prompt ({type(fault).__name__}: "
                f"{str(fault)[:200]}). Some models take no system message: leave 'system' empty and write "
                "everything into 'user'."
            ) from None

    def prompt(self, chat: Sequence[Message]) -> list[int]:
        """Token ids of ``render``."""
        return list(self._tokenizer(self.render(chat), add_special_tokens=False, verbose=False)["input_ids"])

    def scorer(self, chat: Sequence[Message], labels: Sequence[str]) -> tuple[LabelScorer, int]:
        """Scores ``labels`` as answers to chats like ``chat``; and how many tokens the longest label has."""
        tokens = label_tokens(self._owner, self._tokenizer, self.render(chat), labels)
        return LabelScorer(self._model, tokens, self._padding), max(len(label) for label in tokens)

    def generate(self, prompts: Sequence[Sequence[int]]) -> list[Reply]:
        """The likeliest next token, step by step, until the model ends or the limit of new tokens is reached."""
        import torch

        inputs = left_padded(prompts, self._padding, self._model.device)
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=self._new_tokens,
            )
        return [self._reply(row) for row in output[:, inputs["input_ids"].shape[1] :].tolist()]

    def _reply(self, tokens: list[int]) -> Reply:
        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        text = self._tokenizer.decode(tokens[:end], skip_special_tokens=True).strip()
        return Reply(text, len(tokens) if end is None else end + 1, end is not None)

    def _plain_generation(self) -> None:
        """Greedy: sampling and penalties that a model brings as its defaults are left out."""
        from transformers import GenerationConfig

        self._model.generation_config = GenerationConfig(
            do_sample=False, num_beams=1, eos_token_id=sorted(self._ends), pad_token_id=self._padding
        )


def _ends(tokenizer: Any, model: Any) -> set[int]:
    declared = model.generation_config.eos_token_id
    ends = set(declared) if isinstance(declared, list) else {declared}
    return {token for token in ends | {tokenizer.eos_token_id} if token is not None}
