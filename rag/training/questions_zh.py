"""Chinese questions from texts cut into clauses, by rules.

Chinese asks in place: the answer's words give way to a question word of their kind and all else stays. What makes a
clause fit to be asked is that it names what it is about, or takes that from the clause before, and that nothing in it
points elsewhere.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Doc

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.names import chinese_candidates, chinese_pipeline
from knowledge.extract.chinese.spans import DOT, name_words
from knowledge.extract.chinese.subject import Subject, find_subject
from knowledge.extract.chinese.units import Unit, Words, clauses, lexicon
from knowledge.extract.english.topic import Topic
from knowledge.language import sentences
from knowledge.names import NameIndex
from knowledge.resolve import without_parenthesis
from knowledge.types import DATE, MONEY, NAME, ORG, PERCENT, PERSON, PLACE, QUANTITY, VALUES, WORK
from knowledge.values import find_values
from rag.training.questions_naming import Asked
from rag.training.questions_verbs import words

LONGEST = 45
"""Characters of a question."""
SHORTEST = 7
_TELLING = 4
"""Characters of a subject without a name that say what is meant: "一线城市住宿上限"."""
_REMEMBERED = 2
"""Clauses over which a subject is remembered."""
LONGEST_ANSWER = 20
_NUMBER = re.compile(r"[约近]?[\d.,，０-９〇零一二两三四五六七八九十百千万亿兆]+")
_YEAR = re.compile(r"(?:公元)?前?\d{1,4}年|[〇零一二三四五六七八九]{4}年")
_DAY = re.compile(r"\d{1,2}[日号]$")
_NOT_DATED = frozenset("初末底代间春夏秋冬中")
_RANGE = re.compile(r"\s*(?:[-–—~～至到]|年至)\s*")
_NOMINAL = frozenset("nsljbamqtgu")
"""First letters of the tags of what stands in noun phrases (ICTCLAS)."""
_GROUPS = frozenset("军党派氏家族人")


@dataclass(slots=True)
class _Told:
    """What a sentence's clauses have been about so far."""

    subject: str = ""
    """The last explicit subject as a question names it."""
    age: int = 0
    """Clauses since."""
    date: Unit | None = None
    """Of a clause that holds nothing else: "1990年，"."""


@dataclass(slots=True)
class _Clause:
    """A clause as it is asked about."""

    units: list[Unit]
    subject: Subject | None
    prefix: str
    """The subject, where the clause drops it."""
    stands: dict[int, str] = field(default_factory=dict)
    """What stands for the topic, by the number of its unit: how a question names it."""
    sentence: tuple[int, int] = (0, 0)


def ask_chinese(text: str, topic: Topic) -> Iterator[Asked]:
    """Yield the questions that a Chinese text answers; the same text gives the same questions."""
    doc, candidates = _read(text, topic)
    cut = Words(doc, candidates)
    about = Candidate(0, 0, topic.type, "topic", topic.key)
    title = without_parenthesis(topic.title.strip())
    if topic.type == NAME and title not in text:
        # The title names no thing that the text is about, so nothing stands for it.
        title = ""
    for start, end in sentences(text, "zh"):
        if text[end - 1] in "？?：:" or any(sign in text[start:end] for sign in "\n|｜"):
            continue
        told = _Told()
        rivals: set[str] = set()
        for units in clauses(cut.units(start, end))[0]:
            found = _clause(text, units, about, title, told, rivals, (start, end))
            rivals.update(u.text for u in units if u.kind == PERSON and not topic.is_named(u.text))
            if found is not None:
                yield from _questions(text, found)


def _read(text: str, topic: Topic) -> tuple[Doc, list[Candidate]]:
    doc = next(iter(chinese_pipeline().pipe([text])))
    titles = NameIndex((form, form) for form in {topic.title.strip(), without_parenthesis(topic.title.strip())} - {""})
    named = {(hit.start, hit.end) for hit in titles.find(text)}
    values = [Candidate(v.start, v.end, v.type, "value", v.key) for v in find_values(text, "zh")]
    taken = {place for v in values for place in range(v.start, v.end)}
    # A value inside a name is part of the name where it is the title, else the value stands.
    names = [c for c in chinese_candidates(doc, known=_known(text, named)) if taken.isdisjoint(range(c.start, c.end))]
    if topic.type == NAME:
        kinds = [c.type for c in names if topic.is_named(text[c.start : c.end]) and c.type != NAME]
        topic.type = kinds[0] if kinds else NAME
    return doc, sorted([*values, *names], key=lambda c: c.start)


