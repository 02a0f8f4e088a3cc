"""Documents of which there is a newer version: "IT security policy (2024)" beside "IT security policy (2026)"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.language import search_tokens

_VERSION = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:[-/.](?P<month>\d{1,2}))?(?:[-/.](?P<day>\d{1,2}))?(?!\d)"
    r"|\b(?:v|version|rev|revision|issue|edition)[ .]*(?P<number>\d{1,9}(?:\.\d{1,9}){0,5})\b"
    r"|第(?P<chinese>\d{1,9})版",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"[€£$¥]\s?\d[\d.,]*"
    r"|\d[\d.,]*\s?(?:[€£$¥%元]|(?:EUR|GBP|USD|CNY|euros?|pounds?|dollars?|yuan|kg|km|m|mm|cm|hours?|days?)\b)",
    re.IGNORECASE,
)
"""No year: "purchases above 2000 euros"."""
_LEAST = 2
"""Search tokens that a title has beside its version; of less two may be about different things."""
_KINDS = frozenset(
    search_tokens(
        "policy policies handbook manual guide guidelines rules regulations procedure procedures terms conditions"
        " specification instructions catalogue price tariff datasheet"
    )
)
_CHINESE_KIND = re.compile("制度|规定|办法|手册|指南|规范|标准|流程|条例|守则|价格表|价目表|说明书")
"""What is in force until the next version comes."""
_OTHER_KINDS = frozenset(
    search_tokens(
        "minutes meeting committee report statement complaint complaints balance time results newsletter notes"
    )
)
_OTHER_CHINESE = re.compile("纪要|会议|报告|报表|周报|月报|年报")
"""Of another day or year they are no versions of one another."""


def has_version(text: str) -> bool:
    """Tell whether a text names a year or a version."""
    return _VERSION.search(_AMOUNT.sub(" ", text)) is not None


def newer_versions(documents: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return of each document, by id, of which there is a newer version, the title of the newest.

    Versions are documents in force for a time, such as policies, manuals and price lists, whose titles differ in a year
    or a version number and in nothing else.

    Parameters
    ----------
    documents
        (id, title).
    """
    families: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[tuple[int, ...], str, str]]] = {}
    for id, title in documents:
        found = list(_VERSION.finditer(title))
        name = tuple(search_tokens(_VERSION.sub(" ", title)))
        in_force = not _KINDS.isdisjoint(name) or _CHINESE_KIND.search(title)
        periodic = not _OTHER_KINDS.isdisjoint(name) or _OTHER_CHINESE.search(title)
        if found and len(name) >= _LEAST and in_force and not periodic:
            # "v3" and "2025" cannot be compared.
            shape = tuple(key for match in found for key, value in match.groupdict().items() if value)
            families.setdefault((name, shape), []).append((_order(found), id, title))
    newer: dict[str, str] = {}
    for family in families.values():
        latest = max(order for order, *_ in family)
        newest = next(title for order, _, title in family if order == latest)
        newer |= {id: newest for order, id, _ in family if order < latest}
    return newer


def _order(found: Iterable[re.Match[str]]) -> tuple[int, ...]:
    numbers: list[int] = []
    for match in found:
        numbers += [int(part) for group in match.groups() if group for part in group.split(".")]
    return tuple(numbers)
