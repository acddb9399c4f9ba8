"""Text that grows token by token, and which part of it further tokens can no longer change."""

from __future__ import annotations

from collections.abc import Sequence

from textkit.errors import UsageError
from textkit.text.tokenizer import Tokenizer

_HALF_CHARACTER = "\ufffd"  # what bytes become that more bytes may still complete


class GrowingText:
    """A prompt and the tokens after it, put together by `tokenizer`.

    The text ends before the first of the strings `stops` that begins behind the prompt, also where
    several tokens make it up. Raises UsageError for an empty stop string.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> text = GrowingText([["the"]], WhitespaceTokenizer(), stops=["sat on"])
    >>> for token in ("cat", "sat"):
    ...     text.add(token)
    >>> text.settled(), text.text()  # "sat" may become "sat on"
    ('the cat ', 'the cat sat')
    >>> text.add("on")
    >>> text.ended, text.text()
    (True, 'the cat ')
    """

    def __init__(
        self, prompt: Sequence[Sequence[str]], tokenizer: Tokenizer, *, stops: Sequence[str] = ()
    ) -> None:
        if "" in stops:
            raise UsageError("a stop string must not be empty")
        self._tokenizer, self._stops = tokenizer, tuple(stops)
        self._steady, self._may_end_in_bytes = _steadiness(tokenizer)
        self._lines = ""  # those that are complete, with their line ends
        self._line: list[str] = []
        for line in prompt[:-1]:
            self._line = list(line)
            self.add(None)
        self._line = list(prompt[-1])
        self._prompt = self._whole()

    def add(self, token: str | None) -> None:
        """One token more; None ends the line."""
        if token is None:
            self._lines, self._line = f"{self._whole()}\n", []
        else:
            self._line.append(token)

    @property
    def ended(self) -> bool:
        """Whether a stop string stands where nothing can change it any more."""
        return bool(self._stops) and self._end(self._firm()) is not None

    def text(self) -> str:
        """The whole text."""
        whole = self._whole()
        return whole[: self._end(whole)]

    def settled(self) -> str:
        """What every later `text` begins with: no half characters, no beginning of a stop string.

        Tokenizers whose later tokens change how earlier ones are put together (NLTK, jieba's search mode)
        let go of whole lines only.
        """
        firm = self._firm()
        end = self._end(firm)
        if end is not None:
            return firm[:end]
        begins = self._behind_prompt(firm)
        for start in range(max(begins, len(firm) - max(map(len, self._stops), default=0) + 1), len(firm)):
            if any(stop.startswith(firm[start:]) for stop in self._stops):
                return firm[:start]
        return firm

    def _whole(self) -> str:
        return self._lines + self._tokenizer.detokenize(self._line)

    def _firm(self) -> str:
        if not self._steady:
            return self._lines
        whole = self._whole()
        return whole.rstrip(_HALF_CHARACTER) if self._may_end_in_bytes else whole

    def _end(self, text: str) -> int | None:
        """Where the first stop string begins."""
        begins = self._behind_prompt(text) if self._stops else 0
        found = [place for stop in self._stops if (place := text.find(stop, begins)) >= 0]
        return min(found, default=None)

    def _behind_prompt(self, text: str) -> int:
        """Where the text begins to differ from the prompt alone."""
        if text.startswith(self._prompt):
            return len(self._prompt)
        pairs = enumerate(zip(self._prompt, text, strict=False))
        return next((place for place, (a, b) in pairs if a != b), min(len(self._prompt), len(text)))


def _steadiness(tokenizer: Tokenizer) -> tuple[bool, bool]:
    """Whether the text of tokens begins that of more tokens, and may end in half a character."""
    from textkit.text.tokenizers.characters import CharacterTokenizer
    from textkit.text.tokenizers.jieba import JiebaTokenizer
    from textkit.text.tokenizers.regular_expression import RegexTokenizer
    from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer
    from textkit.text.tokenizers.spacy import SpacyTokenizer
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

    if isinstance(tokenizer, JiebaTokenizer):
        return tokenizer.mode == "accurate", False
    steady = (CharacterTokenizer, RegexTokenizer, SpacyTokenizer, WhitespaceTokenizer)
    in_bytes = isinstance(tokenizer, SentencePieceTokenizer)
    return in_bytes or isinstance(tokenizer, steady), in_bytes
