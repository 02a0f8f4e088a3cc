"""Properties, and the patterns by which text tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from rag.facts.lists import LANGUAGES, data, words
from rag.facts.places import country_pattern

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽȘȚƏḤṢṬṮ"
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?"
)
DATE = (
    r"(?:(?:about|around|circa|c\.|ca\.|early|late|before|after|mid-?) ?)*"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{3,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? ?\d{{3,4}}|{_MONTH},? \d{{3,4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4}"
    r"|\d{3,4}年(?:\d{1,2}月)?(?:\d{1,2}日)?|(?<!\d)\d{1,2}(?= BCE?\b| AD\b)"
    r"|(?<![\d.,])\d{3,4}(?![\d%]|[.,]\d|-?(?:m|km|ft|mm)\b))(?: BCE?\b| AD\b)?"
)
"""A pattern for a date of some year, in English or Chinese."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property as the data files describe it; see ``properties.toml``."""

    key: str
    value: str = "text"
    out: frozenset[str] = frozenset()
    into: frozenset[str] = frozenset()
    via: tuple[str, ...] = ()
    role: re.Pattern[str] | None = None
    sex: str = ""
    trust: float = 1.0
    partner: tuple[str, ...] = ()
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By language: patterns as the data files write them."""
    nouns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By language: what it is called, "the NOUN of X"."""
    labels: frozenset[str] = frozenset()
    """What tables and "Key: value" lines call it, case folded."""

    def patterns(self, language: str) -> list[re.Pattern[str]]:
        """Return patterns over a sentence; the group ``value`` is the value."""
        return [pattern(text, language) for text in self.texts.get(language, ())]


@cache
def properties() -> dict[str, Property]:
    """Return the properties by key."""
    found = {}
    for key, entry in data("properties").items():
        spoken = {language: words(language)["property"].get(key, {}) for language in LANGUAGES}
        found[key] = Property(
            key=key,
            value=entry.get("value", "person"),
            out=frozenset(entry.get("out", ())),
            into=frozenset(entry.get("in", ())),
            via=tuple(entry.get("via", ())),
            role=re.compile(rf"\b(?:{entry['role']})", re.IGNORECASE) if "role" in entry else None,
            sex=entry.get("sex", ""),
            trust=entry.get("trust", 1.0),
            partner=tuple(entry.get("partner", ())),
            texts={lang: tuple(one.get("text", ())) for lang, one in spoken.items()},
            nouns={lang: tuple(one.get("nouns", ())) for lang, one in spoken.items()},
            labels=frozenset(label.casefold() for one in spoken.values() for label in one.get("label", ())),
        )
    return found


@cache
def pattern(text: str, language: str) -> re.Pattern[str]:
    """Compile a pattern of a data file, its placeholders filled in."""
    filled = text
    named = any(f"{{{name}}}" in text for name in ("name", "place", "org", "award"))
    for name, inner in _placeholders(language).items():
        if name == "date" and named:
            inner = inner.replace("?P<value>", "?:")
        filled = filled.replace(f"{{{name}}}", inner)
    return re.compile(filled)


@cache
def _placeholders(language: str) -> dict[str, str]:
    if language == "zh":
        run = r"[^\s，。；、：！？（）()《》“”的是由在于和与及,;]"
        return {
            "name": rf"(?P<value>{run}{{1,20}}?)(?=[，。；、（(）\s]|和|与|及|的|在|于|是|$|执导|导演)",
            "place": rf"(?P<value>{run}{{2,20}}?)(?=[，。；、（(）\s]|的|$|，)",
            "org": rf"(?P<value>{run}{{2,20}}?)(?=[，。；、（(）\s]|的|$)",
            "date": f"(?P<value>{DATE})",
            "country": country_pattern(),
        }
    lists = words("en")
    small = "|".join(sorted(map(re.escape, lists["particles"]), key=len, reverse=True))
    # "Ki-duk" is one word. A hyphen that ``joined`` reads is left to it: two ways to read each would take ages.
    begun = rf"(?:[{_UPPER}]|[a-z]{{1,2}}[-'’][{_UPPER}])"
    capital = rf"(?:{begun}[\w'’.]*(?:-(?!{begun}|(?:{small})[ -])[\w'’.]+)*(?:-(?= ))?)"
    ranks = "|".join(sorted(map(re.escape, lists["ranks"]), key=len, reverse=True))
    # "George Grey, 2nd Earl of Kent"; a stop ends a name unless it follows an initial.
    no = "|".join(lists["no_names"])
    joined = rf"(?:[ -](?:(?:{small})[ -]){{0,3}}\"?{capital}\"?)"
    rank = rf"(?:, (?:\d+(?:st|nd|rd|th) )?(?:{ranks})(?: (?:{small}))*(?:[ -](?:(?:{small}) )*{capital})*)"
    links = "and|with|in|on|who|from|for|as|at|to|or|is|was|by|starring|before|after|which"
    people = r"[A-Z][a-z]+(?:an|ish|ese|ch|ek|ss|i|ic|ine|sh|er)"
    adjective = rf"{people}(?:-[A-Z][a-z]+)? (?!(?:{links}|{small})\b)[a-z]"
    led = (
        rf"(?:the )?(?:(?:{people}(?:-[A-Z][a-z]+)?[ -]){{1,2}}(?=[a-z]))?(?:(?!(?:{links}|{small})\b)[a-z][a-z-]+,? )*"
    )
    name = rf"(?P<value>(?!(?:{no})\b)(?!{adjective})\"?{capital}\"?{joined}{{0,7}}{rank}?)"
    part = rf"(?:, {capital}(?:[ -](?:(?:{small}) )?{capital}){{0,3}})"
    place = rf"(?P<value>{capital}(?:[ -](?:(?:{small})[ -]){{0,2}}{capital}){{0,4}}{part}{{0,3}})"
    org = rf"(?P<value>{capital}(?:(?:[ -]|, |'s )(?:(?:{small}|for|and|&|in) ){{0,3}}{capital}){{0,8}})"
    award = rf"(?P<value>{capital}(?:[ -](?:(?:{small}|for|in) ){{0,3}}{capital}){{0,8}})"
    return {
        "name": name,
        "place": place,
        "org": org,
        "award": award,
        "date": f"(?P<value>{DATE})",
        "country": people,
        "led": led,
        "start": r"(?:^|\b)",
    }
