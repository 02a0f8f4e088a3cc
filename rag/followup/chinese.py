"""A Chinese question that was asked before: what its follow-ups may mean, and the question with a part replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from knowledge.language import HAN
from knowledge.wordlists import word_lists
from rag.followup.names import Names, Past, Referent
from rag.prompts import followup_words

_LATIN = re.compile(r"[A-Za-z][A-Za-z\d.-]*(?: ?\d[A-Za-z\d.-]*| [A-Z][A-Za-z\d-]*)*")
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z]).+")
_YEAR = re.compile(r"(?:19|20)\d\d ?年?|[今明去前]年")
_NUMBER = r"(?:\d[\d,.]*|[一二两三四五六七八九十百千万半]+)"
_DATE = re.compile(
    r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九]) ?月份?(?:\d{1,2} ?[日号])?|[上下本]?(?:个月|周|季度)|第[一二三四]季度"
    r"|(?:周|星期)[一二三四五六日天末]|周末|工作日"
)
_BOUND, _WITHIN = "超过|不足|不到|少于|多于|低于|高于|大于|小于", "以内|以下|以上|以外|之内|及以上|及以下"
_NUMBERED = re.compile(rf"(?P<bound>{_BOUND})?{_NUMBER}(?P<noun>[ ]?[^\d\s].*?)(?P<within>{_WITHIN})?")
"""A fragment that begins with a number: "超过三天", "二线城市"."""
_ORDINAL = re.compile(r"(?:首|第[一二三四五六七八九十\d]+|最后一?)(?:批货?|次|期|版|届|轮|名|阶段)")
_SPACES = re.compile(r"\s+")
_END = re.compile(r"[\s?？!！。.…]+$")
_ENOUGH = 2.0
_HARD = frozenset(["YEAR", "DATE", "ORDINAL", "ATTRIBUTE"])
_SHORT = 40
"""Characters: a longer short answer is no name."""
_PERSON = re.compile(f"[{HAN}]{{2,4}}")


@dataclass(frozen=True, slots=True)
class Part:
    """A constituent of a question at half-open character offsets."""

    text: str
    start: int
    end: int
    types: frozenset[str]
    inner: bool = False
    """Whether it is a name inside a longer constituent."""
    named: bool = False


@cache
def chinese_words(name: str) -> tuple[str, ...]:
    """Return a word list of ``rag/templates/followup.toml``, the longest first."""
    value = followup_words("zh")[name]
    return tuple(sorted(value.split() if isinstance(value, str) else value, key=lambda word: -len(word)))


@cache
def either(*names: str) -> re.Pattern[str]:
    """Return a pattern of all words of some lists."""
    found = {word for name in names for word in chinese_words(name)}
    return re.compile("|".join(map(re.escape, sorted(found, key=lambda word: -len(word)))))


@cache
def _surnames() -> frozenset[str]:
    person = word_lists("extract/chinese")["person"]
    return frozenset("".join(person["surnames"].split())) | frozenset(person["compound_surnames"])


def is_person(text: str) -> bool:
    """Tell whether a text is written like a Chinese person's name."""
    return bool(_PERSON.fullmatch(text)) and (text[0] in _surnames() or text[:2] in _surnames())


def types_of(text: str) -> frozenset[str]:
    """Return what a constituent's own words say about its type."""
    text = text.strip()
    found = set()
    for type_, pattern in (("YEAR", _YEAR), ("DATE", _DATE), ("ORDINAL", _ORDINAL)):
        if pattern.fullmatch(text):
            return frozenset([type_])
    if text.endswith(chinese_words("attributes")):
        found.add("ATTRIBUTE")
    elif text.endswith(chinese_words("people")):
        found.add("GROUP")
    elif (
        text in chinese_words("countries") or text in chinese_words("cities") or text.endswith(chinese_words("offices"))
    ):
        found.add("PLACE")
    elif _CODE.fullmatch(text):
        found.add("PRODUCT")
    if text.endswith(chinese_words("organisations")):
        found.add("ORG")
    return frozenset(found)


def bare(question: str) -> str:
    """Return a question without the marks at its end."""
    return _END.sub("", question)


