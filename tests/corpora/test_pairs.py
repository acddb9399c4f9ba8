"""The generated sentence pairs, held against French and Chinese rules written down here a second time."""

from __future__ import annotations

import collections
import functools
import hashlib
import re
from collections.abc import Iterable

import pytest

import textkit_corpora
from textkit.errors import InputError
from textkit_corpora.grammars import pairs_en_fr, pairs_en_zh
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.pairs_binding import Binding
from textkit_corpora.grammars.pairs_chinese import Chinese
from textkit_corpora.grammars.pairs_english import English
from textkit_corpora.grammars.pairs_french import French
from textkit_corpora.grammars.pairs_french_verbs import future, imperfect, participle, present
from textkit_corpora.grammars.recipe import Recipe

CORPORA = (pairs_en_fr.CORPUS, pairs_en_zh.CORPUS)
# Change these only with the grammar: they hold that the corpora come out the same everywhere.
SHA256 = {
    "pairs-en-fr": "54094aba98e06f493dffb9f9691e5198abadba1f2d29ad204388bc646b6a2437",
    "pairs-en-zh": "c608a3fb9fde4e49b2e4e04d028fd96859d33e911bc3ec660effad05ce29043d",
}


@functools.cache
def _lines(name: str) -> tuple[str, ...]:
    corpus = next(corpus for corpus in CORPORA if corpus.name == name)
    return tuple(line for lines in corpus.generate().values() for line in lines)


def _pairs(name: str) -> list[tuple[str, str]]:
    return [(source, target) for source, target in (line.split("\t") for line in _lines(name))]


def _french() -> list[str]:
    return [target for _, target in _pairs("pairs-en-fr")]


def _chinese() -> list[str]:
    return [target for _, target in _pairs("pairs-en-zh")]


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.name)
def test_splits_and_uniqueness(corpus: Recipe) -> None:
    splits = corpus.generate()
    assert {name: len(lines) for name, lines in splits.items()} == {"train": 2500, "valid": 250, "test": 250}
    pairs = [line.split("\t") for lines in splits.values() for line in lines]
    assert all(len(pair) == 2 for pair in pairs)
    for column in (0, 1):
        assert len({pair[column] for pair in pairs}) == 3000


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.name)
def test_the_same_every_time(corpus: Recipe) -> None:
    lines = [line for part in corpus.generate().values() for line in part]
    assert tuple(lines) == _lines(corpus.name)
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == SHA256[corpus.name]


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.name)
def test_english_side(corpus: Recipe) -> None:
    sources = [source for source, _ in _pairs(corpus.name)]
    for source in sources:
        assert 3 <= len(source.split()) <= 20, source
        assert source[0].isupper(), source
        assert source[-1] in ".?!", source
        assert not re.search(r"[{}~_]|  | [.,?!]|\b(a [aeio]|an [^aeiouh])", source), source
        if not source.endswith("?"):
            assert not re.search(r"\b(he|she|it) (are|were|have|do|don't)\b", source), source
    types = {word for source in sources for word in re.findall(r"[a-z'-]+", source.lower())}
    assert len(types) > 600
    kinds = [source for source in sources if source.endswith("?")]
    assert 0.1 < len(kinds) / len(sources) < 0.5


def test_french_elision_and_contraction() -> None:
    vowel = r"[aeiouéèêâîôœ]"
    wrong = re.compile(
        rf"\b(je|me|te|se|le|la|ne|de|que) (?!onz|oui){vowel}|\bsi ils?\b|\b(le|la|de|je|ne|que) h(?!aut|uit)"
        r"|\bde les?\b|\bà les?\b|l'(onz|huit)|[ldnjtsm]'[bcdfgjklmnpqrstvwxz]",
        re.IGNORECASE,
    )
    for target in _french():
        assert not wrong.search(target), target


def test_french_spacing() -> None:
    for target in _french():
        assert target[0].isupper(), target
        assert not re.search(r"[{}~_]|  | [.,]|[^ ][?!;:]|\u00a0|\u202f", target), target


def test_french_negation_has_both_halves() -> None:
    for source, target in _pairs("pairs-en-fr"):
        if re.search(r"\b(ne|n')\b", target.lower()):
            halves = r"\b(pas|jamais|plus|ni)\b"
            assert re.search(halves, target), target
            assert re.search(r"not|n't|never|no\b|any more|neither|no longer", source), source


GENDERS = {
    "f": "pomme poire maison voiture lettre clé tasse école église robe table chaise viande soupe gare plage",
    "m": "livre chapeau chien train gâteau manteau pain musée hôtel sac poème journal château lit canapé",
}
ADJECTIVES = {
    "f": "blanche verte noire grise violette grande petite vieille nouvelle belle chère lourde ennuyeuse",
    "m": "blanc vert noir gris violet grand petit vieux nouveau beau cher lourd ennuyeux bel nouvel vieil",
}


