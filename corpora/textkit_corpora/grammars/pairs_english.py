"""The English side of the sentence pairs: noun phrases and verb groups."""

from __future__ import annotations

import re

from textkit.errors import InputError
from textkit_corpora.grammars.lexicon import words
from textkit_corpora.grammars.pairs_binding import Binding, Entry

OBJECTS = {"I": "me", "you": "you", "he": "him", "she": "her", "we": "us", "they": "them"}
_OWNERS = ("my", "your", "his", "our", "your", "their")
_PLURALS = {
    "knife": "knives", "mouse": "mice", "fruit": "fruit", "wife": "wives", "man": "men",
}  # fmt: skip
_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
# Each tense: the auxiliary, what follows it, the form of the verb. "" stands for the finite verb or `do`.
_TENSES = {
    "pres": ("", "", "base"), "npres": ("do", "not", "base"), "never": ("", "never", "base"),
    "nomore": ("", "no longer", "base"), "past": ("did", "", "base"), "npast": ("did", "not", "base"),
    "done": ("have", "already", "past"), "nexp": ("have", "never", "past"), "prog": ("be", "", "ing"),
    "fut": ("will", "", "base"), "nfut": ("will", "not", "base"), "going": ("be", "going to", "base"),
    "want": ("", "to", "want"), "nwant": ("do", "not want to", "base"), "must": ("must", "", "base"),
    "can": ("can", "", "base"), "ncan": ("can", "not", "base"), "used": ("used", "to", "base"),
    "was": ("were", "", "ing"), "state": ("did", "", "base"), "nstate": ("did", "not", "base"),
}  # fmt: skip
NEGATIVE = ("npres", "never", "nomore", "npast", "nexp", "nfut", "nwant", "ncan", "nstate")
_DOUBLED = ("swim", "run", "get", "put", "forget", "travel")
_SHORTER = (
    (r"\b(do|does|did|is|are|was|were|has|have|will|must) not\b", r"\1n't"),
    (r"\bwilln't\b", "won't"),
    (r"\bcan not\b", "can't"),
)
_SHORT = ("old", "new", "tall", "young", "strong", "kind", "rich", "light", "small", "long", "short", "fast",
          "clean", "shy")  # fmt: skip


