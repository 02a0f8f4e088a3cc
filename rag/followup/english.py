"""An English question that was asked before: what its follow-ups may mean, and the question with a part replaced."""

from __future__ import annotations

import re

from rag.followup.english_parse import HARD, Phrase, parse
from rag.followup.english_words import tokens, words
from rag.followup.names import Names, Past, Referent

_NUMERIC = re.compile(r"\W*\d|.*\d{3}|yes\b|no\b|none\b", re.IGNORECASE)
_PERSON = re.compile(
    r"(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?(?:[^\W\d_]\.? ?)?[^\W\d_a-z][\w'’-]+"
    r"(?: (?:von |van |de |of )?[^\W\d_a-z][\w'’.-]*){1,3}"
)
_OTHER = re.compile(r"(?:the|that|this) one (?=(?:in|on|at|from|for|of|with|by|about)\b)", re.IGNORECASE)
_ENOUGH = 2.0
"""The least score at which a fragment stands in contrast to a phrase."""
_SHORT = 80
"""Characters: a longer short answer is no name."""


class EnglishReading:
    """A turn before."""

    def __init__(self, past: Past, names: Names) -> None:
        self.past = past
        self.question = parse(past.asked, names)
        self._names = names

    # Fragments

    def replaced(self, fragment: str) -> str:
        """Return the question with a fragment in the place of what it is in contrast to."""
        new = self._fragment(fragment)
        text = self.question.text
        if new is None:
            return f"{text}, {fragment}?"
        if new.head in ("one", "ones"):
            return self._with_other(new)
        if other := _OTHER.match(fragment):
            return self._with_other(new, fragment[other.end() :])
        again = any(old.head == new.head and old.role != "wh" and not old.named for old in self.question.phrases)
        if "ATTRIBUTE" in new.sure and not new.preposition and not again:
            return self._attribute(new)
        scored = [(self._contrast(new, old), at, old) for at, old in enumerate(self.question.phrases)]
        score, _, old = max(scored, default=(0.0, 0, None), key=lambda one: one[:2])
        if old is None or score < _ENOUGH:
            if new.determiner.lower() == "the" and not new.named and (same := self._of_the_same(new)):
                return same
            joint = " " if new.preposition else ", "
            return f"{text}{joint}{fragment}?"
        start, written = old.start, new.text
        if new.preposition and old.preposition:
            start, written = old.preposition_start, f"{new.preposition.lower()} {new.text}"
        elif (
            old.determiner
            and not new.determiner
            and old.determiner.lower() not in ("a", "an")
            and "PLACE" not in new.sure
        ):
            keep = old.determiner.lower() in ("the", "our", "my", "your") and not old.named and not new.named
            written = f"{old.determiner} {new.text}" if keep else new.text
        if old.owner:
            written = written.removesuffix("'s").removesuffix("’s")
        if text[:start].lower().endswith("the "):
            written = written.removeprefix("the ")
        return f"{text[:start]}{written}{text[old.end :]}?"

    def _fragment(self, fragment: str) -> Phrase | None:
        """Read a fragment as one phrase; None where it is none."""
        asked = parse(fragment, self._names)
        whole = [phrase for phrase in asked.phrases if phrase.role != "name"]
        if not whole:
            return None
        first = whole[0]
        text = asked.text[first.start :]
        rest = parse(text, self._names).phrases[0] if text != first.text else first
        maybe = first.maybe or frozenset().union(*(phrase.maybe for phrase in asked.phrases if phrase.end == first.end))
        return Phrase(
            text,
            0,
            len(text),
            first.head,
            "fragment",
            first.preposition,
            determiner=first.determiner,
            named=first.named or bool(maybe - {"NAME"}) or text[:1].isupper(),
            sure=first.sure or rest.sure,
            maybe=maybe,
        )

    def _contrast(self, new: Phrase, old: Phrase) -> float:
        """Return how well a fragment fits the place of a phrase."""
        if old.role == "wh":
            return 0.0
        same_head = (new.head == old.head and not old.named) or (new.head == old.head and old.role != "name")
        aside = new.preposition.lower() in words("asides") and not old.preposition
        if aside and not same_head and not (new.types & old.types - {"NAME"}):
            # "in alarm mode" tells when, and stands for nothing that was said.
            return 0.0
        hard, old_hard = new.sure & HARD, old.sure & HARD
        if hard or old_hard:
            if not hard & old_hard and not same_head:
                return 0.0
            score = 5.0
        else:
            score = 3.0 * bool(new.types & old.types - {"NAME"})
            if new.sure and old.sure and not new.sure & old.sure:
                score -= 3.0
            score += 2.0 * (new.named and old.named)
        score += 4.0 * same_head
        if new.preposition:
            score += 2.0 if new.preposition.lower() == old.preposition.lower() else -0.5 if old.preposition else 0.0
            score += 0.5 * (_at_place(new) and _at_place(old))
        # With a determiner of its own a fragment stands for a phrase, without one for the name inside it.
        score += 0.4 if bool(new.determiner) == (old.role != "name" and bool(old.determiner)) else 0.0
        if old.named and not new.named and not hard and not same_head and not new.preposition:
            score -= 1.0
        return score

    def _with_other(self, new: Phrase, rest: str = "") -> str:
        """Put "the Silver one", or "the one" and a rest, in the place of "the Gold plan"."""
        text = self.question.text
        fitting = [old for old in self.question.phrases if old.role not in ("wh", "name") and " " in old.text]
        fitting = [old for old in fitting if old.head != old.text.lower() and not old.sure & HARD] or fitting
        named = [old for old in fitting if old.named] or fitting
        if not named:
            return f"{text}, {new.text}?"
        old = named[-1]
        head = text[old.start : old.end].split(" ")[-1]
        other = f"the {head} {rest}" if rest else f"{new.text.rpartition(' ')[0] or new.determiner} {head}"
        return f"{text[: old.start]}{other}{text[old.end :]}?"

    def _attribute(self, new: Phrase) -> str:
        """Ask for another attribute of the same thing."""
        question = self.question
        if " of " in new.text and question.wh == (0, 1) and question.auxiliary == 1 and question.verb is None:
            # "And the head of People?" says itself whose it is.
            return f"{question.span(0, 2)} {_with_article(new)}?"
        if same := self._of_the_same(new):
            return same
        topic = max(self.referents("thing", frozenset()), key=lambda one: one.score, default=None)
        if topic is None or topic.score <= 0:
            return f"{self.question.text}, {new.text}?"
        return f"What is {_with_article(new)} of {topic.text}?"

    def _of_the_same(self, new: Phrase) -> str:
        """Ask for something else of the same: "the gross margin" for "the revenue in 2025"; "" if there is none."""
        question = self.question
        if question.wh != (0, 1) or question.tokens[0].lower != "what" or question.auxiliary != 1:
            return ""
        for old in question.phrases:
            rest = question.text[old.end :]
            first = next((token for token in question.tokens if token.start >= old.end), None)
            whole = old.role in ("subject", "object") and not old.named and not old.owner
            if whole and first is not None and first.kind == "prep" and old.start <= question.tokens[2].end:
                return f"{question.span(0, 2)} {_with_article(new)}{rest}?"
        return ""

    # Pronouns

    def referents(self, kind: str, hints: frozenset[str]) -> list[Referent]:
        """Return what a pronoun of a kind may mean; see ``Reading``."""
        weigh = {"thing": self._as_thing, "person": self._as_person, "many": self._as_many, "place": self._as_place}[
            kind
        ]
        found = []
        for at, phrase in enumerate(self.question.phrases):
            if phrase.role != "wh" and phrase.head not in ("we", "i"):
                score = weigh(phrase, hints) - 0.1 * at
                found.append(Referent(self._written(phrase, kind), score, phrase.preposition.lower()))
        short = self.past.short.strip().rstrip(".")
        if short and len(short) <= _SHORT:
            found.append(Referent(short, self._short_as(kind, short, hints)))
        for name in self._names(self.past.answer):
            type_ = {"person": "PERSON", "place": "PLACE", "thing": "PRODUCT", "many": "ORG"}[kind]
            found.append(Referent(self.past.answer[name.start : name.end], 0.5 if type_ in name.types else 0.0))
        return found

    def _written(self, phrase: Phrase, kind: str) -> str:
        """Return a phrase as it is written in the place of a pronoun, with what belongs to it."""
        text = phrase.text
        if phrase.determiner.lower() in ("a", "an"):
            text = "the" + text[len(phrase.determiner) :]
        if phrase.role == "name" or phrase.owner:
            article = self.question.text[: phrase.start].lower().endswith("the ") and phrase.owner
            return f"the {text}" if article else text
        if self.question.text[: phrase.start].lower().endswith(("this ", "that ", "these ", "those ")):
            text = f"the {text}"
        end = phrase.end
        following = self.question.phrases
        for other in following:
            if (
                other.role == "oblique"
                and other.preposition.lower() in ("of", "for")
                and other.preposition_start == end + 1
            ):
                text += self.question.text[end : other.end]
                end = other.end
        return text

    def _as_thing(self, phrase: Phrase, hints: frozenset[str]) -> float:
        if phrase.sure & (HARD - {"ATTRIBUTE"}) or phrase.plural or phrase.types == {"PERSON"}:
            return -9.0
        score = {"subject": 2.0, "object": 1.5, "oblique": 1.0, "name": 0.2}[phrase.role]
        # Whose attribute is asked for is a thing, whatever it may be an attribute of.
        score += 2.0 * phrase.named - 4.0 * ("ATTRIBUTE" in phrase.sure and phrase.preposition.lower() != "of")
        score += 1.5 * bool(phrase.types & {"PRODUCT", "ORG", "WORK", "EVENT"}) + 2.5 * bool(hints & phrase.types)
        if _at_place(phrase):
            score -= 2.0
        if ("PLACE" in phrase.sure and phrase.named) or phrase.maybe == {"PLACE"}:
            score -= 1.5
        if phrase.text[:1].isdigit():
            score -= 4.0
        return score

    def _as_person(self, phrase: Phrase, hints: frozenset[str]) -> float:
        if phrase.sure & (HARD - {"GROUP"}) or phrase.plural:
            return -9.0
        score = 3.0 * ("PERSON" in phrase.types) + 0.5 * bool(not phrase.types and _PERSON.fullmatch(phrase.text))
        role = {"subject": 2.0, "object": 1.0, "oblique": 0.5, "name": 0.0}[phrase.role]
        return score + role * (score > 0) - 1.0 * phrase.owner

    def _as_many(self, phrase: Phrase, hints: frozenset[str]) -> float:
        organisation = "ORG" in phrase.types
        if not (phrase.plural or organisation or "GROUP" in phrase.sure) or "ATTRIBUTE" in phrase.sure:
            return -9.0
        score = {"subject": 3.0, "object": 2.0, "oblique": 1.0, "name": 0.0}[phrase.role]
        return score + 2.0 * ("ORG" in hints and organisation) + 0.5 * ("GROUP" in phrase.sure)

    def _as_place(self, phrase: Phrase, hints: frozenset[str]) -> float:
        place = "PLACE" in phrase.types
        if phrase.sure & HARD or not (place or (_at_place(phrase) and phrase.named)):
            return -9.0
        return 2.0 * place + 1.0 * _at_place(phrase) + 1.0 * (phrase.role != "name") + 0.5 * (phrase.role == "subject")

    def _short_as(self, kind: str, short: str, hints: frozenset[str]) -> float:
        """Return how well the short answer fits a pronoun."""
        if _NUMERIC.match(short) and kind != "thing":
            return -9.0
        known = frozenset().union(
            *(name.types for name in self._names(short) if name.end - name.start > len(short) / 2)
        )
        asked = self._asked_type()
        named = short[0].isupper()
        if kind == "person":
            fits = "PERSON" in known or (
                "PERSON" in asked and named and (bool(_PERSON.fullmatch(short)) or " " not in short)
            )
            return (3.5 if " and " not in short else -9.0) if fits else -9.0
        if kind == "place":
            return 3.5 if ("PLACE" in asked and named) or (known == {"PLACE"} and named) else -9.0
        if kind == "many":
            several = " and " in short and named
            return 4.0 if several else 3.0 + 2.0 * ("ORG" in hints) if "ORG" in asked | known and named else -9.0
        if (
            not named
            or (_NUMERIC.match(short) and not known)
            or known == {"PERSON"}
            or ("PERSON" in asked and not hints & known)
        ):
            return -9.0
        which = self.question.wh is not None and self.question.tokens[self.question.wh[0]].lower == "which"
        score = 1.0 + 2.5 * bool(hints & (known | asked)) + 1.5 * bool(asked - {"PERSON"})
        return score + 4.5 * (which and not asked & {"PERSON", "ORG", "PLACE"})

    def _asked_type(self) -> frozenset[str]:
        """Return the types that the question asks for."""
        question = self.question
        if question.wh is None:
            return frozenset()
        first = question.tokens[question.wh[0]].lower
        asked = question.span(*question.wh).lower()
        found: set[str] = set()
        if first in ("who", "whom"):
            found |= {"PERSON", "ORG"}
        elif first == "where":
            found.add("PLACE")
        for token in tokens(asked):
            for type_, name in (("ORG", "organisations"), ("PRODUCT", "things"), ("PLACE", "offices")):
                if token.lower.removesuffix("s") in words(name):
                    found.add(type_)
        return frozenset(found)

    # What was said

    def topic(self) -> str:
        """Return the first phrase of the question that says something, with what belongs to it."""
        question = self.question
        if question.auxiliary is not None and question.verb is None and question.wh == (0, 1):
            return question.span(question.auxiliary + 1, len(question.tokens))
        subject = [phrase for phrase in question.phrases if phrase.role not in ("wh", "name")]
        subject = [phrase for phrase in subject if phrase.head not in ("we", "i")]
        return self._written(subject[0], "thing") if subject else ""

    def ask_on(self, wh: str) -> str:
        """Return the question that "why?" or "since when?" asks."""
        question, short = self.question, self.past.short.strip().rstrip(".")
        short = short if len(short) <= _SHORT else ""
        wh = wh[:1].upper() + wh[1:]
        if question.wh is None or question.wh[0] > 0:
            return f"{wh} {_lowered(question.text)}?" if question.auxiliary is not None else ""
        if question.auxiliary is None:
            rest = question.span(question.wh[1], len(question.tokens))
            asked = question.span(*question.wh)
            return f"{wh} is it that {short or 'it is so that ' + _lowered(asked)} {rest}?" if rest else ""
        rest = question.span(question.auxiliary + 1, len(question.tokens))
        auxiliary = question.tokens[question.auxiliary].text.replace("'s", "is")
        said = _object(question.span(*question.wh), short)
        if not said:
            return f"{wh} {auxiliary} {rest}?"
        if question.verb is not None:
            before = question.span(question.auxiliary + 1, question.verb + 1)
            after = question.span(question.verb + 1, len(question.tokens))
            return f"{wh} {auxiliary} {before} {said}{' ' + after if after else ''}?"
        return f"{wh} {auxiliary} {rest} {said}?"


def _object(asked: str, short: str) -> str:
    """Return what was asked for, with its answer: "27 days of annual leave"."""
    first, _, rest = asked.partition(" ")
    kind = first.lower()
    if kind in ("why", "when", "where", "who") or rest.lower().startswith(("long", "often", "far", "soon")):
        return ""
    if kind == "how":
        noun = rest.partition(" ")[2] if rest.lower().startswith(("many", "much")) else ""
        number = re.match(r"\W*\d[\d.,]*", short)
        return (
            f"{number.group().strip()} {noun}"
            if noun and number
            else noun or (short if not rest or rest.lower() == "much" else "")
        )
    return f"the {rest} {short}".strip() if rest else short


def _with_article(new: Phrase) -> str:
    return new.text if new.determiner or new.named else f"the {new.text}"


def _at_place(phrase: Phrase) -> bool:
    return phrase.preposition.lower() in words("places")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
