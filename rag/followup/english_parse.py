"""A light parse of English questions: no tagger, so that a follow-up costs no model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.followup.english_words import CODE, YEAR, Token, is_bare_verb, is_verb, sure_types, tokens, words
from rag.followup.names import Names

_BARE = frozenset(["do", "does", "did", "can", "could", "may", "might", "must", "should", "will", "would"]) | frozenset(
    ["don't", "doesn't", "didn't", "can't"]
)
"""What a subject and a bare verb follow."""
_BE = frozenset(["is", "are", "was", "were", "'s"])
_PLURAL = re.compile(r"(?:[^s\W]s|ies|people|staff|personnel|children)", re.IGNORECASE)
HARD = frozenset(["YEAR", "MONTH", "WEEKDAY", "CURRENCY", "GROUP", "ATTRIBUTE"])
"""Types in contrast to their own kind alone."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of a question at half-open character offsets, or a name inside one."""

    text: str
    start: int
    end: int
    head: str
    """Its last noun, in lower case."""
    role: str
    """``wh``: what is asked for; ``subject``; ``object``; ``oblique``: after a preposition; ``name``: in another."""
    preposition: str = ""
    preposition_start: int = -1
    determiner: str = ""
    named: bool = False
    """Whether it is a name or holds one."""
    sure: frozenset[str] = frozenset()
    """What its words say about its type."""
    maybe: frozenset[str] = frozenset()
    """What the knowledge base says."""
    owner: bool = False
    """Whether "'s" follows."""

    @property
    def plural(self) -> bool:
        """Whether it means several."""
        return not self.named and bool(_PLURAL.fullmatch(self.head[-3:]) or _PLURAL.fullmatch(self.head))

    @property
    def types(self) -> frozenset[str]:
        """What its words say about its type, else what the knowledge base says."""
        return self.sure or self.maybe


@dataclass(frozen=True, slots=True)
class Question:
    """A question's parts."""

    text: str
    """Without the marks at its end."""
    tokens: tuple[Token, ...]
    wh: tuple[int, int] | None
    """The tokens of what is asked for ("how many days of leave"); None for yes and no."""
    auxiliary: int | None
    """The token that stands before the subject."""
    verb: int | None
    """The token of the main verb."""
    phrases: tuple[Phrase, ...]

    def span(self, first: int, last: int) -> str:
        """Return the text of tokens ``first`` up to, not with, ``last``."""
        if first >= last:
            return ""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]


def parse(text: str, names: Names) -> Question:
    """Read a question."""
    text = text.rstrip(" ?!.…")
    found = tuple(tokens(text))
    wh, auxiliary, verb = _frame(found)
    known = [(name.start, name.end, name.types) for name in names(text)]
    # Of what is typed without capitals, only names that are surely names.
    if text == text.lower():
        known = [one for one in known if one[2] - {"NAME"} or " " in text[one[0] : one[1]]]
    phrases = []
    for first, last in _noun_phrases(found, verb, auxiliary):
        phrase = _phrase(text, found, first, last, known, wh=wh, auxiliary=auxiliary, verb=verb)
        phrases += [phrase, *_inner(phrase, text, known)]
    return Question(text, found, wh, auxiliary, verb, tuple(phrases))


def _frame(found: Sequence[Token]) -> tuple[tuple[int, int] | None, int | None, int | None]:
    """Return what is asked for, the auxiliary before the subject, and the main verb, as token numbers."""
    begin = next((at for at, token in enumerate(found) if token.kind == "wh"), None)
    aux = next((at for at, token in enumerate(found) if token.kind == "aux" and at >= (begin or 0)), None)
    if begin is None or (aux is not None and aux == 0 and begin > 3):
        if not found or found[0].kind != "aux":
            return None, None, None
        return None, 0, _main_verb(found, 0)
    end = begin + 1
    while end < len(found) and found[end].kind in ("word", "prep", "det", "possessive") and end != aux:
        if found[begin].lower in ("who", "why", "where", "when") or (
            is_verb(found[end].text) and _ends_subject(found, begin, end)
        ):
            break
        end += 1
    if aux is not None and aux == end:
        return (begin, end), aux, _main_verb(found, aux)
    # "Who runs the canteen", "how many people work in Tampere"
    return (begin, end), None, end if end < len(found) and found[end].kind == "word" else None


def _ends_subject(found: Sequence[Token], begin: int, at: int) -> bool:
    """Tell whether a token is the verb after "which supplier" and not a noun of it."""
    if at == begin + 1 and found[begin].lower in ("which", "whose"):
        return False
    if any(token.kind == "aux" for token in found[at:]):
        # "What lead time does …": the verb comes later.
        return False
    return at > begin + 1 or found[begin].lower == "what"


def _main_verb(found: Sequence[Token], auxiliary: int) -> int | None:
    """Return the verb after an auxiliary and a subject."""
    if found[auxiliary].lower in _BE:
        return _predicate(found, auxiliary)
    if found[auxiliary].lower not in _BARE:
        return None
    subject = False
    likely = None
    for at in range(auxiliary + 1, len(found)):
        token, before = found[at], found[at - 1]
        after_noun = before.kind in ("word", "pron", "possessive")
        if subject and token.kind == "word" and is_bare_verb(token.text) and after_noun and token.text.islower():
            last = at + 1 == len(found) or found[at + 1].kind != "word"
            if last or before.kind == "pron" or token.lower not in words("nounish"):
                return at
            likely = likely or at
        subject = subject or token.kind in ("word", "pron")
    if likely is not None:
        return likely
    # An unknown verb: the last word before a preposition, a determiner or the end, of two in a row.
    for at in range(auxiliary + 2, len(found)):
        ends = at + 1 == len(found) or found[at + 1].kind in ("prep", "det", "pron", "mark")
        if found[at].kind == "word" and found[at].text.islower() and found[at - 1].kind in ("word", "pron") and ends:
            return at
    return None