def _known(text: str, named: set[tuple[int, int]]) -> list[tuple[str, str]]:
    return sorted({(text[start:end], NAME) for start, end in named})


def _clause(
    text: str,
    units: list[Unit],
    about: Candidate,
    title: str,
    told: _Told,
    rivals: set[str],
    sentence: tuple[int, int],
) -> _Clause | None:
    """Return a clause with its subject, or None for one that does not stand by itself; notes what it is about."""
    whole = list(units)
    if all(u.kind == DATE or (not u.items and u.tag[:1] in ("p", "f", "d", "c", "t")) for u in whole):
        told.date = next((u for u in whole if u.kind == DATE), None) if len(whole) <= 2 else None
        return None
    told.age += 1
    half = whole[0].text in _set("halves")
    while len(whole) > 1 and not whole[0].items and whole[0].text in _set("joining"):
        whole.pop(0)
    dated, told.date = told.date, None
    if dated is not None and not any(u.kind == DATE for u in whole):
        whole.insert(0, dated)
    subject = find_subject(whole, about)
    found = _with_subject(text, whole, subject, title, told, rivals)
    if found is None or half or not _is_complete(whole):
        return None
    return _Clause(whole, subject, *found, sentence)


def _with_subject(
    text: str, units: list[Unit], subject: Subject | None, title: str, told: _Told, rivals: set[str]
) -> tuple[str, dict[int, str]] | None:
    """Return the subject that a clause drops and what stands for the topic in it, or None where its subject is not
    known; notes the subject for the clauses that follow.
    """
    if subject is None:
        return (told.subject, {}) if told.subject and told.age <= _REMEMBERED else None
    told.subject = ""
    if not subject.explicit:
        return None
    if not (subject.items or subject.owner):
        end = subject.end
        while end < len(units) and _is_noun(units[end]):
            end += 1
        said = "".join(u.text for u in units[:end] if u.kind != DATE)
        plain = all(u.kind == DATE or (not u.items and (u.tag == "vn" or u.tag[:1] in _NOMINAL)) for u in units[:end])
        return ("", {}) if len(said) >= _TELLING and plain else None
    pointed = [c for c in (*subject.items, *subject.owner) if c.origin == "topic"]
    own = any(unit.text[0] == "我" for unit in units[: subject.end] if not unit.items)
    if pointed and (rivals or not title or own):
        return None
    stands: dict[int, str] = {}
    for number, unit in enumerate(units[: subject.end]):
        if not unit.items and any(c.start <= unit.start and unit.end <= c.end for c in pointed):
            stands[number] = "" if stands else title
    starts = [c.start for c in (*subject.owner, *subject.items)]
    first = next((n for n, u in enumerate(units) if n in stands or u.start in starts), len(units))
    if any(u.kind != DATE and u.tag[:1] != "t" for u in units[:first]):
        return None
    if subject.items and not subject.owner:
        told.subject = title if pointed else _shown(text, units[subject.end - 1])
        told.age = 0
    return "", stands


def _is_complete(units: Sequence[Unit]) -> bool:
    """Tell whether a clause has a verb, ends, denies nothing and points nowhere."""
    last = units[-1]
    if not last.items and last.text in _set("unfinished"):
        return False
    if last.kind == DATE and any(not u.items and u.text in lexicon().sets["copulas"] for u in units):
        # "X是Y于1992年，…": the rest stands behind the comma.
        return False
    if any(not u.items and (u.text in lexicon().sets["negations"] or u.text in _set("pointing_words")) for u in units):
        return False
    if any(u.items and u.text[0] in _set_characters("pointing") and u.text[0] not in "本" for u in units):
        return False
    return any(not u.items and (u.tag[:1] == "v" or u.text in lexicon().predicates) for u in units)


