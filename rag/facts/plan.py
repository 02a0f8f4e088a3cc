"""Reads a question: which property of which things is asked for, and what is done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from rag.facts.lists import words
from rag.facts.patterns import properties
from rag.facts.records import Comparison, Lookup, Name, Plan, Same, Term, Wanted

Known = Callable[[str], bool]
"""Tells whether documents know a name."""
DEEPEST = 4
"""Properties of properties: "the mother of the father of …"."""

_SPACE = re.compile(r"\s+")
_LONGEST = 300
"""Characters of a question; what is longer asks for more than facts, and all ways to split it would take seconds."""
_AUXILIARY = re.compile(
    r"^(?:(?:of|between|among|out of|from|in|who of|which of|which one of|who among|which among)\s+)?"
    r"(?:the two (?:\w+ )?)?[,:]?\s*(?:(?:are|is|was|were|did|do|does|has|have|had)\s+)?(?:both\s+)?",
    re.IGNORECASE,
)
_LED = re.compile(
    r"^[\s,:;?–-]*(?:(?:than the other|between|out of|among|from|of)\b)?[\s,:;]*(?:the two [a-z]+,?\s*)?", re.IGNORECASE
)
_VIA = re.compile(r"\b(?:whose|has|have|had|with|by|which)\s+(?:a |an |the |its )?(?P<noun>[a-z-]+)\b")
_WHO = re.compile(r"^(?:who|whom|what|which) (?:is|was|are|were)\s+(?P<term>.+)$", re.IGNORECASE)
_BEFORE_NAME = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_OF = re.compile(r"\s+(?:of|for|from|to)\s+", re.IGNORECASE)
_OWNER = re.compile(r"^(?P<owner>.+?)(?:['’]s|(?<=s)['’])\s+(?P<noun>[a-zA-Z -]+)$")


def read_plan(question: str, *, language: str, known: Known) -> Plan | None:
    """Return what a question asks for; None where it is no question for facts."""
    text = _SPACE.sub(" ", question).strip().strip("?？。 ").strip()
    if len(text) > _LONGEST:
        return None
    if language == "zh":
        from rag.facts.plan_chinese import read_chinese

        return read_chinese(text, known=known)
    return _Reader(known).read(text)


class _Reader:
    def __init__(self, known: Known) -> None:
        self._known = known

    def read(self, text: str) -> Plan | None:
        for read in (self._same, self._pair, self._compare, self._lookup):
            plan = read(text)
            if plan is not None:
                return plan
        return None

    # Things

    def term(self, text: str, *, depth: int = 0) -> Term:
        """Read what names a thing, or a property of one."""
        text = text.strip(" ,")
        if self._known(text):
            return Name(text)
        if depth < DEEPEST:
            for noun, rest in _nouns_of(text):
                return Wanted(noun, self.term(rest, depth=depth + 1))
            if (owner := _OWNER.match(text)) and (owned := _noun(owner["noun"])):
                return Wanted(owned, self.term(owner["owner"], depth=depth + 1))
        return (self._post(text) if text[:1].islower() else None) or Name(_without_kind(text, self._known))

    # Comparisons

    def _compare(self, text: str) -> Plan | None:
        for asked, entry in _patterns("compare"):
            for match in asked.finditer(text):
                if not re.search(r"\bor\b|\band\b", text, re.IGNORECASE):
                    return None
                after, before = text[match.end() :], text[: match.start()]
                head = before
                options = self._options(_LED.sub("", after, count=1)) if after.strip() else None
                if options is None:
                    trailing = _AUXILIARY.sub("", before, count=1)
                    options, head = self._options(trailing.strip(" ,")), ""
                if options is None:
                    continue
                return self._comparison(options, entry, match, head)
        return None

    def _comparison(self, options: list[str], entry: dict[str, str], match: re.Match[str], head: str) -> Plan:
        terms = [self.term(option) for option in options]
        via = _via(f"{head} {match.group()}")
        if via:
            terms = [Wanted(via, term) for term in terms]
        labels = tuple(_label(option, self._known) for option in options)
        wanted = (entry["property"], *([entry["other"]] if "other" in entry else []))
        groups = match.groupdict()
        said = " ".join(filter(None, (groups.get("verb"), groups.get("words"), entry.get("words"))))
        return Comparison(tuple(terms), labels, wanted, entry["wants"] == "most", said.strip())

    def _pair(self, text: str) -> Plan | None:
        for asked, entry in _patterns("pair"):
            match = asked.match(text)
            if match is None:
                continue
            terms = (self.term(match["a"]), self.term(match["b"]))
            groups = match.groupdict()
            said = " ".join(filter(None, (groups.get("verb"), groups.get("words"), entry.get("words"))))
            most = match["order"].lower() in words("en")["order"]["most"]
            wanted = (entry["property"], *([entry["other"]] if "other" in entry else []))
            return Comparison(terms, (match["a"], match["b"]), wanted, most, said, pair=True)
        return None

    def _options(self, text: str, *, joint: str = r"\s+or\s+|\s+and\s+") -> list[str] | None:
        """Split "A or B", where the documents know both if they can be split several ways."""
        text = re.sub(r"^(?:either|the films?|films?)\s+", "", text.strip(" ,?"))
        found = []
        for match in re.finditer(joint, text, re.IGNORECASE):
            one, other = text[: match.start()].strip(" ,"), text[match.end() :].strip(" ,")
            if one and other:
                score = self._fame(one) + self._fame(other)
                found.append((score, match.group().strip() == "or", [one, other]))
        if not found:
            return None
        best = max(found, key=lambda item: item[:2])
        one, other = best[2]
        # "the Orlen contract and the Norrvik contract" are names enough; "it or not" is none.
        return [one, other] if len(one) > 1 and len(other) > 1 else None

    def _fame(self, text: str) -> int:
        term = self.term(text)
        while isinstance(term, Wanted):
            term = term.of
        return int(self._known(term.text))

    # The same

    def _same(self, text: str) -> Plan | None:
        asked = re.match(r"^(?:are|is|were|was|do|does|did|have|has)\b\s*(?P<rest>.*\bsame\b.*)$", text, re.IGNORECASE)
        if asked is None:
            return None
        rest = asked["rest"]
        place = rest.lower().rindex(" same ") if " same " in rest.lower() else -1
        if place < 0:
            return None
        before = rest[:place]
        link = _linking().search(before)
        assert link is not None
        things, linked = before[: link.start()], link.group() + rest[place:]
        wanted = next(((entry, m) for pattern, entry in _patterns("same") if (m := pattern.search(linked))), None)
        if wanted is None:
            return None
        entry, match = wanted
        if other := re.match(r"^(?P<noun>.*?) (?:as|with) (?P<other>.+)$", rest[place + len(" same ") :]):
            things = f"{things} and {other['other']}"
        options = self._both(things)
        if options is None:
            return None
        names, via = options
        via = via or _linked_via(linked)
        terms = [self.term(name) for name in names]
        if via:
            terms = [term if isinstance(term, Wanted) else Wanted(via, term) for term in terms]
        keys = (entry["property"], *([entry["other"]] if "other" in entry else []))
        return Same(tuple(terms), keys, match.groupdict().get("words") or "")

    def _both(self, things: str) -> tuple[list[str], str] | None:
        """Split "both directors of films A and B" into its things and the property that is asked of both."""
        things = re.sub(r"^(?:both|the two|all)\s+", "", things.strip(" ,"), flags=re.IGNORECASE)
        via = ""
        led = re.match(r"^(?:the )?(?P<noun>[a-z]+)s of (?:both )?(?:the )?(?:two )?(?P<rest>.+)$", things)
        if led and (noun := _noun(led["noun"])):
            via, things = noun, re.sub(r"^both\s+", "", led["rest"])
        kinds = "|".join(words("en")["kinds"])
        things = re.sub(rf"^(?:both )?(?:the )?(?:{kinds}),?\s+(?=[A-Z\"“(\d])", "", things.strip(" ,"))
        things = re.sub(rf"(?<=\w) (?:{kinds})$", "", things)
        names = self._options(things, joint=r",?\s+and\s+|\s+&\s+")
        return (names, via) if names else None

    # One property

    def _lookup(self, text: str) -> Plan | None:
        term = self._asked(text)
        return Lookup(term) if isinstance(term, Wanted) else None

    def _asked(self, text: str) -> Term | None:
        for asked, entry in _patterns("ask"):
            if match := asked.match(text):
                return Wanted(entry["property"], self.term(match["term"]))
        for pattern, key in _verbs():
            if match := pattern.match(text):
                return Wanted(key, self.term(match["term"]))
        if match := re.match(
            r"^where (?:is|was) the (?P<noun>place of \w+|birthplace|grave) of (?P<term>.+)$", text, re.IGNORECASE
        ):
            text = f"what is the {match['noun']} of {match['term']}"
        if match := re.match(
            r"^where (?:is|was) (?P<owner>.+)['’]s (?P<noun>place of \w+|birthplace|grave)$", text, re.IGNORECASE
        ):
            text = f"what is the {match['noun']} of {match['owner']}"
        if match := _WHO.match(text):
            term = self.term(match["term"])
            return term if isinstance(term, Wanted) else self._post(match["term"])
        return None

    def _post(self, text: str) -> Term | None:
        """Read "the manager of the head of logistics", whose nouns no list has."""
        match = re.match(r"^(?:the |our )?(?P<noun>[a-z][a-z -]{2,30}?) (?:of|for) (?P<rest>.+)$", text)
        if match is None or match["noun"] in words("en")["kinds"]:
            return None
        inner = self._post(match["rest"]) or Name(_BEFORE_NAME.sub("", match["rest"]))
        return Wanted(f"*{match['noun']}", inner)


def _nouns_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield (property, rest) for "the NOUN of REST"."""
    plain = _BEFORE_NAME.sub("", text)
    for match in _OF.finditer(plain):
        if key := _noun(plain[: match.start()]):
            yield key, plain[match.end() :]


