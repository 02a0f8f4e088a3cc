"""Reads Chinese questions; see ``rag.facts.plan``."""

from __future__ import annotations

import re
from functools import cache

from rag.facts.lists import words
from rag.facts.plan import DEEPEST, Known
from rag.facts.records import Comparison, Lookup, Name, Plan, Same, Term, Wanted

_ASKING = (
    r"(?:哪一?(?:个|位|家|部|首|本|份|所|座|款|种|项)?(?:\w{1,3}?(?=更|先|后|最|的|出|去|成|创|上|发|签|比))?|谁|哪者)"
)
_JOINT = re.compile(r"和|与|跟|还是|或者?|、|及")
_TAIL = re.compile(
    r"[，,：:\s]*(?:当中|之中|中|之间|之间的|这?两(?:个|家|位|部|者|人)?(?:\w{1,2})?|都|是否|是不是|是|的|比较|相比)*[，,\s]*$"
)
_LEAD = re.compile(r"^(?:请问|在|对比|比较)?(?:电影|影片|公司)?")
_WHEN = r"(?:是|于|在)?(?:什么时候|何时|哪一?年|几几年|哪一?天|什么时间)"
_WHERE = r"(?:是|于|在)?(?:哪里|哪儿|何处|什么地方|哪个(?:城市|地方|国家|学校|大学)|哪所(?:大学|学校))"
_IS = re.compile(
    r"^(?P<term>.+?)(?:是|叫|为|来自)(?:谁|什么|什么名字|哪位|哪个人|哪里|哪儿|哪个国家的?|哪国人?|哪一?天|哪一?年|何时)的?(?:人|呢)?$"
)
_COUNTRY = re.compile(r"^(?P<term>.+?)(?:是|来自)(?:哪个国家的?|哪国|什么国籍|哪国籍)(?:的)?(?:人)?$")


def read_chinese(text: str, *, known: Known) -> Plan | None:
    """Return what a Chinese question asks for; None where it is no question for facts."""
    text = re.sub(r"[吗呢么]+$", "", text.strip().strip("？?。 "))
    for read in (_same, _pair, _compare, _lookup):
        plan = read(text, known)
        if plan is not None:
            return plan
    return None


def term(text: str, known: Known, *, depth: int = 0) -> Term:
    """Read "X的母亲"."""
    text = text.strip(' ，,《》“”"')
    if known(text):
        return Name(text)
    owner, _, noun = text.rpartition("的")
    if owner and depth < DEEPEST and (key := _nouns().get(noun)):
        return Wanted(key, term(owner, known, depth=depth + 1))
    for kind in words("zh")["kinds"]:
        if text.startswith(kind) and len(text) > len(kind) + 1:
            return Name(text[len(kind) :].strip('《》“”" '))
    return Name(text)


def _same(text: str, known: Known) -> Plan | None:
    for asked, entry in _patterns("same"):
        match = asked.search(text)
        if match is None or not re.search(r"同|一样", text):
            continue
        options = _options(text[: match.start()], known)
        if options is None:
            continue
        keys = (entry["property"], *([entry["other"]] if "other" in entry else []))
        return Same(tuple(term(one, known) for one in options), keys, match.groupdict().get("words") or "")
    return None


def _pair(text: str, known: Known) -> Plan | None:
    for asked, entry in _patterns("pair"):
        match = asked.match(text)
        if match is None:
            continue
        groups = match.groupdict()
        order = groups.get("order2") or groups["order"]
        most = order in words("zh")["order"]["most"]
        labels = (match["a"].removesuffix("是"), match["b"])
        terms = (term(labels[0], known), term(labels[1], known))
        return Comparison(terms, labels, (entry["property"],), most, groups.get("verb") or "", pair=True)
    return None


def _compare(text: str, known: Known) -> Plan | None:
    if not re.search(_ASKING, text):
        return None
    for asked, entry in _patterns("compare"):
        match = asked.search(text)
        if match is None:
            continue
        before = re.sub(_ASKING + r".*$", "", text)
        via = ""
        if led := re.search(r"的(?P<noun>\w{2,4}?)$", re.sub(_TAIL, "", text[: match.start()])):
            via = _nouns().get(led["noun"], "")
        options = _options(before, known) or _options(text[match.end() :], known)
        if options is None:
            continue
        terms = [term(one, known) for one in options]
        if via and not isinstance(terms[-1], Wanted):
            terms = [Wanted(via, one) for one in terms]
        groups = match.groupdict()
        said = " ".join(
            filter(None, (groups.get("verb"), groups.get("verb2"), groups.get("words"), entry.get("words")))
        )
        wanted = (entry["property"], *([entry["other"]] if "other" in entry else []))
        return Comparison(tuple(terms), tuple(options), wanted, entry["wants"] == "most", said)
    return None


def _options(text: str, known: Known) -> list[str] | None:
    text = _LEAD.sub("", _TAIL.sub("", text).strip(" ，,：:"), count=1)
    found = []
    for match in _JOINT.finditer(text):
        one, other = text[: match.start()].strip("《》 ，,"), text[match.end() :].strip("《》 ，,")
        if one and other:
            found.append((int(known(one)) + int(known(other)), [one, other]))
    return max(found, key=lambda item: item[0])[1] if found else None


def _lookup(text: str, known: Known) -> Plan | None:
    if match := _COUNTRY.match(text):
        return Lookup(Wanted("nationality", term(match["term"], known)))
    for asked, key in _verbs():
        if match := asked.match(text):
            return Lookup(Wanted(key, term(match["term"], known)))
    if match := _IS.match(text):
        wanted = term(match["term"], known)
        if isinstance(wanted, Wanted):
            return Lookup(wanted)
        owner, _, noun = match["term"].rpartition("的")
        if owner and 2 <= len(noun) <= 8:
            return Lookup(Wanted(f"*{noun}", term(owner, known)))
    return None


@cache
def _nouns() -> dict[str, str]:
    return {noun: key for key, entry in words("zh")["property"].items() for noun in entry.get("nouns", ())}


@cache
def _patterns(table: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    return [(re.compile(entry["ask"]), entry) for entry in words("zh")[table]]


@cache
def _verbs() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for key, entry in words("zh")["property"].items():
        for case, head in (("when", _WHEN), ("where", _WHERE)):
            for verb in entry.get(case, ()):
                found.append((re.compile(rf"^(?P<term>.+?){head}{verb}的?$"), key))
                found.append((re.compile(rf"^(?P<term>.+?){verb}{head}$"), key))
        for verb in entry.get("who", ()):
            found.append((re.compile(rf"^谁{verb}了?(?P<term>.+)$"), key))
            found.append((re.compile(rf"^(?P<term>.+?)是谁{verb}的$"), key))
    return found
