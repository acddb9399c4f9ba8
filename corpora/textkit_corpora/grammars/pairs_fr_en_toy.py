"""Twenty French and English sentence pairs, to learn by heart in seconds."""

from __future__ import annotations

from textkit_corpora.grammars.recipe import Recipe

_PAIRS = (
    ("Le chat dort.", "The cat is sleeping."),
    ("Le chien dort.", "The dog is sleeping."),
    ("Le chat noir dort.", "The black cat is sleeping."),
    ("Le chien noir mange.", "The black dog is eating."),
    ("Le chat mange le poisson.", "The cat is eating the fish."),
    ("Le chien ne mange pas.", "The dog is not eating."),
    ("La fille lit.", "The girl is reading."),
    ("La fille lit un livre.", "The girl is reading a book."),
    ("Le garçon lit un livre rouge.", "The boy is reading a red book."),
    ("Le garçon ne dort pas.", "The boy is not sleeping."),
    ("Elle a un chat.", "She has a cat."),
    ("Il a un chien.", "He has a dog."),
    ("Elle a un livre rouge.", "She has a red book."),
    ("Il n'a pas de chat.", "He does not have a cat."),
    ("Elle aime le chien noir.", "She likes the black dog."),
    ("Il aime le poisson.", "He likes the fish."),
    ("Où est le chat ?", "Where is the cat?"),
    ("Où est la fille ?", "Where is the girl?"),
    ("Le livre est sur la table.", "The book is on the table."),
    ("Le chat est sous la table.", "The cat is under the table."),
)


def _generate() -> dict[str, list[str]]:
    return {"train": [f"{french}\t{english}" for french, english in _PAIRS]}


CORPUS = Recipe(
    name="pairs-fr-en-toy",
    title="Twenty French and English sentence pairs",
    description=(
        "Twenty short sentences in French with their English translation, of few words that come again and "
        "again: the colour changes its side, the negation has two halves, one verb form becomes two words."
    ),
    made="Written by hand for this project, not generated. No text was copied.",
    languages=("fr", "en"),
    task="machine translation",
    columns="French sentence, tab, English sentence; in French one plain space stands before ?",
    limits=(
        "A toy: enough to see a network learn by heart and attention find its place, and to show mistakes "
        "quickly; there is nothing to measure translation on."
    ),
    suffix=".tsv",
    generate=_generate,
)
