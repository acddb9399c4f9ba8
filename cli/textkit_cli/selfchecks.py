"""Questions with known answers for each compiled piece: python -m textkit_cli.selfchecks NAME...

Run in a process of its own, since broken machine code may end it. Each question is announced before it is
asked, so that who reads knows which was the last. Answers are lines of JSON on standard output.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from textkit_cli.findings import DoubtError, checked


def _equal(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise AssertionError(f"wrong answer: {found!r} where {wanted!r} is due")


def _numpy() -> str:
    import numpy as np

    _equal((np.arange(6).reshape(2, 3) @ np.ones((3, 1))).ravel().tolist(), [3.0, 12.0])
    return f"numpy {np.__version__}"


def _tokenizers() -> str:
    from textkit.text.kernels import unavailable
    from textkit.text.tokenizers.jieba import JiebaTokenizer
    from textkit.text.tokenizers.regular_expression import RegexTokenizer

    _equal(RegexTokenizer().batch(["It's 3.5 km"]).lists(), [RegexTokenizer()("It's 3.5 km")])
    _equal(JiebaTokenizer().batch(["我来到北京清华大学"]).lists(), [["我", "来到", "北京", "清华大学"]])
    if reason := unavailable():
        raise DoubtError(f"not compiled, so slow: {reason}", "install numba again: pip install -U numba")
    return "regex and jieba segment as they should, compiled"


def _ngrams() -> str:
    import math

    from textkit.lm.estimate import estimate

    model = estimate(["a b", "a c", "b a"], order=2)
    begin, total = model.begin(), 0.0
    for word in model.vocab.tokens:
        if word != "<s>":
            total += math.exp(model.score(begin, word)[0])
    if abs(total - 1) > 1e-5:
        raise AssertionError(f"wrong answer: probabilities sum to {total}")
    return "an n-gram model's probabilities sum to one"


def _bags() -> str:
    from textkit.data.bag_of_words.vectorizer import BagOfWords

    counts = BagOfWords(tokenizer="whitespace", words=(1, 1), weighting="count").fit_transform(["a b a", "b"])
    _equal(sorted(map(sorted, counts.toarray().tolist())), [[0, 1], [1, 2]])
    return "words are counted as they should be"


def _learning() -> str:
    import numpy as np

    from textkit.models.regression.lasso import lasso

    fitted = lasso(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]), penalty=0.5)
    _equal(fitted.weights.round(6).tolist(), [1.5])
    return "coordinate descent finds the known minimum"


def _sentencepiece() -> str:
    import sentencepiece

    from textkit.text.tokenizers.sentencepiece import train_sentencepiece

    lines = ["the cat sat on the mat", "the dog sat on the log"] * 4
    pieces = train_sentencepiece(lines, vocab_size=24, model_type="bpe")(lines[0])
    _equal("".join(pieces).replace("▁", " ").strip(), lines[0])
    return f"sentencepiece {sentencepiece.__version__} trains and segments"


def _spacy() -> str:
    import spacy

    words = [token.text for token in spacy.blank("en")("Mr. Chen doesn't agree.")]
    _equal(words, ["Mr.", "Chen", "does", "n't", "agree", "."])
    return f"spaCy {importlib.metadata.version('spacy')}, a blank model tokenizes"


def _opencc() -> str:
    from textkit.text.clean import Simplify

    _equal(Simplify()("漢語"), "汉语")
    return "traditional characters become simplified ones"


def _arrow() -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    table = pa.table({"text": ["猫", "dog"]})
    pq.write_table(table, sink, compression="zstd")
    _equal(pq.read_table(pa.BufferReader(sink.getvalue())).to_pylist(), table.to_pylist())
    return f"pyarrow {pa.__version__} writes and reads Parquet and Zstandard"


def _torch() -> str:
    import torch

    whole = torch.arange(64.0).reshape(8, 8) % 5
    rows, columns = whole.tolist(), whole.T.tolist()
    wanted = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in rows]
    for kind in (torch.float32, torch.bfloat16):  # sums below 256, which both hold exactly
        _equal((whole.to(kind) @ whole.to(kind)).float().tolist(), wanted)
    weight = torch.ones(3, requires_grad=True)
    (weight * torch.tensor([1.0, 2.0, 3.0])).sum().backward()  # type: ignore[no-untyped-call]
    _equal(weight.grad.tolist() if weight.grad is not None else None, [1.0, 2.0, 3.0])
    found = f"torch {torch.__version__}, products in float32 and bfloat16 are right"
    return f"{found}, threads: {torch.get_num_threads()}"


def _search() -> str:
    import torch

    from textkit.decode.highest import highest

    values, columns = highest(torch.tensor([[1.0, 3.0, 2.0, 3.0]]), 3)
    _equal((values.tolist(), columns.tolist()), ([[3.0, 3.0, 2.0]], [[1, 3, 2]]))
    return "the most probable words are found in order"


def _attention() -> str:
    import torch
    from torch import nn

    from textkit.models.packed import packed
    from textkit.models.translators.slot_attention import look_at

    kept = torch.tensor([1.0, 1, 2, 3, 1, 1, 4, 7]).view(1, 2, 2, 1, 2)  # two equal keys
    found = look_at(torch.ones(1, 2), kept, places=torch.tensor([0]), lengths=torch.tensor([2]))
    _equal(found.tolist(), [[3.0, 5.0]])
    layer = nn.Linear(2, 2)
    quick = "laid out anew" if packed(layer) is not layer else "as torch has them, which is slower"
    return f"attention finds the mean of equal keys' values; weights are {quick}"


def _gradients() -> str:
    import torch

    from textkit.models.softmax_gradient import differentiate

    for kind in (torch.float32, torch.bfloat16):
        logits = torch.zeros(1, 2, dtype=kind)
        sums = differentiate(logits, None, torch.tensor([0])).sums
        _equal((logits.float() / sums[:, None]).tolist(), [[-0.5, 0.5]])
    return "the gradient of a softmax is right"


def _gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        return "none that torch can use; networks are trained on the processor"
    ones = torch.ones(64, 64, device="cuda")
    _equal((ones @ ones).sum().item(), 64.0**3)
    return f"{torch.cuda.get_device_name()}, products are right"


def _safetensors() -> str:
    import numpy as np
    from safetensors.numpy import load, save

    _equal(load(save({"a": np.arange(3)}))["a"].tolist(), [0, 1, 2])
    return "weights are written and read"


def _cache() -> str:
    from textkit.text.tokenizers.jieba_dictionary import private_folder

    folder = private_folder()
    if folder is None:
        raise DoubtError(
            "there is no private folder to write to, so dictionaries are read anew in each process",
            "make ~/.cache writable, or set XDG_CACHE_HOME",
        )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{folder}, {size / 1e6:,.1f} MB, private and writable"


class Check(NamedTuple):
    """A question: the answer in words, and the package that is to be installed again if it is wrong."""

    ask: Callable[[], str]
    package: str = ""


# Those that need torch take a process of their own, beside the others.
CHECKS = {
    "numpy": Check(_numpy, "numpy"),
    "cache": Check(_cache),
    "compiled tokenizers": Check(_tokenizers, "numba llvmlite"),
    "compiled n-grams": Check(_ngrams, "numba llvmlite"),
    "compiled counting": Check(_bags, "numba llvmlite scipy"),
    "compiled learning": Check(_learning, "numba llvmlite"),
    "sentencepiece": Check(_sentencepiece, "sentencepiece"),
    "opencc": Check(_opencc, "opencc"),
    "pyarrow": Check(_arrow, "pyarrow"),
    "safetensors": Check(_safetensors, "safetensors"),
    "spacy": Check(_spacy, "spacy"),
}
TORCH_CHECKS = {
    "torch": Check(_torch, "torch"),
    "compiled gradients": Check(_gradients, "numba llvmlite"),
    "compiled search": Check(_search, "numba llvmlite"),
    "compiled attention": Check(_attention, "numba llvmlite"),
    "gpu": Check(_gpu, "torch"),
}


def main(names: list[str]) -> None:
    """Ask, and write what was found; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in names:
        check = (CHECKS | TORCH_CHECKS)[name]
        print(json.dumps({"begun": name}), file=answers, flush=True)
        found = checked(name, check.ask, package=check.package)
        print(json.dumps(dataclasses.asdict(found)), file=answers, flush=True)
    answers.flush()
    os._exit(0)  # what a broken library would do at the end is no concern


if __name__ == "__main__":
    main(sys.argv[1:])