@pytest.mark.parametrize(("gender", "wrong"), [("f", "le un ce cet"), ("m", "la une cette ma ta sa")])
def test_french_articles_agree(gender: str, wrong: str) -> None:
    nouns, articles = "|".join(GENDERS[gender].split()), "|".join(wrong.split())
    other = "|".join(ADJECTIVES["m" if gender == "f" else "f"].split())
    pattern = re.compile(rf"\b({articles}) (({other}) )?({nouns})\b|\b({nouns}) ({other})\b", re.IGNORECASE)
    agreeing = "une|la|cette" if gender == "f" else "un|le|ce"
    right = re.compile(rf"\b({agreeing}) ({nouns})\b", re.IGNORECASE)
    assert not [target for target in _french() if pattern.search(target)]
    assert sum(bool(right.search(target)) for target in _french()) > 50


def test_french_participles_agree_with_etre() -> None:
    found = 0
    for target in _french():
        adverb = r"(?:pas |déjà |jamais )?"
        verbs = rf"\b(elle|il|ils|je|nous) (?:n'|ne )?(est|sont|suis|sommes) {adverb}(\w+(?:é|i|u)e?s?)\b"
        for subject, verb, word in re.findall(verbs, target.lower()):
            stem = re.fullmatch(r"(all|arriv|rest|tomb|rentr|ven|sort|part)(é|i|u)(e?)(s?)", word)
            if stem:
                found += 1
                assert bool(stem[3]) == (subject == "elle"), target
                assert bool(stem[4]) == (verb in ("sont", "sommes")), target
    assert found > 10


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (
            (present("préférer", person) for person in (1, 3, 5)),
            "préfères préférons préfèrent",
        ),
        ((present("commencer", person) for person in (0, 3)), "commence commençons"),
        ((present("nettoyer", person) for person in (2, 3, 5)), "nettoie nettoyons nettoient"),
        ((present("appeler", person) for person in (0, 4)), "appelle appelez"),
        (
            (future(verb, 2) for verb in ("aller", "appeler", "répondre", "envoyer")),
            "ira appellera répondra enverra",
        ),
        ((imperfect(verb, 0) for verb in ("finir", "commencer", "lire")), "finissais commençais lisais"),
        ((imperfect(verb, 3) for verb in ("étudier", "manger")), "étudiions mangions"),
        ((participle(verb) for verb in ("perdre", "choisir", "écrire", "mettre")), "perdu choisi écrit mis"),
    ],
)
def test_french_conjugation(forms: Iterable[str], expected: str) -> None:
    assert " ".join(forms) == expected


def test_chinese_is_chinese() -> None:
    for target in _chinese():
        assert not re.search(r"[A-Za-z0-9 {}~_.,?!]", target), target
        assert target[-1] in "。？！", target
        assert not re.search(
            r"了了|的的|正在在|没(?!有).{0,12}了[。？]|(?<!十)二(个|本|只|把|辆|件)", target
        ), target


def test_chinese_measure_words() -> None:
    table = {
        "书": "本",
        "狗": "只",
        "钥匙": "把",
        "椅子": "把",
        "雨伞": "把",
        "衬衫": "件",
        "桌子": "张",
        "信": "封",
    }
    found = 0
    for target in _chinese():
        for noun, measure in table.items():
            for seen in re.findall(
                rf"(?:[一两三四五六七八九]|这)(\w)(?:\w{{1,3}}的|[大小新旧])?{noun}(?!桌)", target
            ):
                found += 1
                assert seen == measure, target
    assert found > 40


def test_chinese_particles() -> None:
    for source, target in _pairs("pairs-en-zh"):
        if target.endswith("吗？"):
            assert not re.search("什么|哪里|谁|几|多少", target), target
        if re.search("去年|昨天|上个", target):
            assert not re.search("会(?!说)|(?<!重)要", target), target
        if re.search(r"\bbecause\b", source):
            assert "因为" in target, target
    targets = _chinese()
    for pattern in (
        "把",
        "比",
        "正在",
        "过",
        "了。",
        "吗？",
        "哪里",
        "谁",
        "多少",
        "没",
        "不",
        "两",
        "一样",
        "如果",
    ):
        assert sum(pattern in target for target in targets) >= 5, pattern


def test_the_toy_has_twenty_pairs_of_few_words() -> None:
    rows = list(textkit_corpora.load("pairs-fr-en-toy").rows("train"))
    assert len(rows) == len(set(rows)) == 20
    for side in zip(*rows, strict=True):
        words = collections.Counter(word for text in side for word in re.findall(r"[\w']+", text.lower()))
        assert len(words) < 30
        assert sum(count > 1 for count in words.values()) > 0.6 * len(words)
        assert len(set(side)) == 20


def test_unknown_slots_are_named() -> None:
    binding = Binding(Dice("test"), "pres")
    with pytest.raises(InputError, match=r"slot '\{wrong dish\}': unknown form 'wrong'"):
        English().fill("wrong dish", binding)
    with pytest.raises(InputError, match=r"French slot '\{wrong dish\}'"):
        French().fill("wrong dish", binding)
    with pytest.raises(InputError, match=r"Chinese slot '\{wrong dish\}'"):
        Chinese().fill("wrong dish", binding)
    with pytest.raises(InputError, match=r"no section \[nowhere\] for slot 'nowhere'"):
        binding.get("nowhere")
