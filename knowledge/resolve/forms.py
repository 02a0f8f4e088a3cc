"""What is compared of a name: its letters alone, a company's name without its legal form, the parts of a person's."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from knowledge.language import HAN, STOP_WORDS
from knowledge.resolve.names import entity_key
from knowledge.resolve.words import meanings, phrases, ways, words
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT

if TYPE_CHECKING:
    from opencc import OpenCC

_HAN = re.compile(f"[{HAN}]")
_ALL_HAN = re.compile(f"[{HAN}·•・]+")
_MARKS = re.compile("[™®©℠]")
_AMPERSAND = re.compile(r"\s*&\s*")
_KEPT = "+#%@$"
"""Punctuation that tells names apart: C, C++ and C#."""
_DROPPED_ASCII = re.compile(r"[^0-9A-Za-z+#%@$]+")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ŀ": "l", "ħ": "h"}
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_PARENTHESIS = re.compile(r"\s*[(（]\s*([^()（）]{1,80}?)\s*[)）]\s*$")
_DOTS = re.compile(r"[·•・]")
_ACRONYM = re.compile(r"[A-Z0-9][A-Za-z0-9&.\-/]{1,9}")
_MODEL = re.compile(r"(?=[A-Za-z-]{0,5}\d)(?=\d{0,6}-?[A-Za-z])[A-Za-z\d-]{2,8}")
_NICKNAME = re.compile(r"(?<=\s)[\"“]([^\"“”]{2,20})[\"”](?=\s)")
_POSSESSIVE = re.compile(r"['’]s?$")
_QUOTES = " \t\"'“”‘’「」『』《》«»,;:，。；：、*_"
_WORD = re.compile(r"[^\W_]+")
_CIVIL = frozenset({"mr", "mrs", "ms"})
_LEARNED = frozenset({"dr", "prof"})
LONGEST = 300
"""Characters; what is longer is no name, and its tail is not looked at."""


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def has_han(text: str) -> bool:
    """Tell whether there is a Chinese character in ``text``."""
    return not text.isascii() and _HAN.search(text) is not None


@lru_cache(maxsize=2**17)
def folded(name: str) -> str:
    """Return ``name`` without case, article, possessive, accents on Latin letters and traditional characters."""
    text = name[:LONGEST]
    if text.isascii():
        return entity_key(text)
    text = unicodedata.normalize("NFKC", _MARKS.sub(" ", text))
    if has_han(text):
        text = _converter().convert(text)
    return _without_accents(entity_key(text))


