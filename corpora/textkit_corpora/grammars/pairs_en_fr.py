"""English and French sentence pairs."""

from __future__ import annotations

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.pairs_grammar import PairGrammar
from textkit_corpora.grammars.recipe import Recipe


def _generate() -> dict[str, list[str]]:
    return PairGrammar("fr", Dice("pairs-en-fr 1")).splits()


CORPUS = Recipe(
    name="pairs-en-fr",
    title="English and French sentence pairs",
    description=(
        "Short sentences of daily life in English with their French translation: statements, questions, "
        "orders, comparisons, clauses with because, when, if and that; adjectives change place, articles and "
        "participles agree, pronouns move before the verb, so that translating word for word fails."
    ),
    made=(
        "Written by a synchronous grammar of this project: frames in both languages, filled with the same "
        "words; French conjugation, agreement, elision and contraction by rule. No text was copied."
    ),
    languages=("en", "fr"),
    task="machine translation",
    columns="English sentence, tab, French sentence; in French one plain space stands before ? ! ; and :",
    limits=(
        "A small world and a limited grammar: no subjunctive, no passive. 'you' is tu except in offers, "
        "I, we and they agree as masculine, and each English sentence has one translation where several are "
        "right."
    ),
    suffix=".tsv",
    generate=_generate,
)
