"""The French side of the sentence pairs: noun phrases, verb groups, clitics, negation, questions."""

from __future__ import annotations

import re

from textkit.errors import InputError
from textkit_corpora.grammars.pairs_binding import Binding, Entry
from textkit_corpora.grammars.pairs_english import NEGATIVE
from textkit_corpora.grammars.pairs_french_verbs import future, imperfect, participle, present, with_etre
from textkit_corpora.grammars.pairs_french_words import agree, contract, is_before, noun, starts_with_vowel

_REFLEXIVE = ("me", "te", "se", "nous", "vous", "se")
_STRESSED = ("moi", "toi", "lui", "nous", "vous", "eux")
# Each tense: how the verb is made, what stands in the place of `pas`.
_TENSES = {
    "pres": ("présent", ""), "npres": ("présent", "pas"), "never": ("présent", "jamais"),
    "nomore": ("présent", "plus"), "ni": ("présent", "ni"), "past": ("composé", ""),
    "npast": ("composé", "pas"), "done": ("composé", "déjà"), "nexp": ("composé", "jamais"),
    "prog": ("présent", ""),
    "fut": ("futur", ""), "nfut": ("futur", "pas"), "going": ("aller", ""), "want": ("vouloir", ""),
    "nwant": ("vouloir", "pas"), "must": ("devoir", ""), "can": ("pouvoir", ""), "ncan": ("pouvoir", "pas"),
    "used": ("imparfait", ""), "was": ("imparfait", ""), "state": ("imparfait", ""),
    "nstate": ("imparfait", "pas"),
}  # fmt: skip
_UNITS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}
_DEFINITE = {"m": "le", "f": "la"}
_INDEFINITE = {"m": "un", "f": "une"}


def number(value: int) -> str:
    """A number below a hundred in words.

    >>> [number(value) for value in (21, 71, 80, 95)]
    ['vingt et un', 'soixante et onze', 'quatre-vingts', 'quatre-vingt-quinze']
    """
    if value < 20:
        return _UNITS[value]
    tens = value // 10
    base = tens if tens not in (7, 9) else tens - 1
    rest = value - 10 * base
    if rest == 0:
        return _TENS[base] + ("s" if base == 8 else "")
    if rest in (1, 11) and base != 8:
        return f"{_TENS[base]} et {_UNITS[rest]}"
    return f"{_TENS[base]}-{_UNITS[rest]}"


def pronoun(person: Entry) -> str:
    """The pronoun that takes up a person."""
    if person.section == "pro":
        return person.french[4:]
    return "ils" if person.person == 5 else "elle" if person.feminine else "il"


class _Verb:
    """One verb group: `before` and `finite` go around the subject in an inverted question."""

    def __init__(
        self, who: Entry, verb: str, tense: str, clitic: str, agreement: tuple[str, bool] | None
    ) -> None:
        self._who = who
        self._reflexive = verb.startswith("se_")
        self._verb, _, particle = verb.removeprefix("se_").partition("_")
        self._rest = particle.replace("_", " ")
        self._kind, self._negation = _TENSES[tense]
        self._clitic = _REFLEXIVE[who.person] if self._reflexive else clitic
        self._agreement = agreement

    def parts(self) -> tuple[str, str, str]:
        """What stands before the finite verb, that verb, what follows it."""
        person = self._who.person
        clitic, after = self._clitic, ""
        if self._kind == "composé":
            etre = self._reflexive or with_etre(self._verb)
            finite = present("être" if etre else "avoir", person)
            after = self._participle(etre)
        elif self._kind in ("aller", "vouloir", "devoir", "pouvoir"):
            finite = present(self._kind, person)
            clitic, after = "", f"{self._clitic} {self._verb}".strip()
        else:
            make = {"présent": present, "imparfait": imperfect, "futur": future}[self._kind]
            finite = make(self._verb, person)
        ne = "ne " if self._negation not in ("", "déjà") else ""
        return f"{ne}{clitic}".strip(), finite, f"{self._negation} {after} {self._rest}".strip()

    def _participle(self, etre: bool) -> str:
        word = participle(self._verb)
        if etre:
            return agree(word, gender=self._who.french[1], plural=self._who.person > 2)
        if self._agreement is not None:
            return agree(word, gender=self._agreement[0], plural=self._agreement[1])
        return word


