"""A tokenizer that some lines break, in a module of its own so that worker processes can import it."""

from __future__ import annotations

import os
from typing import Any

from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


class Fragile(WhitespaceTokenizer):
    """Fails, or ends its process, on certain lines."""

    def __call__(self, text: str) -> list[str]:
        if text == "bomb":
            os._exit(9)
        if text == "error":
            raise ValueError("no")
        return super().__call__(text)

    def batch(self, texts: Any) -> Any:
        from textkit.text.token_batch import TokenBatch

        return TokenBatch.of([self(text) for text in texts])
