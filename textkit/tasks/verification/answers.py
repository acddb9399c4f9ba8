"""The questions of a probe, one set for each kind of model. All answers move smoothly with the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textkit.tasks.classification.saved import SavedClassifier
    from textkit.tasks.language_model.saved import SavedModel
    from textkit.tasks.tagging.saved import SavedTagger
    from textkit.tasks.translation.saved import SavedTranslator
    from textkit.text.pipeline import Pipeline
    from textkit.text.vocab import Vocab

TEXTS = (
    "The room was quiet and the breakfast good, but on 3 of 10 days there was no hot water in Oslo.",
    "酒店的服务很好，房间也干净，只是早餐太贵，2019年以后我们不会再来北京了。",
)
WORDS = 48  # of a vocabulary, from all parts of it: rare ones are asked too

Tokens = list[list[str]]
Answers = tuple[Tokens, list[float]]


def answers(kind: str, opened: Any) -> Answers:
    """The tokens that TEXTS become, and the scores that an open model of a kind gives."""
    match kind:
        case "classifier":
            return _of_classifier(opened)
        case "tagger":
            return _of_tagger(opened)
        case "translator":
            return _of_translator(opened)
    return _of_language_model(opened)


def spread(vocab: Vocab) -> list[int]:
    """Some ids from all parts of a vocabulary, its specials left out.

    >>> from textkit.text.vocab import Vocab
    >>> spread(Vocab.build([["a", "b"], ["a"]], specials=("<unk>",)))
    [1, 2]
    """
    known = len(vocab) - vocab.specials
    count = min(known, WORDS)
    return [vocab.specials + number * known // count for number in range(count)]


def _tokens(pipeline: Pipeline[str, list[str]]) -> Tokens:
    return [list(tokens) for tokens in pipeline.map(TEXTS)]


def _of_language_model(saved: SavedModel) -> Answers:
    import numpy as np

    from textkit.data.encoded import EncodedCorpus
    from textkit.lm.language_model import END

    model, tokens = saved.model, _tokens(saved.pipeline)
    end = model.vocab.id(END)
    lines = [[*model.vocab.encode(line), end] for line in tokens] + [[*spread(model.vocab), end]]
    corpus = EncodedCorpus.from_sequences(lines)
    found = model.log_probs(corpus)
    return tokens, np.add.reduceat(found, corpus.offsets[:-1]).tolist()


def _of_classifier(saved: SavedClassifier) -> Answers:
    found = saved.probabilities(TEXTS)
    places = [number / found.shape[1] for number in range(found.shape[1])]  # of many labels not each
    return _tokens(saved.pipeline), [
        figure
        for row in found.tolist()
        for figure in (max(row), sum(p * place for p, place in zip(row, places, strict=True)))
    ]


def _of_tagger(saved: SavedTagger) -> Answers:
    tokens = _tokens(saved.pipeline)
    words = saved.inventory.words
    sentences = [[each for each in line if each.strip()] for line in tokens] + [words.decode(spread(words))]
    return tokens, saved.path_scores([each for each in sentences if each])


def _of_translator(saved: SavedTranslator) -> Answers:
    sides = saved.sides
    source = sides.source_vocab.decode(spread(sides.source_vocab))
    own = (_joined(sides.source, source), sides.decode_target(spread(sides.target_vocab)))
    pairs = [TEXTS, TEXTS[::-1], own]
    scored = saved.score([(source, target) for source, target in pairs])
    tokens = _tokens(sides.source) + ([] if sides.joint else _tokens(sides.target))
    return tokens, [pair.log_prob for pair in scored]


def _joined(pipeline: Pipeline[str, list[str]], tokens: Sequence[str]) -> str:
    from textkit.text.tokenizer import Tokenizer

    return cast(Tokenizer, pipeline.stages[-1]).detokenize(list(tokens))