class French:
    """Fills the slots of French templates.

    As in English, but for clitics after the verb (`{s voir le:p}`, `{s parler lui:p}`; `accord:thing` is
    the agreement alone), agreement (`{adj mood s}`, `{agree fermé place}`), and `à~`, `de~` before what may
    begin with le or les.
    """

    def fill(self, slot: str, binding: Binding) -> str:
        """The words of one slot. Raises InputError for a slot that no rule reads."""
        head, *rest = slot.split()
        if re.fullmatch(r"[?!]?(s|p|pn)\d?(\.pro)?", head):
            return self._clause(head, rest, binding)
        name, _, form = head.partition(".")
        if form in ("poss", "of"):
            return self._owned(form, binding.get(name), rest, binding)
        if form == "obj":
            return self._stressed(binding.get(name))
        if head in ("adj", "adjs"):
            return self._agreed(rest[0], rest[1], binding, plural=head == "adjs")
        if head in ("il", "quel"):
            return self._standing(head, rest[0], binding)
        if head == "agree":
            thing = noun(binding.get(rest[1]).french)
            return agree(rest[0], gender=thing.gender, plural=False)
        if head in ("le", "lui"):
            return self._clitic(f"{head}:{rest[0]}", binding)[0]
        if head in ("refl", "your"):
            return self._yours(head, rest[0], binding)
        if head in ("the", "a", "this", "some", "pl", "thepl", "num", "bare", "in", "many", "plain", "one"):
            return self._phrase(head, rest, binding)
        if head in ("number", "age"):
            return number(binding.number(head, low=int(rest[0]), high=int(rest[1])))
        if rest:
            raise InputError(f"French slot '{{{slot}}}': unknown form '{head}'; use one of those of French")
        return self._bare(binding.get(head))

    def _bare(self, word: Entry) -> str:
        return word.french[4:] if word.section in ("pro", "people") else re.sub(r"^[mfp] ", "", word.french)

    def _stressed(self, who: Entry) -> str:
        if who.section != "pro":
            return who.french[4:]
        return "elle" if who.french == "3fs elle" else _STRESSED[who.person]

    def _clause(self, head: str, rest: list[str], binding: Binding) -> str:
        name, _, pro = head.lstrip("?!").partition(".")
        who = binding.get(name)
        subject = pronoun(who) if pro else who.french[4:]
        if not rest:
            return subject
        verb = binding.get(rest[0][1:]).french if rest[0][0] == "@" else rest[0]
        clitic, agreement = "", None
        tense = binding.tense
        for option in rest[1:]:
            if option in _TENSES:
                tense = option
            else:
                clitic, agreement = self._clitic(option, binding)
        before, finite, after = _Verb(who, verb, tense, clitic, agreement).parts()
        if head[0] == "!" and who.section != "pro":
            return f"{before} {finite} {subject} {after}"
        if head[0] not in "?!":
            return f"{subject} {before} {finite} {after}"
        if subject in ("tu", "il", "elle", "ils"):
            link = "-t-" if finite[-1] in "ae" and subject != "tu" and subject != "ils" else "-"
            return f"{before} {finite}{link}{subject} {after}"
        return f"est-ce que {subject} {before} {finite} {after}"

    def _clitic(self, option: str, binding: Binding) -> tuple[str, tuple[str, bool] | None]:
        """The clitic of an option such as le:thing, and the gender and number a participle takes from it."""
        word, _, name = option.partition(":")
        thing = binding.get(name)
        person = thing.section in ("pro", "people")
        plural = person and thing.person > 2
        gender = thing.french[1] if person else noun(thing.french).gender
        if word == "lui":
            return ("leur" if plural else "lui"), None
        clitic = "" if word == "accord" else "les" if plural else _DEFINITE[gender]
        return clitic, (gender, plural)

    def _agreed(self, adjective: str, name: str, binding: Binding, *, plural: bool) -> str:
        whose = binding.get(name)
        if whose.section in ("pro", "people"):
            gender, plural = whose.french[1], whose.person > 2
        else:
            gender = noun(whose.french).gender
        word = binding.get(adjective)
        text = word.french
        if word.section == "job":
            text = text.split()[gender == "f"]
            return text + "s" if plural and text[-1] not in "sx" else text
        return agree(text, gender=gender, plural=plural)

    def _yours(self, head: str, name: str, binding: Binding) -> str:
        """The reflexive pronoun of a person, or ton, ta with a thing."""
        if head == "refl":
            return _REFLEXIVE[binding.get(name).person]
        return self._possessive("t", *self._words([name], binding, plural=False)[:2])

    def _possessive(self, stem: str, words: str, gender: str) -> str:
        return f"{stem}{'a' if gender == 'f' and not starts_with_vowel(words) else 'on'} {words}"

    def _standing(self, head: str, name: str, binding: Binding) -> str:
        """`il` for a thing already named (il, elle), `quel` in agreement."""
        gender = noun(binding.get(name).french).gender
        if head == "quel":
            return "quelle" if gender == "f" else "quel"
        return "elle" if gender == "f" else "il"

    def _owned(self, form: str, who: Entry, names: list[str], binding: Binding) -> str:
        if form == "of":
            return f"{self._phrase('the', names, binding)} de~{who.french[4:]}"
        words, gender, _ = self._words(names, binding, plural=False)
        stem = ("m", "t", "s", "notre", "votre", "leur")[who.person]
        if len(stem) > 1:
            return f"{stem} {words}"
        return self._possessive(stem, words, gender)

    def _words(self, names: list[str], binding: Binding, *, plural: bool) -> tuple[str, str, bool]:
        """The noun with its adjectives around it; its gender; whether an adjective comes first."""
        *adjectives, name = names
        thing = noun(binding.get(name).french)
        plural = plural or thing.always_plural
        word = thing.plural if plural else thing.singular
        texts = [binding.get(adjective).french for adjective in adjectives]
        vowel = starts_with_vowel(word)
        agreed = [agree(t, gender=thing.gender, plural=plural, vowel=vowel and is_before(t)) for t in texts]
        before = [form for form, text in zip(agreed, texts, strict=True) if is_before(text)]
        after = [form for form, text in zip(agreed, texts, strict=True) if not is_before(text)]
        return " ".join([*before, word, *after]), thing.gender, bool(before)

    def _phrase(self, form: str, names: list[str], binding: Binding) -> str:
        negative = binding.tense in NEGATIVE
        plural = form in ("pl", "thepl", "num", "many", "plain") or (form == "a" and negative)
        words, gender, before = self._words(names, binding, plural=plural)
        plural = plural or noun(binding.get(names[-1]).french).always_plural
        if form in ("a", "some", "many") and negative:
            return f"de {words}"
        if form == "num":
            return f"{number(binding.number('n', low=2, high=9))} {words}"
        if form in ("a", "one"):
            return f"{_INDEFINITE[gender]} {words}"
        if form == "many":
            return f"{'de' if before else 'des'} {words}"
        if form == "this":
            return f"{'cette' if gender == 'f' else 'cet' if starts_with_vowel(words) else 'ce'} {words}"
        if form == "some":
            return f"de~{_DEFINITE[gender]} {words}"
        if form == "in":
            consonant = gender == "m" and not starts_with_vowel(words)
            return f"au {words}" if consonant else f"en {words}"
        if form in ("bare", "plain"):
            return words
        return f"{'les' if plural else _DEFINITE[gender]} {words}"

    def polish(self, text: str) -> str:
        """The sentence as it is printed: elided, contracted, a plain space before ? and !, a capital."""
        text = contract(re.sub(r"\s+", " ", text).strip())
        text = re.sub(r"\s*([?!;:])", r" \1", re.sub(r"\s+([.,])", r"\1", text))
        return text[0].upper() + text[1:]