def _questions(text: str, clause: _Clause) -> Iterator[Asked]:
    for place, unit in enumerate(clause.units):
        if not unit.items or place in clause.stands:
            continue
        dice = random.Random(f"{text[clause.sentence[0] : clause.sentence[0] + 20]} {unit.start}")
        found = _asked_for(text, clause, place, dice)
        if found is None:
            continue
        wh, start, end, kind, skip = found
        question = _worded(text, clause, place, wh, skip)
        if asked := _checked(text, clause, Asked(question, start, end, clause.sentence, kind)):
            yield asked


def _asked_for(text: str, clause: _Clause, place: int, dice: random.Random) -> tuple[str, int, int, str, int] | None:
    """Return the question word for a name or value, its offsets, the kind of question, and whether the unit before it
    goes too (1) or stays (0); None where it cannot be asked for.
    """
    units = clause.units
    unit = units[place]
    before = units[place - 1] if place else None
    after = units[place + 1] if place + 1 < len(units) else None
    start, end = unit.start, unit.end
    if len(unit.items) > 1 and unit.kind not in (PERSON,):
        return None
    if unit.kind == DATE:
        wh = _when(text, unit, after, dice)
        return (wh, start, end, "date", 0) if wh else None
    if unit.kind in (QUANTITY, MONEY, PERCENT):
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        of_era = text[start:end].endswith("年") and before is not None and _is_noun(before)
        span = text[start:end].endswith(("年", "月", "天", "日", "小时", "分钟"))
        told = before is not None and (_leads(before) or before.text in lexicon().sets["before_amount"])
        if span and (not told or (after is not None and after.tag == "f")):
            return None
        if of_era or re.search(r"[\d.%–—~～至角分、-]", around):
            return None
        wh, stop = _amount(text[start:end], unit.kind)
        return (wh, start, stop + start, "count", 0) if wh else None
    if unit.kind in VALUES:
        return None
    subject = (
        clause.subject is not None
        and clause.subject.items
        and place == clause.subject.end - 1
        and not clause.subject.owner
    )
    first = all(u.kind == DATE for u in units[:place])
    led = before is not None and not before.items and _leads(before)
    if after is not None and (
        (after.items and after.kind not in VALUES) or (_is_noun(after) and after.text not in lexicon().predicates)
    ):
        return None
    if (
        before is not None
        and not before.items
        and (before.text in _set("not_leading") or before.text.endswith(("为", "称")))
    ):
        return None
    if unit.kind == PERSON and not all(_is_person(text[c.start : c.end]) for c in unit.items):
        return None
    if unit.kind == PERSON and ((subject and first) or led):
        return ("哪些人" if len(unit.items) > 1 else "谁"), start, end, ("subject" if subject else "person"), 0
    if unit.kind == WORK:
        if text[start - 1 : start] != "《" or text[end : end + 1] != "》":
            return None
        noun = before.text if before is not None and not before.items else ""
        named = next((wh for end_, wh in words()["zh"]["work"].items() if noun.endswith(end_)), "")
        if named:
            return named, start, end, "work", int(len(noun) < 5)
        return ("哪部作品", start, end, "work", 0) if led or (subject and first) else None
    if (
        unit.kind == PLACE
        and not re.search(r"\d", unit.text)
        and led
        and (after is None or after.tag[:1] in ("v", "d", "p"))
    ):
        return dice.choice(["哪里", "什么地方"]), start, end, "place", 0
    if unit.kind == ORG and (led or (subject and first)):
        named = next((wh for end_, wh in words()["zh"]["which"].items() if unit.text.endswith(end_)), "哪个机构")
        return named, start, end, ("subject" if subject else "organisation"), 0
    return None


def _is_person(name: str) -> bool:
    """Tell whether a name is built like a person's, whatever it was taken for."""
    known = name_words()
    chinese = 2 <= len(name) <= 4 and (name[0] in known.surnames or name.startswith(known.compound_surnames))
    foreign = any(dot in name for dot in DOT)
    return (chinese or foreign) and name[-1] not in _GROUPS