def _predicate(found: Sequence[Token], auxiliary: int) -> int | None:
    """Return what is said of the subject after "is": "based", "free"."""
    for at in range(auxiliary + 1, len(found)):
        token, before = found[at], found[at - 1]
        said = token.lower in words("predicates") or (
            is_verb(token.text) and token.lower.endswith(("ed", "en", "wn", "de", "ld", "nt"))
        )
        if token.kind == "word" and said and before.kind in ("word", "possessive", "pron", "aux"):
            return at if at + 1 == len(found) or found[at + 1].kind != "word" or before.kind == "pron" else None
    return None


def _noun_phrases(found: Sequence[Token], verb: int | None, auxiliary: int | None) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and (end != verb) and found[end].kind in ("det", "word", "possessive"):
            if found[end].kind == "det" and end > at and found[end - 1].kind != "det":
                break
            end += 1
        if end > at and any(token.kind == "word" for token in found[at:end]):
            yield at, end
        elif at < len(found) and found[at].lower in ("we", "i") and at != verb:
            yield at, at + 1
            end = at + 1
        at = max(end, at + 1)


def _phrase(
    text: str,
    found: Sequence[Token],
    first: int,
    last: int,
    known: Sequence[tuple[int, int, frozenset[str]]],
    *,
    wh: tuple[int, int] | None,
    auxiliary: int | None,
    verb: int | None,
) -> Phrase:
    before = found[first - 1] if first else None
    preposition = before if before and before.kind == "prep" else None
    determiner = found[first].text if found[first].kind == "det" else ""
    # "free", "responsible": what is said of the subject ends no phrase that a pronoun could mean, but is kept simple.
    start, end = found[first].start, found[last - 1].end
    head = found[last - 1].lower
    inside = [one for one in known if one[0] >= start and one[1] <= end]
    content = text[start:end].removeprefix(determiner).strip()
    offset = end - len(content)
    maybe = frozenset().union(*(one[2] for one in inside if one[1] == end and one[0] <= offset))
    if head in ("we", "i"):
        return Phrase(text[start:end], start, end, head, "subject", sure=frozenset(["GROUP"]))
    if wh and wh[0] < first < wh[1] and not preposition:
        role = "wh"
    elif preposition:
        role = "oblique"
    elif auxiliary is not None and first > auxiliary and (verb is None or first < verb):
        role = "subject"
    else:
        role = "object"
    return Phrase(
        text[start:end],
        start,
        end,
        head,
        role,
        preposition.text if preposition else "",
        preposition.start if preposition else -1,
        determiner,
        bool(inside) or _is_named(content, at_start=offset == 0),
        sure_types(content, head),
        maybe,
        last < len(found) and found[last].kind == "possessive",
    )


def _is_named(content: str, *, at_start: bool) -> bool:
    written = content.split(" ")
    return any(
        CODE.fullmatch(word) or (word[:1].isupper() and not (at_start and not at)) for at, word in enumerate(written)
    )


def _inner(phrase: Phrase, text: str, known: Sequence[tuple[int, int, frozenset[str]]]) -> Iterator[Phrase]:
    """Yield the names inside a noun phrase, known ones and runs of capitals and codes."""
    spans = {(start, end): types for start, end, types in known if phrase.start <= start and end <= phrase.end}
    inside = text[phrase.start : phrase.end]
    run = re.compile(rf"(?:{CODE.pattern}|{YEAR.pattern}|[A-Z][\w'-]+(?: (?:[A-Z][\w'-]*|\d{{1,3}})\b)*)")
    for match in run.finditer(inside):
        span = (phrase.start + match.start(), phrase.start + match.end())
        if span[0] and not any(start < span[1] and span[0] < end for start, end in spans):
            spans[span] = frozenset()
    for (start, end), types in sorted(spans.items()):
        if (start, end) == (phrase.start, phrase.end):
            continue
        name = text[start:end]
        owner = text[end : end + 2] in ("'s", "’s")
        # A name at the end stands for the whole: "the BT3".
        whole = text[phrase.start : start].strip().lower() in ("", "the", "a", "an") and end == phrase.end
        yield Phrase(
            name,
            start,
            end,
            name.split(" ")[-1].lower(),
            phrase.role if whole else "name",
            phrase.preposition if whole else "",
            phrase.preposition_start if whole else -1,
            named=True,
            sure=sure_types(name, name.split(" ")[-1].lower()) - {"GROUP"},
            maybe=types,
            owner=owner,
        )


def is_asking(found: Sequence[Token]) -> bool:
    """Tell whether words make a question or a sentence, and not only a phrase."""
    return any(token.kind in ("wh", "aux") for token in found)


__all__ = ["HARD", "Phrase", "Question", "is_asking", "parse", "words"]
