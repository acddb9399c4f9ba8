"""textkit and CTranslate2 as translators that serve the decoding benchmark (see translation_servers.py).

python benchmarks/translation_decoders.py textkit|ctranslate2 JOB
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from translation_servers import Message, serve
from translation_training import read


def load_textkit(job: Message) -> Callable[[Message], Message]:
    """textkit's side; a request says the precision."""
    import torch

    from textkit.tasks.translation import TranslationDecoding, load_translator

    torch.set_num_threads(job["threads"])
    translator = load_translator(job["run"])
    sentences = {part: read(Path(f"{job[part]}.de")) for part in ("tuning", "all")}

    def work(request: Message) -> Message:
        decoding = TranslationDecoding(
            beam=request["beam"],
            length_penalty=request["alpha"],
            min_length=1,
            max_ratio=0.0,
            max_extra=request["length"],
            patience=request["patience"],
            batch_tokens=request["batch"],
            precision=job["precision"],
        )
        began = time.perf_counter()
        found = [best for best, *_ in translator.translate(sentences[request["part"]], decoding)]
        seconds = time.perf_counter() - began
        end = translator.sides.target_vocab.tokens[1]
        tokens = [[*each.tokens, *([end] if each.finished else [])] for each in found]
        return {"seconds": seconds, "texts": [each.text for each in found], "tokens": tokens}

    return work


def load_ctranslate2(job: Message) -> Callable[[Message], Message]:
    """CTranslate2's side, with the pieces of the sentencepiece model beside its own."""
    import ctranslate2
    import sentencepiece

    folder = Path(job["folder"])
    translator = ctranslate2.Translator(str(folder), compute_type=job["type"], inter_threads=job["threads"])
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    sentences = {part: read(Path(f"{job[part]}.de")) for part in ("tuning", "all")}

    def work(request: Message) -> Message:
        began = time.perf_counter()
        found = translator.translate_batch(
            pieces.encode(sentences[request["part"]], out_type=str, num_threads=1),
            beam_size=request["beam"],
            length_penalty=request["alpha"],
            max_batch_size=request["batch"],
            max_decoding_length=request["length"],
        )
        tokens = [each.hypotheses[0] for each in found]
        texts = [pieces.decode(each) for each in tokens]
        seconds = time.perf_counter() - began
        ended = [each if len(each) == request["length"] else [*each, "</s>"] for each in tokens]
        return {"seconds": seconds, "texts": texts, "tokens": ended}

    return work


LOADERS = {"textkit": load_textkit, "ctranslate2": load_ctranslate2}

if __name__ == "__main__":
    serve(lambda: LOADERS[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))
