"""What a document says of a name that tells its bearer from others: somebody's occupation and years, a long form.

Becomes the qualifier of a document's entity, though not part of its key: other documents are compared by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from knowledge.language import HAN
from knowledge.resolve.evidence import described, head_noun
from knowledge.resolve.forms import abbreviates, has_han, is_acronym, within
from knowledge.resolve.words import meanings, words

_REACH = 70
"""Characters before and after a name that are looked at."""
_YEARS = re.compile(
    r"\s?[(（](?:[\w., ]{0,20}[ .])?(1\d{3}|20\d\d)年?[\w, ]{0,6}\s?"
    r"[–—-]\s?(?:[\w., ]{0,20} )?(1\d{3}|20\d\d)年?[\w, ]{0,6}[)）]"
)
_LIFE = range(25, 115)
"""Years: what is shorter may be how long somebody held an office."""
_WORKS_AS = re.compile(
    r"\s(?:works|worked|practises|practices|practised|practiced)\sas\s(?:the|a|an)\s([^.,;:()\n]{2,60})"
)
_ROLE_BEFORE = re.compile(r"(?<![\w-])([A-Za-z]{3,20})\s$")
_HAN_RUN = re.compile(rf"([{HAN}]{{3,24}})[（(](?:以下|下文)?(?:简称为?|缩写为?|下称)?[：:]?[“\"「『]?$")
_WORD_RUN = re.compile(r"((?:[A-Za-z][\w’'-]{0,30} ){2,12})\([\"“]?$")
_FISCAL = re.compile(r"(?<![\w-])FY ?['’]?(?:20|19)?\d\d(?:[/–-]\d\d(?:\d\d)?)?[ \u00a0]$")
_SIGN_YEARS = re.compile(r"(\d{4})-(\d{4})")


def person_sign(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Return the occupation and the years of who is named at ``places`` (half-open offsets): "law, 1860-1931".

    Empty where nothing is said, or several things are.
    """
    fields: set[str] = set()
    years: set[str] = set()
    for start, end in places:
        before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
        if field := _field(text[start:end], before, after):
            fields.add(field)
        if (match := _YEARS.match(after)) and int(match[2]) - int(match[1]) in _LIFE:
            years.add(f"{match[1]}-{match[2]}")
    return ", ".join(next(iter(found)) for found in (fields, years) if len(found) == 1)


def read_sign(sign: str) -> tuple[str, tuple[int, int] | None] | None:
    """Return occupation and years of what ``person_sign`` returned; None for what it does not return."""
    field, years = "", None
    for part in sign.split(", "):
        if match := _SIGN_YEARS.fullmatch(part):
            years = int(match[1]), int(match[2])
        elif part in set(meanings("occupations", "en").values()):
            field = part
        else:
            return None
    return field, years


def _field(name: str, before: str, after: str) -> str:
    table = meanings("occupations", "en")
    if phrase := described(after) or ((match := _WORKS_AS.match(after)) and match[1]) or "":
        if not words("occupations", "past").isdisjoint(phrase.split()):
            return ""
        return table.get(head_noun(phrase), "")
    for role in (name.split(" ", 1)[0] if " " in name else "", (m[1] if (m := _ROLE_BEFORE.search(before)) else "")):
        if field := table.get(role.casefold()):
            return field
    in_front, behind = _chinese()
    if match := behind.match(after):
        return meanings("occupations", "zh")[match[1] or match[2] or match[3]]
    return meanings("occupations", "zh")[match[1]] if (match := in_front.search(before)) else ""


@cache
def _chinese() -> tuple[re.Pattern[str], re.Pattern[str]]:
    nouns = "|".join(sorted(meanings("occupations", "zh"), key=lambda noun: (-len(noun), noun)))
    stop = r"(?=[，。；、,;\n]|$)"
    apart = r"[^，。；、,;\n是为的与和及]{0,24}?"
    behind = re.compile(
        rf"(?:先生|女士)?(?:[，,]{apart}({nouns}){stop}"
        rf"|(?:是|为|系|任|担任)[^，。；、,;\n的]{{0,24}}?({nouns}){stop}|在[^，。；、,;\n的]{{0,20}}?(任教|执教))"
    )
    return re.compile(rf"(?<![{HAN}]的)({nouns})$"), behind


def long_form(text: str, start: int, end: int) -> str:
    """Return what stands before the bracket in which a short form is declared: "Long Form (LF)", or nothing."""
    short, before = text[start:end], text[max(0, start - 160) : start]
    if has_han(short):
        run = _HAN_RUN.search(before[-60:])
        at = run[1].rfind(short[0]) if run else -1
        while run and at >= 0:
            if within(short, run[1][at:]) and short not in run[1]:
                return run[1][at:]
            at = run[1].rfind(short[0], 0, at)
        return ""
    if not is_acronym(short) or not (match := _WORD_RUN.search(before)):
        return ""
    parts = match[1].split()
    tails = (" ".join(parts[i:]) for i in range(len(parts) - 2, -1, -1))
    return next((tail for tail in tails if tail[0].isupper() and abbreviates(short, tail)), "")


def is_long_form(short: str, sign: str) -> bool:
    """Tell whether ``sign`` is what ``long_form`` returns for a name."""
    if has_han(short):
        return has_han(sign) and within(short, sign) and short.casefold() not in sign
    return is_acronym(short) and abbreviates(short, sign)


def fiscal_start(text: str, start: int) -> int:
    """Return where a name starts whose words start at ``start``: the fiscal year before it tells "FY2021 Budget"."""
    match = _FISCAL.search(text, max(0, start - 12), start)
    return match.start() if match else start