def _without_accents(text: str) -> str:
    """Take the accents from Latin letters; elsewhere they tell letters apart."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFD", text.translate(_LETTERS)):
        if not (unicodedata.combining(character) and kept and "a" <= kept[-1] <= "z"):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


@lru_cache(maxsize=2**17)
def normal(name: str) -> str:
    """Return the letters and digits of ``name``: equal for all ways of writing it, whatever the punctuation.

    A gap between two digits stays: 1-12 is not 11-2.

    >>> normal("J.P. Morgan & Co"), normal("The JPMorgan and Co."), normal("737-800")
    ('jpmorganandco', 'jpmorganandco', '737 800')
    """
    text = folded(name)
    if "&" in text:
        text = _AMPERSAND.sub(" and ", text)
    return _letters(text) or text


def _letters(text: str) -> str:
    if text.isalnum():
        return text
    kept: list[str] = []
    parts = _DROPPED_ASCII.split(text) if text.isascii() else "".join(map(_letter, text)).split()
    for part in parts:
        if part:
            kept.append(" " + part if kept and kept[-1][-1].isdigit() and part[0].isdigit() else part)
    return "".join(kept)


@cache
def _letter(character: str) -> str:
    """Return a letter, digit or mark as it is, and a space for the rest."""
    return character if character in _KEPT or unicodedata.category(character)[0] in "LNM" else " "


def spelled_out(name: str) -> str:
    """Return ``name`` with umlauts in two letters ("müller": "mueller"), or nothing where there is none."""
    if name.isascii():
        return ""
    text = unicodedata.normalize("NFC", name[:LONGEST].casefold())
    other = text.translate(_SPELLED_OUT)
    return other if other != text else ""


def split_qualifier(name: str) -> tuple[str, str]:
    """Return the name and, case folded, what a parenthesis at its end says: ("Mercury", "planet")."""
    if not (match := _PARENTHESIS.search(name[-100:])):
        return name, ""
    base = name[: len(name) - len(match.group())].strip()
    return (base, unicodedata.normalize("NFKC", match[1]).casefold()) if base else (name, "")


@lru_cache(maxsize=2**17)
def legal(name: str, sure: bool = False) -> tuple[str, str]:
    """Return the normal form without the legal form, and the legal form: ("acme", "ltd"); empty where there is none.

    ``sure`` leaves alone what may as well be no legal form ("iPhone SE"). A Chinese name that ends in 公司 alone has
    the form "公司", which says of what kind only that it is a company.
    """
    text = folded(name)
    if has_han(text[-1:]):
        for way in ways("zh", "legal"):
            if (
                text.endswith(way)
                and text not in meanings("zh", "legal")
                and len(base := normal(text[: -len(way)])) > 1
            ):
                return base, meanings("zh", "legal")[way]
        return normal(name), ""
    parts = [part for part in (word.strip(",;").replace(".", "").replace("/", "") for word in _tokens(text)) if part]
    forms = meanings("en", "legal")
    for length in range(min(4, len(parts) - 1), 0, -1):
        form = forms.get(" ".join(parts[-length:]), "")
        if form and (not sure or form in words("en", "sure")) and (base := normal(" ".join(parts[:-length]))):
            return base, form
    return normal(name), ""


def _tokens(text: str) -> list[str]:
    return text.replace(",", " ").split()


def group_base(base: str) -> str:
    """Return a Chinese company's name without 集团 at its end, or nothing where it does not end so."""
    if has_han(base[-1:]):
        for word in phrases("zh", "group"):
            if base.endswith(word) and len(base) > len(word) + 1:
                return base[: -len(word)]
    return ""


@dataclass(frozen=True, slots=True)
class Person:
    """The parts of a person's name, in normal form."""

    given: str
    """Empty where there is the surname (or one name) alone; one letter where there is but an initial."""
    middles: tuple[str, ...]
    last: str
    short: str
    """The surname without particles: "beethoven"."""
    generation: str
    """jr, sr, ii, …"""
    gender: str
    """m or f, where a word before or after the name tells."""
    title: bool
    """An honorific stands with it."""
    nickname: str = ""
    """In quotation marks within the name."""

    @property
    def family(self) -> tuple[str, str, str]:
        """What all ways of writing the name share that differ in middle names only."""
        return self.given, self.last, self.generation

    @property
    def bare(self) -> bool:
        """One name alone."""
        return not self.given


@lru_cache(maxsize=2**16)
def person(name: str) -> Person:
    """Take a person's name apart."""
    text = folded(name)
    if text and _ALL_HAN.fullmatch(text):
        return _chinese_person(text)
    nickname = ""
    if match := _NICKNAME.search(text):
        nickname, text = normal(match[1]), text[: match.start()] + text[match.end() + 1 :]
    parts, gender, titled = _without_honorifics(_person_tokens(text))
    generation = ""
    generations = meanings("people", "generations")
    while len(parts) > 1 and (parts[-1] in words("people", "letters") or parts[-1] in generations):
        generation = generations.get(parts.pop(), generation)
    if len(parts) < 2:
        only = normal(parts[0] if parts else text)
        return Person("", (), only, only, generation, gender, titled)
    cut = len(parts) - 1
    while cut > 1 and parts[cut - 1] in words("people", "particles"):
        cut -= 1
    if cut == 1 and parts[0] in words("people", "particles"):
        whole = normal(" ".join(parts))
        return Person("", (), whole, normal(parts[-1]), generation, gender, titled)
    middles = tuple(filter(None, (normal(part) for part in parts[1:cut])))
    last = normal(" ".join(parts[cut:]))
    return Person(normal(parts[0]), middles, last, normal(parts[-1]), generation, gender, titled, nickname)


def _person_tokens(text: str) -> list[str]:
    """Return the words of a name without dots; "Smith, Jane" the right way round."""
    text = _forward(text)
    parts = _DOTS.sub(" ", text.replace(",", " ")).split()
    return [part for part in (re.sub(r"[.\s]+", "", p) if len(p) > 2 else p.strip(".") for p in _apart(parts)) if part]