def number(value: int) -> str:
    """A number below a hundred in words.

    >>> number(42)
    'forty-two'
    """
    if value < 20:
        return _NUMBERS[value]
    return _TENS[value // 10 - 2] + (f"-{_NUMBERS[value % 10]}" if value % 10 else "")


def ordinal(value: int) -> str:
    """The ordinal of a number below a hundred.

    >>> ordinal(3), ordinal(12), ordinal(20), ordinal(21)
    ('third', 'twelfth', 'twentieth', 'twenty-first')
    """
    lead, dash, last = number(value).rpartition("-")
    if last in _ORDINALS:
        return lead + dash + _ORDINALS[last]
    return lead + dash + (last[:-1] + "ieth" if last.endswith("ty") else last + "th")


def plural(noun: str) -> str:
    """The plural of a noun or of the last word of a compound.

    >>> plural("post office"), plural("library"), plural("watch")
    ('post offices', 'libraries', 'watches')
    """
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun == "tomato" or re.search("(s|x|ch|sh)$", noun):
        return noun + "es"
    return noun[:-1] + "ies" if re.search("[^aeou]y$", noun) else noun + "s"


def third(base: str) -> str:
    """The third person of the present.

    >>> third("study"), third("go"), third("have"), third("play")
    ('studies', 'goes', 'has', 'plays')
    """
    if base == "have":
        return "has"
    if re.search("(s|x|ch|sh|o)$", base):
        return base + "es"
    return base[:-1] + "ies" if re.search("[^aeou]y$", base) else base + "s"


def past(base: str, *, participle: bool = False) -> str:
    """The simple past, or the past participle.

    >>> past("study"), past("hope"), past("see", participle=True)
    ('studied', 'hoped', 'seen')
    """
    irregular = words("pairs_english_verbs.txt")["verbs"]
    if base in irregular:
        return irregular[base][participle]
    if base in _DOUBLED:
        return base + base[-1] + "ed"
    if base.endswith("e"):
        return base + "d"
    return base[:-1] + "ied" if re.search("[^aeou]y$", base) else base + "ed"


def ing(base: str) -> str:
    """The present participle."""
    if base in _DOUBLED:
        return base + base[-1] + "ing"
    return base[:-1] + "ing" if base.endswith("e") and base not in ("be", "see") else base + "ing"


def comparative(adjective: str) -> str:
    """The comparative of an adjective.

    >>> comparative("big"), comparative("heavy"), comparative("expensive")
    ('bigger', 'heavier', 'more expensive')
    """
    if adjective == "big":
        return "bigger"
    if adjective.endswith("y") and len(adjective) < 7:
        return adjective[:-1] + "ier"
    if adjective in _SHORT:
        return adjective + "er"
    return adjective[:-1] + "er" if adjective in ("brave", "polite", "strange") else "more " + adjective


def _be(person: int, tense: str) -> str:
    if tense == "was":
        return "was" if person in (0, 2) else "were"
    return ("am", "are", "is", "are", "are", "are")[person]


def _auxiliary(word: str, person: int) -> str:
    if word in ("be", "were"):
        return _be(person, "was" if word == "were" else "is")
    if person == 2:
        return {"do": "does", "have": "has"}.get(word, word)
    return word


def _copula(person: int, tense: str) -> tuple[str, str]:
    if tense in ("past", "npast", "state", "nstate"):
        return _be(person, "was"), "not" if tense[0] == "n" else ""
    if tense in ("pres", "npres", "never", "nomore"):
        return _be(person, "is"), {"pres": "", "npres": "not", "never": "never", "nomore": "no longer"}[tense]
    auxiliary, adverb, form = _TENSES[tense]
    return _auxiliary(auxiliary, person), f"{adverb} {'been' if form == 'past' else 'be'}"


def verb_group(person: int, verb: str, tense: str) -> tuple[str, str]:
    """The part of a verb group that changes places with the subject in a question, and the rest.

    >>> verb_group(2, "eat", "past"), verb_group(2, "look_for", "npast")
    (('did', 'eat'), ('did', 'not look for'))
    """
    if verb == "be":
        return _copula(person, tense)
    base, _, particle = verb.partition("_")
    auxiliary, adverb, form = _TENSES[tense]
    main = {"past": past(base, participle=True), "ing": ing(base), "base": base, "want": base}[form]
    if form == "want":
        auxiliary, adverb = "do", "want to"
    auxiliary = _auxiliary(auxiliary or "do", person)
    return auxiliary, f"{adverb} {main} {particle.replace('_', ' ')}".strip()


def statement(person: int, verb: str, tense: str) -> str:
    """The verb group of a statement: the `do` of a positive one melts into its verb.

    >>> statement(2, "eat", "past"), statement(2, "eat", "never"), statement(2, "eat", "want")
    ('ate', 'never eats', 'wants to eat')
    """
    first, rest = verb_group(person, verb, tense)
    if verb == "be" or first not in ("do", "does", "did") or rest.startswith("not "):
        return f"{first} {rest}".strip()
    lead = next((lead for lead in ("never ", "no longer ") if rest.startswith(lead)), "")
    main, _, tail = rest[len(lead) :].partition(" ")
    finite = past(main) if first == "did" else third(main) if first == "does" else main
    return f"{lead}{finite} {tail}".strip()


def owner(person: Entry) -> str:
    """The possessive of a person: my, your, his ..."""
    return "her" if person.person == 2 and person.feminine else _OWNERS[person.person]


def pronoun(person: Entry) -> str:
    """The pronoun that takes up a person."""
    if person.section == "pro":
        return person.english
    return "they" if person.person == 5 else "she" if person.feminine else "he"


class English:
    """Fills the slots of English templates.

    `{s eat}` is a subject and its verb, `{?s eat}` the same asked, `{s.pro eat}` with a pronoun; a tense may
    follow the verb. `{s.poss bag}`, `{p.of bag}`, `{the look bag}`, `{num bag}` ... are noun phrases.
    """

    def fill(self, slot: str, binding: Binding) -> str:
        """The words of one slot. Raises InputError for a slot that no rule reads."""
        head, *rest = slot.split()
        if re.fullmatch(r"\??(s|p|pn)\d?(\.pro)?", head):
            return self._clause(head, rest, binding)
        name, _, form = head.partition(".")
        if form in ("poss", "of"):
            who = binding.get(name)
            return f"{self._genitive(who) if form == 'of' else owner(who)} {self._noun(rest, binding)}"
        if form == "obj":
            who = binding.get(name)
            return OBJECTS.get(who.english, who.english)
        if form == "them":
            return OBJECTS[pronoun(binding.get(name))]
        if form == "er":
            return comparative(binding.get(name).english)
        if head in ("the", "a", "this", "some", "pl", "thepl", "num", "bare", "in", "many", "one"):
            return self._phrase(head, rest, binding)
        if head in ("number", "age"):
            return number(self._count(head, binding, rest))
        if head == "ordinal":
            return ordinal(self._count("number", binding, rest))
        if head == "role":
            return self._phrase("one" if binding.get(rest[1]).person < 3 else "many", rest[:1], binding)
        if rest:
            raise InputError(f"English slot '{{{slot}}}': unknown form '{head}'; use one of those of English")
        return binding.get(head).english

    def _count(self, kind: str, binding: Binding, bounds: list[str]) -> int:
        return binding.number(kind, low=int(bounds[0]), high=int(bounds[1]))

    def _genitive(self, who: Entry) -> str:
        return who.english + ("'" if who.english.endswith("s") and who.person == 5 else "'s")

    def _clause(self, head: str, rest: list[str], binding: Binding) -> str:
        name, _, pro = head.lstrip("?").partition(".")
        who = binding.get(name)
        subject = pronoun(who) if pro else who.english
        if not rest:
            return subject
        verb = binding.get(rest[0][1:]).english if rest[0][0] == "@" else rest[0]
        tense = rest[1] if len(rest) > 1 else binding.tense
        if head[0] == "?":
            first, others = verb_group(who.person, verb, tense)
            return f"{first} {subject} {others}"
        return f"{subject} {statement(who.person, verb, tense)}"

    def _noun(self, names: list[str], binding: Binding, *, many: bool = False) -> str:
        *adjectives, noun = [binding.get(name).english for name in names]
        return " ".join([*adjectives, plural(noun) if many else noun])

    def _phrase(self, form: str, names: list[str], binding: Binding) -> str:
        if form == "num":
            value = binding.number("n", low=2, high=9)
            return f"{number(value)} {self._noun(names, binding, many=True)}"
        if form == "a" and binding.tense in NEGATIVE:
            return f"any {self._noun(names, binding, many=True)}"
        noun = self._noun(names, binding, many=form in ("pl", "thepl", "many"))
        if form in ("some", "pl", "bare", "many"):
            return noun
        return f"{({'thepl': 'the', 'one': 'a'}).get(form, form)} {noun}"

    def polish(self, text: str, *, short: bool) -> str:
        """The sentence as it is printed: a or an, contractions if `short`, one space, a capital."""
        text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r"\s+([?.!,])", r"\1", text)
        text = re.sub(r"\b([Aa]) (?=[aeio]|un[^i]|um|ug|hour)", r"\1n ", text)
        for pattern, replacement in _SHORTER if short else ():
            text = re.sub(pattern, replacement, text)
        text = re.sub(r"\bcan not\b", "cannot", text)
        return text[0].upper() + text[1:]
