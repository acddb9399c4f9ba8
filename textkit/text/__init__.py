"""Floor 0: strings become tokens, and tokens become ids. Never imports torch.

Nothing here loads a heavy library when imported: each tokenizer and each cleaning stage loads what it
needs when it is first called.
"""

from textkit.text.pipeline import Pipeline, Stage
from textkit.text.tokenizer import BatchTokenizer, Token, Tokenizer
from textkit.text.vocab import Vocab

__all__ = ["BatchTokenizer", "Pipeline", "Stage", "Token", "Tokenizer", "Vocab"]
