"""English and Chinese sentence pairs."""

from __future__ import annotations

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.pairs_grammar import PairGrammar
from textkit_corpora.grammars.recipe import Recipe


def _generate() -> dict[str, list[str]]:
    return PairGrammar("zh", Dice("pairs-en-zh 1")).splits()


CORPUS = Recipe(
    name="pairs-en-zh",
    title="English and Chinese sentence pairs",
    description=(
        "Short sentences of daily life in English with their translation into simplified Chinese: "
        "statements, questions, orders, comparisons with 比, sentences with 把, clauses with because, when "
        "and if; times and places come before the verb, aspect stands for tense, nouns take measure words: "
        "translating word for word fails."
    ),
    made=(
        "Written by a synchronous grammar of this project: frames in both languages, filled with the same "
        "words; measure words, aspect and negation by rule. No text was copied."
    ),
    languages=("en", "zh"),
    task="machine translation",
    columns="English sentence, tab, Chinese sentence without spaces",
    limits=(
        "A small world and a limited grammar; 'the' is left untranslated, and each English sentence has one "
        "translation where several are right."
    ),
    suffix=".tsv",
    generate=_generate,
)