def _forward(name: str) -> str:
    """Turn "Smith, Jane" round."""
    head, comma, tail = name.partition(",")
    ends = words("people", "letters") | meanings("people", "generations").keys()
    first = tail.replace(".", "").strip().partition(" ")[0].casefold()
    return f"{tail.strip()} {head}" if comma and first and first not in ends and "," not in tail else name


def _apart(parts: list[str]) -> list[str]:
    """Part initials that are written together: "j.q." → "j.", "q."."""
    found: list[str] = []
    for part in parts:
        letters = part.split(".")
        together = len(letters) > 2 and all(len(letter) <= 1 for letter in letters)
        found += [letter for letter in letters if letter] if together else [part]
    return found


def _without_honorifics(parts: list[str]) -> tuple[list[str], str, bool]:
    gender, kept = "", list(parts)
    table = meanings("en", "honorifics")
    while len(kept) > 1 and (kind := table.get(kept[0])):
        gender = gender or (kind if kind != "any" else "")
        kept.pop(0)
    return kept, gender, len(kept) < len(parts)


def _chinese_person(text: str) -> Person:
    gender, titled = "", False
    for way in ways("zh", "honorifics"):
        if text.endswith(way) and len(text) > len(way):
            kind = meanings("zh", "honorifics")[way]
            text, gender, titled = text[: -len(way)], kind if kind != "any" else "", True
            break
    if len(parts := [part for part in _DOTS.split(text) if part]) > 1:
        return Person(parts[0], tuple(parts[1:-1]), parts[-1], parts[-1], "", gender, titled)
    size = 2 if text[:2] in words("zh", "compound_surnames") else 1
    if size < len(text) <= size + 2:
        return Person(text[size:], (), text[:size], text[:size], "", gender, titled)
    return Person("", (), text, text, "", gender, titled)


def person_normal(name: str) -> str:
    """Return the normal form of a person's name without honorifics and academic letters."""
    if name and _ALL_HAN.fullmatch(name):
        whole = person(name)
        return normal(name) if not whole.title else _joined_chinese(whole)
    whole = person(name)
    return "".join((whole.given, *whole.middles, whole.last, whole.generation)) or normal(name)


def _joined_chinese(whole: Person) -> str:
    if len(whole.last) <= 2 and not whole.middles and len(whole.given) <= 2:
        return whole.last + whole.given
    return "".join((whole.given, *whole.middles, whole.last))


def is_acronym(name: str) -> bool:
    """Tell whether ``name`` is written like an acronym: WHO, R&D, IoT."""
    if not _ACRONYM.fullmatch(name):
        return False
    upper = sum(character.isupper() for character in name)
    return upper > 1 and upper * 2 > sum(character.isalpha() for character in name)


def abbreviates(short: str, long: str) -> bool:
    """Tell whether ``short`` is made of the first letters of the words of ``long``, with or without small words."""
    letters = normal(short)
    parts = [part for part in _WORD.findall(folded(long)) if part]
    if len(letters) < 2 or len(parts) < 2:
        return False
    every = "".join(part[0] for part in parts)
    large = "".join(part[0] for part in parts if part not in STOP_WORDS and part not in {"de", "la", "und", "des"})
    bases = {every, large}
    _, form = legal(long)
    if form:
        bases |= {every[:-1], large[:-1]}
    return letters in bases


def within(short: str, long: str) -> bool:
    """Tell whether the characters of ``short`` stand in ``long`` in that order, and ``long`` has more."""
    one, other = normal(short), normal(long)
    rest = iter(other)
    return len(one) < len(other) and all(character in rest for character in one)


