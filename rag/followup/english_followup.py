"""An English question after others: whether it stands by itself, and if not, what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.followup.english import EnglishReading
from rag.followup.english_parse import Phrase, Question, is_asking, parse
from rag.followup.english_words import Token, is_verb, tokens, words
from rag.followup.names import Names, Reading, Referent, most_salient

_FRAGMENT = 9
"""Words: what is longer and holds no verb is a search by key words."""
_KEYWORDS = 2
"""Words: a bare phrase without a question mark that is longer is a search by key words."""
_ASK_ON = re.compile(
    r"(?:and |but |so )?"
    r"((?:since|until|by|for|from|to|with|at) (?:when|what|whom|where|which time)|why not|why|when|how come|how|where)"
    r"(?: (?:so|that|is that|is this|was that|exactly|then)(?: \w+){0,2})?[?!. ]*",
    re.IGNORECASE,
)
_PRONOUNS = {
    **dict.fromkeys(("it", "its"), "thing"),
    **dict.fromkeys(("he", "she", "him", "her", "his", "hers"), "person"),
    **dict.fromkeys(("they", "them", "their"), "many"),
    "there": "place",
}
_POSSESSIVE = frozenset(["its", "his", "their", "hers"])
_PEOPLE = frozenset(["manager", "boss", "owner", "author", "successor", "supervisor", "deputy", "assistant"])
_EXPLETIVE = re.compile(
    r"\bit (?:\w+ )?"
    r"(?:possible|allowed|necessary|true|ok|okay|permitted|safe|mandatory|required|legal|common|worth|better)\b"
    r"|\bit that\b|\b(?:is|was) it (?:\w+ )?(?:to|that)\b|\btakes? (?:\w+ )*to\b|\bit (?:\w+ )*takes?\b.* to\b",
    re.IGNORECASE,
)
_THIS = re.compile(
    r"(?:^|\b(?:what if|does|did|is|was|do|if) )(?:that|this)"
    r"(?: (?:doesn['’]t|isn['’]t|does|did|is|was|means?|appl(?:y|ies)|includes?|covers?|also|too|happens?|works?|costs?"
    r"|per|for|in|on|valid|possible|allowed|correct|true|still|only|enough|ok)\b|[?!. ]*$)"
    r"|\b(?:mean by|about|like|after|before|for|of|with|do|mean) (?:that|this)[?!. ]*$",
    re.IGNORECASE,
)


def rewrite_english(asked: str, readings: Sequence[Reading], names: Names) -> str:
    """Return the question that is meant, "" where it stands by itself."""
    last = readings[-1]
    if match := _ASK_ON.fullmatch(asked):
        wh = match[1].lower()
        on = last.ask_on(wh) if isinstance(last, EnglishReading) else ""
        return on or f"{last.past.asked.rstrip(' ?？')}: {asked}"
    body, connective, about = _without_connective(asked)
    found = tokens(body)
    if not any(token.kind != "mark" for token in found):
        return ""
    if not is_asking(found) or (about and found[0].kind != "wh"):
        return _completed(asked, body, found, readings, names, led=bool(connective))
    clause = _clause(body if connective else asked, readings, names)
    return clause[:1].upper() + clause[1:] if asked[0].isupper() else clause


def _without_connective(asked: str) -> tuple[str, str, bool]:
    """Return a question without what it begins with, that, and whether it was "what about"."""
    body, taken, about = asked, "", False
    while True:
        lower = body.lower()
        found = next((word for word in _connectives() if lower.startswith((word + " ", word + ","))), "")
        if not found:
            return body, taken, about
        about = about or found.endswith("about") or found.startswith("same")
        taken, body = f"{taken} {found}".strip(), body[len(found) :].lstrip(" ,")


def _connectives() -> list[str]:
    return sorted(words("connectives"), key=len, reverse=True)


def _completed(
    asked: str, body: str, found: Sequence[Token], readings: Sequence[Reading], names: Names, *, led: bool
) -> str:
    """Return what a phrase without a verb asks for after the question before."""
    spoken = [token for token in found if token.kind != "mark"]
    marked = asked.endswith("?")
    if len(spoken) > _FRAGMENT or not (led or marked or len(spoken) <= _KEYWORDS):
        return ""
    phrase = body.rstrip(" ?!.")
    if phrase.lower() in words("connectives"):
        return ""
    resolved = _resolved(phrase, readings, names)
    if resolved and resolved != phrase:
        head = phrase.split(" ")[-1].lower()
        word = "Who" if head in _PEOPLE else "What"
        if resolved.startswith("The ") and not phrase.startswith("The "):
            resolved = f"t{resolved[1:]}"
        possessive = any(token.lower in _POSSESSIVE or token.lower == "her" for token in spoken)
        if possessive and spoken[0].kind != "prep":
            verb = "are" if re.fullmatch(r".*[^s]s", head) else "is"
            return f"{word} {verb} {resolved}?"
        phrase = resolved
    return readings[-1].replaced(phrase)


def _clause(asked: str, readings: Sequence[Reading], names: Names) -> str:
    """Return a whole question with what its pronouns mean, "" where nothing is to be done."""
    last = readings[-1]
    resolved = _resolved(asked, readings, names)
    if resolved and resolved != asked:
        return resolved
    if resolved is None or _THIS.search(asked):
        return f"{last.past.asked.rstrip(' ?？')}, and {_lowered(asked)}"
    question = parse(asked, names)
    if owner := _bare_attribute(question, readings):
        return f"{question.text} of {owner.text}?"
    if not _says_something(question):
        topic = last.topic()
        if topic:
            return f"{question.text}, about {topic}?"
        return f"{last.past.asked.rstrip(' ?？')}, and {_lowered(asked)}"
    return ""


def _bare_attribute(question: Question, readings: Sequence[Reading]) -> Referent | None:
    """Return whose attribute is asked for by "what is the price?"."""
    whole = [phrase for phrase in question.phrases if phrase.role != "name"]
    if len(whole) != 1 or len(question.tokens) > 6 or whole[0].named:
        return None
    alone = "ATTRIBUTE" in whole[0].sure and whole[0].determiner.lower() == "the"
    return most_salient("thing", readings) if alone and question.tokens[-1].end == whole[0].end else None


def _says_something(question: Question) -> bool:
    if question.auxiliary is None:
        return True
    said = [phrase for phrase in question.phrases if phrase.head not in ("we", "i")]
    # "Who should be informed?" says as little as "Who should do that?".
    return any(" " in phrase.text or phrase.named or not _participle(phrase.head) for phrase in said)


def _participle(word: str) -> bool:
    return is_verb(word) and word.endswith(("ed", "en"))


def _resolved(asked: str, readings: Sequence[Reading], names: Names) -> str | None:
    """Return a question with names for pronouns, itself where it has none; None where one means nothing known."""
    found = tokens(asked)
    hints = _hints(asked)
    done: set[str] = set()
    unknown = False
    pieces: list[tuple[int, int, str]] = []
    demonstrative = _demonstrative(asked, found, readings)
    if demonstrative:
        pieces.append(demonstrative)
    for at, token in enumerate(found):
        kind = _PRONOUNS.get(token.lower, "")
        if not kind or (token.text.isupper() and len(token.text) > 1) or kind in done:
            continue
        if _stands(asked, found, at, kind, names) or (demonstrative and demonstrative[1] <= token.start):
            continue
        referent = most_salient(kind, readings, hints)
        if referent is None and kind == "many":
            referent = most_salient("thing", readings, hints)
        if referent is None:
            unknown = unknown or kind != "place"
            continue
        done.add(kind)
        pieces.append((token.start, token.end, _in_place(referent, token, found, at)))
    if unknown and not pieces:
        return None
    for start, end, written in sorted(pieces, reverse=True):
        asked = asked[:start] + written + asked[end:]
    return asked


def _demonstrative(asked: str, found: Sequence[Token], readings: Sequence[Reading]) -> tuple[int, int, str] | None:
    """Return what "this product" or "that one" means, and where it stands."""
    for at, token in enumerate(found[:-1]):
        noun = found[at + 1].lower
        if token.lower not in ("this", "that", "these", "those") or found[at + 1].kind not in ("word", "pron"):
            continue
        kind, hints = "", frozenset[str]()
        if noun in words("organisations"):
            kind, hints = "thing", frozenset(["ORG"])
        elif noun in words("offices"):
            kind, hints = "place", frozenset(["PLACE"])
        elif noun in ("person", "colleague", "man", "woman"):
            kind = "person"
        elif noun in words("things") or noun == "one":
            kind, hints = "thing", frozenset(["PRODUCT"])
        if kind and (referent := most_salient(kind, readings, hints)):
            return token.start, found[at + 1].end, referent.text
    return None


def _in_place(referent: Referent, token: Token, found: Sequence[Token], at: int) -> str:
    """Return what is written for a pronoun."""
    after = found[at + 1] if at + 1 < len(found) else None
    text = referent.text
    if token.lower == "there":
        before = found[at - 1] if at else None
        if before is not None and before.kind == "prep":
            return text
        return f"{referent.preposition if referent.preposition in ('in', 'at', 'on') else 'in'} {text}"
    possessive = token.lower in _POSSESSIVE or (token.lower == "her" and after is not None and after.kind == "word")
    if possessive:
        plural = text.endswith("s") and text == text.lower()
        text += "'" if plural else "'s"
    return text[:1].upper() + text[1:] if at == 0 else text


def _stands(asked: str, found: Sequence[Token], at: int, kind: str, names: Names) -> bool:
    """Tell whether a pronoun means nothing, or something in its own question."""
    token = found[at]
    if token.lower == "it" and _EXPLETIVE.search(asked):
        return True
    around = {found[near].lower for near in (at - 1, at + 1) if 0 <= near < len(found)}
    if token.lower == "there" and around & {"is", "are", "was", "were", "be", "been", "has", "have"}:
        # "Is there a canteen?" asks of no place; "how many people are there?" may.
        return (token is not found[-1] and found[at + 1].kind != "mark") or "be" in around
    before = parse(asked[: token.start] or " ", names)
    if any(_may_mean(kind, phrase) for phrase in before.phrases):
        return True
    several = words("groups") | {"somebody", "someone", "everyone", "everybody"}
    return kind == "many" and any(one.lower in several for one in found[:at])


def _may_mean(kind: str, phrase: Phrase) -> bool:
    """Tell whether a pronoun may mean a phrase before it in its own question."""
    if phrase.role == "wh" or phrase.head in ("we", "i") or phrase.preposition.lower() in words("asides"):
        return False
    if kind == "thing":
        fits = not phrase.plural and not phrase.sure & {"GROUP", "YEAR", "WEEKDAY", "ATTRIBUTE"}
        return fits and phrase.types != {"PERSON"} and not _verbal(phrase.text)
    if kind == "many":
        return phrase.plural or bool(phrase.sure & {"GROUP", "ORG"})
    if kind == "person":
        return not phrase.plural and bool(phrase.sure & {"GROUP", "PERSON"} or "PERSON" in phrase.maybe)
    return "PLACE" in phrase.types


def _verbal(text: str) -> bool:
    """Tell whether a phrase before a pronoun is the verb: "who runs it"."""
    return text.islower() and is_verb(text)


def _hints(asked: str) -> frozenset[str]:
    """Return the types that a question's own words speak for."""
    said = {token.lower for token in tokens(asked)}
    found = {"ORG"} if said & words("of_organisations") else set()
    return frozenset(found | ({"PRODUCT"} if said & words("of_products") else set()))


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() and not text.startswith("I ") else text