def _noun(text: str) -> str | None:
    return _nouns().get(_BEFORE_NAME.sub("", text.strip()).lower())


@cache
def _nouns() -> dict[str, str]:
    """Return the properties by the nouns that name them."""
    return {noun: key for key, entry in words("en")["property"].items() for noun in entry.get("nouns", ())}


@cache
def _patterns(table: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    return [(re.compile(entry["ask"], re.IGNORECASE), entry) for entry in words("en")[table]]


@cache
def _linking() -> re.Pattern[str]:
    return re.compile(rf"\s*,?\s*\b(?:(?:{'|'.join(words('en')['linking'])})\b\s*,?\s*)*$", re.IGNORECASE)


_HEADS = {
    "when": r"(?:when|(?:in )?(?:what|which) (?:year|date|month|day)|on (?:what|which) (?:date|day))",
    "where": r"(?:where|(?:in |at |from )?(?:what|which) "
    r"(?:city|town|place|country|village|state|university|school|college|company))",
}


@cache
def _verbs() -> list[tuple[re.Pattern[str], str]]:
    """Return patterns of questions by verbs: "When did TERM die", "Who directed TERM"."""
    did = "(?:is|was|were|are|did|does|do|has|have)?"
    found = []
    for key, entry in words("en")["property"].items():
        asked = [
            rf"^{head} {did}\s*(?P<term>.+?) {verb}(?: at| in| from| on)?$"
            for case, head in _HEADS.items()
            for verb in sorted(entry.get(case, ()), key=len, reverse=True)
        ]
        asked += [rf"^(?:who|which [a-z]+) (?:has |was |is )?{verb} (?P<term>.+)$" for verb in entry.get("who", ())]
        found += [(re.compile(one, re.IGNORECASE), key) for one in asked]
    return found


def _via(head: str) -> str:
    """Return the property of which the comparison speaks: "whose director"."""
    for match in _VIA.finditer(head):
        key = _noun(match["noun"])
        if key and properties()[key].value == "person":
            return key
    return ""


def _linked_via(link: str) -> str:
    match = re.search(r"\b(directors?|composers?|performers?)\b(?=.*\bsame\b)", link)
    return _noun(match.group().removesuffix("s")) or "" if match else ""


def _without_kind(text: str, known: Known) -> str:
    """Return a name without what kind of thing it is: "the film X"."""
    if known(text):
        return text
    kinds = "|".join(sorted(words("en")["kinds"], key=len, reverse=True))
    cut = re.sub(rf"^(?:the |a |an )?(?:[a-z]+ )?(?:{kinds})[,:]?\s+(?=\S)", "", text)
    if cut != text and (known(cut) or cut[:1].isupper() or not cut[:1].isalpha()):
        return cut
    article = _BEFORE_NAME.sub("", text)
    return article if known(article) or article[:1].islower() else text


def _label(option: str, known: Known) -> str:
    """Return how an answer calls an option."""
    return _without_kind(option.strip(" ,"), known)
