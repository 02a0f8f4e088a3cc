"""A Chinese question after others: whether it stands by itself, and if not, what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from knowledge.language import HAN
from rag.followup.chinese import ChineseReading, bare, chinese_words, either, types_of
from rag.followup.names import Names, Reading, Referent, most_salient

_WHY = re.compile(r"(?:那么?|可)?(?:这?(?:又)?是)?(?:为什么|为何|什么原因|为啥)(?:呢|会?这样|这么[久长多少贵])?")
_PRONOUN = re.compile(
    r"(?P<many>它们|他们|她们)|(?P<thing>它|这款|那款|此款)|(?P<person>[他她])"
    r"|(?P<place>那里|那儿|那边|这里|这儿)|(?P<its>(?<![尤极与])其(?![他它中实次余]))"
)
_FRAGMENT = 12
"""Characters: a longer phrase without a question's words is no fragment."""
_OF_ORGANISATIONS = re.compile("总部|成立|创立|创始人|员工人数|营业额|法人")
_OF_PRODUCTS = re.compile("多少钱|价格|单价|保修|质保|重量|多重|量程|精度")


@cache
def _demonstrative() -> re.Pattern[str]:
    things, companies = "|".join(chinese_words("things")), "|".join(chinese_words("organisations"))
    places = "|".join(chinese_words("offices"))
    this = "(?:该|此|[这那](?:一?[个款家种台项份座间]|一)?)"
    return re.compile(
        f"{this}(?P<org>{companies})|{this}(?P<place>{places})|{this}(?P<thing>{things})|[这那][个款](?![{HAN}]{{2,}}[年月天周])(?=[多怎要什的有能可是])"
        f"|{this}(?P<person>人|同事|负责人)"
    )


def rewrite_chinese(asked: str, readings: Sequence[Reading], names: Names) -> str:
    """Return the question that is meant, "" where it stands by itself."""
    last = readings[-1]
    body = bare(asked)
    if _WHY.fullmatch(body):
        return _why(last, asked)
    frame, led = _frame(body)
    if not frame:
        return ""
    asking = either("questions").search(frame)
    if (led and not asking and len(frame) <= 2 * _FRAGMENT) or (not asking and _is_fragment(frame, asked)):
        resolved = _resolved(frame, readings, names)
        if "的" in resolved and resolved != frame and types_of(frame):
            return f"{resolved}是{'谁' if resolved.endswith(chinese_words('asked_people')) else '多少'}？"
        return last.replaced(resolved)
    resolved = _resolved(body, readings, names)
    if resolved != body:
        return _led(resolved) + _mark(asked)
    return _hollow(body, asked, readings, names)


def _frame(body: str) -> tuple[str, bool]:
    """Return what stands between "那" and "呢", and whether something was taken away."""
    frame = body
    for word in chinese_words("connectives"):
        if frame.startswith(word) and not frame.startswith(chinese_words("not_pronouns")):
            after = frame[len(word) :].lstrip("，, ")
            # "那里" and "那个" are pronouns.
            if after and not re.match("[里儿边个款家些种台]", after):
                frame = after
                break
    particle = next((word for word in chinese_words("particles") if frame.endswith(word)), "")
    taken = frame != body or particle not in ("", "么", "吧")
    return frame.removesuffix(particle).removesuffix("的").strip("，, "), taken


def _is_fragment(frame: str, asked: str) -> bool:
    """Tell whether a bare phrase with a question mark is one that leaves the rest out."""
    short = len(frame) <= _FRAGMENT and asked.rstrip().endswith(("?", "？"))
    return short and not either("verbs").search(frame)


def _led(text: str) -> str:
    """Return a question without the "那" that leads on from the one before."""
    for word in ("那么", "那"):
        rest = text.removeprefix(word).lstrip("，, ")
        if rest != text and rest and not text.startswith(("那里", "那个", "那些")):
            return rest
    return text


def _mark(asked: str) -> str:
    return asked[len(bare(asked)) :].strip() or "？"


def _why(last: Reading, asked: str) -> str:
    reason = last.reason() if isinstance(last, ChineseReading) else ""
    return reason or f"{bare(last.past.asked)}：{asked}"


def _resolved(text: str, readings: Sequence[Reading], names: Names) -> str:
    """Return a question with names for pronouns; itself where it has none, or they mean nothing known."""
    hints: set[str] = set()
    if _OF_ORGANISATIONS.search(text):
        hints.add("ORG")
    if _OF_PRODUCTS.search(text):
        hints.add("PRODUCT")
    match = _demonstrative().search(text)
    if match:
        kind = match.lastgroup or "thing"
        wanted = {"org": "ORG", "thing": "PRODUCT", "place": "PLACE"}.get(kind, "")
        found = most_salient("thing" if kind == "org" else kind, readings, frozenset({wanted} - {""}) | hints)
        if found and not text[: match.start()].strip("那么，, "):
            return _put(text, match.span(), found)
    for match in _PRONOUN.finditer(text):
        if text.startswith(chinese_words("not_pronouns"), match.start()) or _within_word(text, match.start()):
            continue
        kind = match.lastgroup or "thing"
        if _stands(text[: match.start()], "thing" if kind == "its" else kind, names):
            continue
        found = most_salient("thing" if kind == "its" else kind, readings, frozenset(hints))
        if found is None and kind == "many":
            found = most_salient("thing", readings, frozenset(hints))
        if found:
            owner = Referent(found.text + ("的" if kind == "its" else ""), found.score)
            return _put(text, match.span(), owner)
    return text


def _within_word(text: str, at: int) -> bool:
    return any(text.startswith(word, at - 1) for word in ("其他", "其它", "吉他", "尤其", "极其") if at)


def _put(text: str, span: tuple[int, int], found: Referent) -> str:
    # What was said in English before has an article there.
    return text[: span[0]] + found.text.removeprefix("the ").removeprefix("The ") + text[span[1] :]


def _stands(before: str, kind: str, names: Names) -> bool:
    """Tell whether what stands before a pronoun in its own question is what it means."""
    parts = either("questions", "separators", "verbs").split(before)
    if kind == "many":
        return bool(either("people", "organisations").search(before))
    known = frozenset().union(*(name.types for name in names(before)))
    if kind == "person":
        return "PERSON" in known or any("GROUP" in types_of(part) for part in parts)
    if kind == "place":
        return "PLACE" in known or any("PLACE" in types_of(part) for part in parts)
    return bool(known & {"PRODUCT", "ORG", "NAME"}) or bool(re.search("[A-Z]", before))


def _hollow(body: str, asked: str, readings: Sequence[Reading], names: Names) -> str:
    """Return a question that says nothing by itself ("要多久？") with what the last one was about."""
    last = readings[-1]
    left = either("questions", "hollow", "attributes").sub("", _led(body)).strip("，, 那")
    if left or re.search(r"[A-Za-z\d]", body):
        return ""
    only = either("questions", "hollow").sub("", _led(body)).strip("，, 那")
    if only:
        # "价格是多少？" asks of the thing, "标准是多少？" after "标准" of nothing else.
        found = most_salient("thing", readings, frozenset())
        return f"{found.text}的{_led(body)}{_mark(asked)}" if found else ""
    topic = last.topic()
    return f"{topic}{_led(body)}{_mark(asked)}" if topic else ""