class ChineseReading:
    """A turn before."""

    def __init__(self, past: Past, names: Names) -> None:
        self.past = past
        self.text = bare(past.asked)
        self._names = names
        self.parts = self._read()

    def _read(self) -> tuple[Part, ...]:
        text = self.text
        known = {(name.start, name.end): name.types for name in self._names(text)}
        for pattern in (_LATIN, _YEAR, _DATE, _ORDINAL, either("countries", "cities")):
            for match in pattern.finditer(text):
                if not any(start < match.end() and match.start() < end for start, end in known):
                    known[match.span()] = frozenset()
        # Neither function words nor verbs are looked for inside names.
        masked = list(text)
        for start, end in known:
            masked[start:end] = "\0" * (end - start)
        parts = []
        for start, end in _between("".join(masked), either("questions", "separators", "verbs")):
            inside = [(span, types) for span, types in sorted(known.items()) if start <= span[0] and span[1] <= end]
            sure = types_of(text[start:end])
            whole = dict(inside).get((start, end), frozenset())
            parts.append(Part(text[start:end], start, end, sure or whole, named=bool(inside)))
            for (begin, stop), types in inside:
                if (begin, stop) != (start, end):
                    name = text[begin:stop]
                    parts.append(Part(name, begin, stop, types_of(name) or types, inner=True, named=True))
        return tuple(parts)

    # Fragments

    def replaced(self, fragment: str) -> str:
        """Return the question with a fragment in the place of what it is in contrast to."""
        new = bare(fragment).strip()
        known = frozenset().union(*(name.types for name in self._names(new) if name.end - name.start == len(new)))
        types = types_of(new) or known
        if "ATTRIBUTE" in types:
            return self._attribute(new)
        if other := self._other_number(new):
            return other
        named = bool(known) or bool(_LATIN.fullmatch(new))
        scored = [(self._contrast(new, types, named, part), -at, part) for at, part in enumerate(self.parts)]
        score, _, old = max(scored, default=(0.0, 0, None), key=lambda one: one[:2])
        if old is None or score < _ENOUGH:
            return f"{new}{self._spaced(new, self.text)}{self.text}？"
        return f"{self.text[: old.start]}{new}{self.text[old.end :]}？"

    def _other_number(self, new: str) -> str:
        """Return the question with "超过三天" for "三天以内", "二线城市" for "一线城市"; "" if none is alike."""
        parts = _NUMBERED.fullmatch(new)
        if parts is None:
            return ""
        bounds = (f"(?:{_BOUND})?", f"(?:{_WITHIN})?") if parts["bound"] or parts["within"] else ("", "")
        alike = re.compile(f"{bounds[0]}{_NUMBER}{re.escape(parts['noun'])}{bounds[1]}")
        old = alike.search(self.text)
        return f"{self.text[: old.start()]}{new}{self.text[old.end() :]}？" if old else ""

    def _contrast(self, new: str, types: frozenset[str], named: bool, old: Part) -> float:
        """Return how well a fragment fits the place of a constituent."""
        hard, old_hard = types & _HARD, old.types & _HARD
        if hard or old_hard:
            return 5.0 if hard & old_hard else 0.0
        score = 3.0 * bool(types & old.types - {"NAME"})
        if types and old.types and not types & old.types - {"NAME"}:
            score -= 2.0
        score += 2.0 * (named and old.named and old.types != {"PLACE"})
        if not old.named or not named:
            shared = next((n for n in (4, 3, 2, 1) if n < max(len(new), 2) and new[-n:] == old.text[-n:]), 0)
            score += 2.5 + 0.5 * shared if shared else 0.0
        score -= 0.1 * abs(len(new) - len(old.text))
        return score

    def _attribute(self, new: str) -> str:
        """Ask for another attribute of the same thing."""
        for part in self.parts:
            if "ATTRIBUTE" in part.types and not part.inner and self.text[part.end :].lstrip().startswith("是"):
                return f"{self.text[: part.start]}{new}{self.text[part.end :]}？"
        kind = "person" if any(word in new for word in ("电话", "分机", "邮箱", "上级", "经理")) else "thing"
        found = sorted(
            self.referents(kind, frozenset()) + self.referents("thing", frozenset()), key=lambda one: -one.score
        )
        return f"{found[0].text}的{new}是多少？" if found and found[0].score > 0 else f"{self.text}，{new}？"

    @staticmethod
    def _spaced(one: str, other: str) -> str:
        return " " if one[-1:].isascii() and other[:1].isascii() else ""

    # Pronouns

    def referents(self, kind: str, hints: frozenset[str]) -> list[Referent]:
        """Return what a pronoun of a kind may mean; see ``Reading``."""
        found = []
        for at, part in enumerate(self.parts):
            found.append(Referent(part.text.strip(), self._as(kind, part, hints) - 0.1 * at))
        short = _SPACES.sub(" ", self.past.short).strip().rstrip("。.")
        if short and len(short) <= _SHORT:
            found.append(Referent(short, self._short_as(kind, short, hints)))
        wanted = {"person": "PERSON", "place": "PLACE", "thing": "PRODUCT", "many": "ORG"}[kind]
        for name in self._names(self.past.answer):
            found.append(Referent(self.past.answer[name.start : name.end], 0.5 if wanted in name.types else 0.0))
        return found

    def _as(self, kind: str, part: Part, hints: frozenset[str]) -> float:
        if part.types & _HARD:
            return -9.0
        first = 0.5 if part is self.parts[0] else 0.0
        if kind == "person":
            return (
                3.0 + first
                if "PERSON" in part.types or (part.inner is False and not part.types and is_person(part.text))
                else -9.0
            )
        if kind == "place":
            place = "PLACE" in part.types or any(
                p.inner and p.types == {"PLACE"} and p.start == part.start for p in self.parts
            )
            return 3.0 + first - part.inner if place else -9.0
        if kind == "many":
            return 2.0 + first if part.types & {"GROUP", "ORG"} else -9.0
        if part.types and part.types <= {"PERSON", "GROUP"}:
            return -9.0
        score = 1.0 + first + 1.0 * part.named - 0.7 * part.inner
        score += 2.0 * bool({"PRODUCT"} & self._within(part)) + 2.0 * bool(hints & part.types)
        return score - 1.5 * ("PLACE" in part.types)

    def _within(self, part: Part) -> frozenset[str]:
        inside = [other.types for other in self.parts if part.start <= other.start and other.end <= part.end]
        return frozenset().union(*inside)

    def _short_as(self, kind: str, short: str, hints: frozenset[str]) -> float:
        known = frozenset().union(
            *(name.types for name in self._names(short) if name.end - name.start >= len(short) - 1)
        )
        types = types_of(short) or known
        asks = self.text
        if kind == "person":
            who = re.search("谁|哪位|什么人", asks) and (is_person(short) or short[:1].isupper())
            return 4.0 if "PERSON" in types or who else -9.0
        if re.match(r"\W*[\d一二三四五六七八九十]", short):
            return -9.0
        if kind == "place":
            # Where an office is, is asked of the office.
            where = 2.5 if re.search("哪里|哪儿|在哪|什么地方", asks) else 0.0
            return 4.0 if re.search("哪个?(?:城市|国家|办事处)", asks) or types == {"PLACE"} else where or -9.0
        organisation = "ORG" in types or bool(re.search("哪家|什么公司|哪个公司", asks))
        if kind == "many":
            return 3.0 if organisation or re.search("[、和]", short) else -9.0
        if "PERSON" in types or (re.search("谁|哪位", asks) and is_person(short)):
            return -9.0
        return (
            1.0
            + 4.0 * bool("ORG" in hints and organisation)
            + 1.5 * bool(types & {"PRODUCT", "ORG"})
            + 1.0 * bool(hints & types)
        )

    # What was said

    def topic(self) -> str:
        """Return the question without what it asks for."""
        # "周会是谁主持的" is about "周会".
        cleft = re.sub(rf"是[由在从为]?(?:{_ASKED.pattern})[^的]*的$", "", self.text)
        return re.sub(r"(?:是|有|在)?$", "", _ASKED.sub("", cleft).strip())

    def reason(self) -> str:
        """Return the question that "为什么？" asks."""
        short = self.past.short.strip().rstrip("。.")
        if "为什么" in self.text:
            return ""
        match = _ASKED.search(self.text)
        if match and short and len(short) <= _SHORT and match.group() not in ("怎么", "怎样", "如何", "吗", "是否"):
            return f"为什么{self.text[: match.start()]}{short}{self.text[match.end() :]}？"
        return f"为什么{self.topic()}？"


_ASKED = re.compile(
    "|".join(
        [
            "多少(?:钱|天|人|次|个|台|块)?",
            "几(?:天|个|次|点|号|年|人)",
            "什么时候",
            "什么时间",
            "什么地方",
            "多长时间",
            "多[久长大高重远深]",
        ]
    )
    + "|哪(?:家公司|些|里|儿|位|个|一天|天|年)|是?谁(?=的)|谁|为什么|怎么样?|怎样|如何|什么|[吗呢]$|何时|几"
)


def _between(text: str, pattern: re.Pattern[str]) -> Iterable[tuple[int, int]]:
    """Yield the spans between matches, without white space around them."""
    begin = 0
    for match in [*pattern.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[begin:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if right > left:
            yield begin + left, begin + right
        begin = match.end() if match else end