def middle_classes(variants: set[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Say which middle names mean one person, of those that stand between the same given name and surname.

    An initial goes with the one full middle name that begins so. No middle name at all goes with the one initial,
    where nothing else is known: John Adams and John Quincy Adams are two.
    """
    full = [v for v in variants if v and all(len(part) > 1 for part in v)]
    short = [v for v in variants if v and v not in full]
    found = {v: v for v in variants}
    beginning: dict[str, list[tuple[str, ...]]] = {}
    for whole in full:
        beginning.setdefault(_initials(whole), []).append(whole)
    for one in short:
        fitting = beginning.get(_initials(one), [])
        found[one] = fitting[0] if len(fitting) == 1 else one
    if () in found and len(short) == 1 and not full:
        found[()] = short[0]
    return found


def _initials(middles: tuple[str, ...]) -> str:
    return "".join(part[0] for part in middles)


def evident_type(kind: str, name: str) -> str:
    """Return the type that a name shows by itself: "Mr. Smith" is a person, "Acme GmbH" a company.

    What a recognizer took for a person or a place is looked at as well: "Acme Timber" is neither, nor is "Kestrel K7".
    """
    if kind in (PERSON, PLACE, NAME) and (told := _told_by_last_word(name, kind)):
        return told
    if kind != NAME:
        return kind
    if legal(name, True)[1]:
        return ORG
    first, _, rest = name.strip().partition(" ")
    word = first.removesuffix(".").casefold()
    if word in _CIVIL and rest[:1].isupper() and len(rest.split()) < 4:
        return PERSON
    if word in _LEARNED and first.endswith(".") and 1 < len(rest.split()) < 4:
        return PERSON
    whole = person(name) if 2 < len(name) < 8 and has_han(name[-1]) else None
    return PERSON if whole and whole.title and whole.gender and len(whole.last) < 3 else NAME


def _told_by_last_word(name: str, kind: str) -> str:
    first, *more = name.split()[:8] or [""]
    if not more or not first[:1].isupper() or has_han(name):
        return ""
    if folded(first) in words("heads", "first"):
        return ORG
    last = more[-1].casefold()
    if more[-1][:1].isupper() and first.rstrip(".").casefold() not in words("en", "address"):
        if last in words("heads", ORG):
            return ORG
        if last in words("heads", PLACE) and kind != PLACE:
            return PLACE
    if kind != NAME and any(_MODEL.fullmatch(part) for part in more):
        return PRODUCT
    return ""


def has_model(name: str) -> bool:
    """Tell whether a word of a name is a model: letters with digits, as in "Kestrel K7"."""
    return any(_MODEL.fullmatch(part) for part in name.split()[:8])


def model_base(name: str) -> str:
    """Return a product's name without what it is, behind its model: "Kestrel K7" for "Kestrel K7 Booster Pump"."""
    parts = name.split()
    last = max((i for i, part in enumerate(parts) if _MODEL.fullmatch(part)), default=0)
    rest = parts[last + 1 :]
    if not last or not 0 < len(rest) < 4 or rest[-1].casefold() not in words("en", "devices"):
        return ""
    return " ".join(parts[: last + 1])


def work_base(name: str) -> str:
    """Return a work's title without its subtitle, or nothing; a numbered part is a work of its own."""
    title, colon, rest = name.partition(": ")
    parts = rest.replace(",", " ").split()
    if not colon or len(title) < 3 or not parts:
        return ""
    counted = any(c.isdigit() for c in rest) or not words("en", "parts").isdisjoint(part.casefold() for part in parts)
    return "" if counted else title


@lru_cache(maxsize=2**17)
def display(surface: str, whole_person: bool = False) -> str:
    """Return a name as it is shown: one line, no possessive, no lower-case article; a person's without honorifics."""
    text = _POSSESSIVE.sub("", " ".join(surface[:LONGEST].split())).removeprefix("the ")
    text = text if text.endswith((")", "）")) else text.strip(_QUOTES)
    if not whole_person:
        return text or surface
    if has_han(text) and _ALL_HAN.fullmatch(text):
        cut = next((way for way in ways("zh", "honorifics") if text.endswith(way) and len(text) > len(way) + 1), "")
        return text.removesuffix(cut) if cut else text
    parts = _forward(text).split()
    table = meanings("en", "honorifics")
    while len(parts) > 1 and parts[0].replace(".", "").casefold() in table:
        parts.pop(0)
    return " ".join(parts) or surface


def title_parts(title: str) -> tuple[str, str]:
    """Return a title's name and qualifier; "World Health Organization (WHO)" has none."""
    base, qualifier = split_qualifier(title)
    if not qualifier:
        return title, ""
    second_name = abbreviates(qualifier, base) or abbreviates(base, qualifier) or has_han(base) != has_han(qualifier)
    return base, "" if second_name else qualifier