def _leads(unit: Unit) -> bool:
    """Tell whether a name may follow a word as what it does something to, and not as part of a longer noun."""
    tag = unit.tag[:1]
    return (
        (tag in ("v", "p") and unit.tag != "vn") or unit.text in lexicon().predicates or unit.text[-1] in "于在为由被是"
    )


def _is_noun(unit: Unit) -> bool:
    return (not unit.items and unit.tag[:1] in ("n", "s", "l", "j")) or unit.tag in ("vn", "an")


def _when(text: str, unit: Unit, after: Unit | None, dice: random.Random) -> str:
    shown = text[unit.start : unit.end]
    if after is not None and (after.text[:1] in _NOT_DATED or after.kind == DATE):
        return ""
    if _RANGE.match(text, unit.end) or _RANGE.fullmatch(text[max(0, unit.start - 1) : unit.start]):
        return ""
    if _YEAR.fullmatch(shown):
        return dice.choice(["哪一年", "哪年", "什么时候"])
    if _DAY.search(shown):
        return dice.choice(["什么时候", "何时", "哪一天"] if "年" in shown else ["哪一天", "几月几日"])
    return dice.choice(["什么时候", "何时"]) if "年" in shown else ""


def _amount(shown: str, kind: str) -> tuple[str, int]:
    """Return how an amount is asked for and where in it the answer ends."""
    if kind == PERCENT:
        return ("多少", len(shown)) if shown[-1] in "%％" else ("百分之多少", len(shown))
    number = _NUMBER.match(shown)
    if number is None or not shown[number.end() :].strip():
        return "", 0
    unit = shown[number.end() :].strip()
    if unit[0].isdigit() or unit[0] in "多余几":
        return "", 0
    return f"多少{unit}", len(shown)


def _worded(text: str, clause: _Clause, place: int, wh: str, skip: int) -> str:
    parts = [clause.prefix]
    order = list(range(len(clause.units)))
    if (
        place == 0
        and clause.subject is not None
        and clause.subject.items
        and clause.units[0].kind == DATE
        and clause.subject.end > 1
    ):
        # The subject goes first where a time is asked for: "李明什么时候…".
        order = [*order[1 : clause.subject.end], 0, *order[clause.subject.end :]]
    for n in order:
        unit = clause.units[n]
        if n == place:
            parts.append(wh)
        elif not (skip and n == place - 1):
            parts.append(clause.stands[n] if n in clause.stands else _shown(text, unit))
    joined = ""
    for part in filter(None, parts):
        gap = joined and joined[-1].isascii() and joined[-1].isalnum() and part[0].isascii() and part[0].isalnum()
        joined += f" {part}" if gap else part
    return f"{joined}？"


def _shown(text: str, unit: Unit) -> str:
    """Return a unit as written, with the marks around titles."""
    start, end = unit.start, unit.end
    marked = text[start - 1 : start] == "《" and text[end : end + 1] == "》" and unit.items
    return f"《{text[start:end]}》" if marked else text[start:end]


def _checked(text: str, clause: _Clause, asked: Asked) -> Asked | None:
    answer = text[asked.start : asked.end]
    question = asked.question
    if not SHORTEST <= len(question) <= LONGEST or not 0 < len(answer) <= LONGEST_ANSWER or "\n" in answer:
        return None
    if (
        answer in question
        or any(sign in question for sign in '（）()“”"；;…\n')
        or any(sign in answer for sign in "（）()")
    ):
        return None
    others = [u for u in clause.units if u.items and u.kind not in VALUES and not u.start <= asked.start < u.end]
    if asked.kind == "subject" and not others:
        return None
    outside = question
    for unit in clause.units:
        if unit.items:
            outside = outside.replace(unit.text, "")
    for name in (*clause.stands.values(), clause.prefix):
        outside = outside.replace(name, "") if name else outside
    for word in _set("not_pointing"):
        outside = outside.replace(word, "")
    if any(sign in _set_characters("pointing") for sign in outside):
        return None
    return asked if len(outside.strip("？")) >= 2 else None


def _set(name: str) -> frozenset[str]:
    return frozenset(words()["zh"][name].split())


def _set_characters(name: str) -> frozenset[str]:
    return frozenset(words()["zh"][name])
