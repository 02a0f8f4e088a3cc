"""What English questions share: how they name things, and which of them can stand by themselves."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.lexicon import is_role, kind_of
from knowledge.language import STOP_WORDS
from knowledge.resolve import without_parenthesis
from knowledge.types import PERSON, VALUES, WORK
from rag.training.questions_clauses import Phrase, Reading
from rag.training.questions_verbs import listed

LEAST_WORDS, MOST_WORDS = 4, 20
"""Of a question."""
MOST_ANSWER_WORDS = 8
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_GOES_ON = re.compile(r"[-–]\s?\w|\w|,? (?:the|[IVX]+\b) ?[A-Z]?")
"""Behind an answer: the rest of a name, as in "James the Gross"."""
_LIST = re.compile(r",? ?(?:and|or|&) ")
_MORE = re.compile(r", (?:the )?[A-Z]")
_NAMED_KINDS = frozenset(["person", "object", "agent", "oblique", "whose"])
_BEFORE_ARTICLES = frozenset(["ADP", "CCONJ", "PUNCT", "DET", "SCONJ", "VERB"])
"""What an article may follow inside a phrase: behind anything else two phrases were taken for one."""
_QUOTES = frozenset('"“” ')
_THEIRS = frozenset(["their", "our", "my", "your"])
_ENOUGH = 3
"""Words of substance that make a question clear which names nothing."""
_WORK_SHARE = 0.4
"""How often a work is called "the film X" and not "X"."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and where its answer stands."""

    question: str
    start: int
    end: int
    """Half-open offsets of the answer."""
    sentence: tuple[int, int]
    """Half-open offsets of the sentence."""
    kind: str


