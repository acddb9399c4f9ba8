"""The text an n-gram model is trained on: ids with the ends of lines, and nothing else a line."""

from __future__ import annotations

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.lm.language_model import END
from textkit.lm.trie import read_only
from textkit.scratch import Scratch, release
from textkit.text.vocab import Vocab

_AT_ONCE = 1 << 22  # tokens encoded before their memory is given back


def training_corpus(text: InternedText, vocab: Vocab, *, scratch: Scratch | None = None) -> EncodedCorpus:
    """The text in ids of a language model's vocabulary, each line ended by `</s>`.

    The corpus is that of `MeasuredText.of(text, vocab)`, without what measuring needs. With a folder
    `scratch` takes its ids and offsets; memory is then needed for the types alone. Raises TextkitError
    when the folder has no room.

    >>> vocab = Vocab(("<unk>", "</s>", "a"), (0, 0, 1), specials=2)
    >>> training_corpus(InternedText.of(["a b", ""], str.split), vocab).ids.tolist()
    [2, 0, 1, 1]
    """
    from textkit.lm.kernels.encoding import encode_lines

    scratch = scratch or Scratch()
    codes, offsets = text.corpus.ids, text.corpus.offsets
    ids = np.array(vocab.encode(text.types), np.int32)
    out = scratch.empty(len(codes) + len(text), np.int32)
    out_offsets = scratch.empty(len(text) + 1, np.int64)
    out_offsets[0] = 0
    mapped = (codes, offsets, out, out_offsets)
    source, places, target, ends = (np.asarray(array) for array in mapped)
    begin = 0
    while begin < len(text):
        stop = int(np.searchsorted(places, places[begin] + _AT_ONCE))
        stop = min(max(stop, begin + 1), len(text))
        encode_lines(read_only(source), read_only(places), ids, vocab.id(END), begin, stop, target, ends)
        for array in mapped:
            release(array)
        begin = stop
    return EncodedCorpus(out, out_offsets)