class Names:
    """How questions about a text name what it is about."""

    def __init__(self, r: Reading) -> None:
        self.r = r
        self.title = without_parenthesis(r.topic.title.strip())
        self.noun = self._noun()
        """What to call a work beside its title ("film"), or nothing."""

    def _noun(self) -> str:
        nouns = [noun for noun in self.r.topic.nouns if kind_of(noun) == WORK]
        if self.r.topic.type != WORK or len(nouns) != 1 or self.title.lower().split()[-1:] == nouns:
            return ""
        return nouns[0]

    def dice(self, token: int) -> random.Random:
        """Return what decides where there is a choice: the same for the same place of the same text."""
        start = self.r.parse.start[token]
        # A string seeds the same on every machine.
        return random.Random(f"{self.r.topic.title} {start} {self.r.text[start : start + 20]}")

    def of(self, phrase: Phrase, dice: random.Random) -> str:
        """Return how a question names a subject, or nothing where that would not be understood out of its text."""
        r, p = self.r, self.r.parse
        size = len(phrase.tokens)
        article = size == 2 and p.lower[phrase.tokens[0]] == "the" and phrase.tokens[1] == phrase.head
        if r.is_topic(phrase.head) and (size == 1 or article or phrase.head in r.stand_ins):
            if self.noun and self.title and dice.random() < _WORK_SHARE:
                return f"the {self.noun} {self.title}"
            own = article and phrase.head not in r.stand_ins and not self.title.lower().startswith("the ")
            return f"the {self.title}" if own and self.title else self.title
        named = p.candidate[phrase.head]
        if any(p.pos[t] == "PRON" or p.lower[t] in listed("pointing") for t in phrase.tokens) or is_vague(
            r, phrase.tokens
        ):
            return ""
        if any(p.lower[t] == "or" for t in phrase.tokens):
            return self.title if r.is_topic(phrase.head) or r.is_topic(phrase.tokens[0]) else ""
        if any(p.lower[t] in ("either", "neither", "both") for t in phrase.tokens[1:]):
            return ""
        if any(p.pos[t] == "DET" and p.pos[t - 1] not in _BEFORE_ARTICLES for t in phrase.tokens[1:]):
            return ""
        shown = self._lowered(phrase.tokens[0], r.shown(phrase.tokens))
        if named is None or named.type in VALUES:
            return shown if self._tells_apart(phrase) else ""
        if len(phrase.tokens) == 1 and is_role(shown.lower()):
            return ""
        if named.type == PERSON and " " not in r.text[named.start : named.end] and len(phrase.tokens) == 1:
            return self._fuller(named)
        return shown

    def _tells_apart(self, phrase: Phrase) -> bool:
        """Tell whether a noun that is no name says by itself which thing is meant."""
        p = self.r.parse
        first = phrase.tokens[0]
        if len(phrase.tokens) < 2 or p.pos[first] == "NUM":
            return False
        return p.lower[first] not in ("the", "a", "an") or any(p.pos[t] == "PROPN" for t in phrase.tokens)

    def _lowered(self, first: int, shown: str) -> str:
        p = self.r.parse
        small = p.pos[first] == "DET" or (p.pos[first] in ("NOUN", "ADJ", "NUM", "ADV") and p.candidate[first] is None)
        return shown[:1].lower() + shown[1:] if small and not (shown[:2].isalpha() and shown[:2].isupper()) else shown

    def _fuller(self, short: Candidate) -> str:
        """Return the full name of a person who is called by one part of it."""
        text = self.r.text
        name = text[short.start : short.end]
        people = {c for c in self.r.parse.candidate if c is not None and c.type == PERSON and c.start < short.start}
        full = {" ".join(text[c.start : c.end].split()) for c in people}
        full = {one for one in full if one.endswith(f" {name}") or one.startswith(f"{name} ")}
        return full.pop() if len(full) == 1 else ""

    def span(self, tokens: Sequence[int]) -> tuple[int, int]:
        """Return where an answer stands, without an article, quotation marks and punctuation around it."""
        p = self.r.parse
        kept = list(tokens)
        while len(kept) > 1 and (p.lower[kept[0]] in ("the", "a", "an") or p.pos[kept[0]] == "PUNCT"):
            kept.pop(0)
        while len(kept) > 1 and p.pos[kept[-1]] == "PUNCT":
            kept.pop()
        start, end = p.start[kept[0]], p.end[kept[-1]]
        while end - start > 1 and self.r.text[start] in _QUOTES:
            start += 1
        while end - start > 1 and self.r.text[end - 1] in _QUOTES:
            end -= 1
        return start, end

    def _is_complete(self, asked: Asked, answer: str) -> bool:
        """Tell whether an answer is not half of a name or a list."""
        after = self.r.text[asked.end : asked.end + 40]
        if _GOES_ON.match(after) or (
            "," in answer and asked.kind in ("person", "object", "agent", "whose") and " and " not in answer
        ):
            return False
        if asked.kind in _NAMED_KINDS and _MORE.match(after):
            return False
        if not _LIST.match(after):
            return True
        p = self.r.parse
        ahead = [t for t in range(len(p.start)) if asked.end <= p.start[t] <= asked.end + 12 and p.pos[t] == "CCONJ"]
        if not ahead:
            return False
        joined = p.head[ahead[0]]
        outside = p.dep[joined] == "conj" and not asked.start <= p.start[p.head[joined]] < asked.end
        return p.pos[joined] in ("VERB", "AUX") or outside

    def checked(self, asked: Asked) -> Asked | None:
        """Return a question with its form put right, or None where it says too much or too little."""
        question = " ".join(asked.question.split()).replace(" ,", ",")
        question = question[:1].upper() + question[1:]
        answer = self.r.text[asked.start : asked.end]
        said, heard = spoken(question), spoken(answer)
        if not LEAST_WORDS <= len(question.split()) <= MOST_WORDS or not 0 < len(heard) <= MOST_ANSWER_WORDS:
            return None
        if not self._is_complete(asked, answer):
            return None
        if any(sign in answer for sign in '()[];"“”\n') or any(
            sign in question.replace(self.title, "") for sign in '()[];"“”:'
        ):
            return None
        if not listed("owners").union(_THEIRS, listed("pointing")).isdisjoint(heard):
            return None
        apart = set(said[1:]) - set(spoken(self.title))
        if not (listed("pointing") - {"who", "which", "whose"} | _THEIRS).isdisjoint(apart):
            return None
        if set(heard) < set(spoken(self.title)):
            # A part of the title's name: the rest of it would be the better answer.
            return None
        if asked.kind == "subject" and not any(word[:1].isupper() for word in question.split()[1:]):
            return None
        if not set(heard).difference(STOP_WORDS).isdisjoint(said) or not _is_clear(question):
            return None
        return Asked(question, asked.start, asked.end, asked.sentence, asked.kind)


def is_vague(r: Reading, tokens: Sequence[int]) -> bool:
    """Tell whether words point at something told before: "the film", "the two"."""
    p = r.parse
    for token in tokens:
        bare = p.candidate[token] is None and all(
            c not in tokens or p.dep[c] in ("det", "case", "punct", "cc", "conj") for c in p.children[token]
        )
        definite = any(p.lower[c] in ("the", "both") for c in p.all(token, "det"))
        if bare and definite and p.pos[token] in ("NOUN", "NUM", "ADJ") and p.lemma[token] not in listed("unique"):
            return True
    return False


def spoken(text: str) -> list[str]:
    """Return the words of a text in lower case, without the ending of possessors."""
    return [word.lower().removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text)]


def _is_clear(question: str) -> bool:
    """Tell whether a question names something, or says enough to be understood without its text."""
    plain = _WORD.findall(question)[1:]
    named = any(word[0].isupper() or word[0].isdigit() for word in plain)
    return named or sum(word not in STOP_WORDS for word in plain) >= _ENOUGH
