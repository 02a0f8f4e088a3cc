"""Relations in Chinese text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.extract.candidate import Candidate, Statement
from knowledge.extract.chinese.names import chinese_candidates, chinese_pipeline
from knowledge.extract.chinese.relations import chinese_statements
from knowledge.language import sentences

VALUE = re.compile(
    r"(?P<DATE>\d{4}年(?:\d+月)?(?:\d+日)?)|(?P<PERCENT>\d[\d.]*%)|(?P<MONEY>[\d.]+[万亿]?元)"
    r"|(?P<QUANTITY>[\d,]+万?(?:公里|人|米|间))"
)


def statements(text: str, topic: str = "", kind: str = "NAME", known: str = "") -> list[Statement]:
    doc = chinese_pipeline()(text)
    values = [Candidate(m.start(), m.end(), m.lastgroup or "", "value", m[0]) for m in VALUE.finditer(text)]
    names = [(topic, kind)] if topic else []
    names += [(known, "NAME")] if known else []
    others = chinese_candidates(doc, known=names)
    free = [c for c in others if not any(v.start < c.end and c.start < v.end for v in values)]
    about = Candidate(0, 0, kind, "topic", topic) if topic else None
    result = chinese_statements(doc, [*values, *free], sentences(text, "zh"), about)
    for statement in result:
        assert 0 < statement.confidence <= 1
        assert statement.start <= statement.object.start < statement.object.end <= statement.end
        assert statement.start <= statement.subject.start < statement.subject.end <= statement.end
    return result


def said(text: str, topic: str = "", kind: str = "NAME", known: str = "") -> set[tuple[str, str, str]]:
    def name(candidate: Candidate) -> str:
        return "TOPIC" if candidate.origin == "topic" else text[candidate.start : candidate.end]

    return {(name(s.subject), s.predicate, name(s.object)) for s in statements(text, topic, kind, known)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("巴黎是法国的首都。", {("巴黎", "首都", "法国")}),
        ("雅芳河是格洛斯特郡与约克郡的分界线。", {("雅芳河", "分界线", "格洛斯特郡"), ("雅芳河", "分界线", "约克郡")}),
        ("张艺谋是中国导演。", {("张艺谋", "国籍", "中国")}),
        ("阿里巴巴集团董事长马云来了。", {("马云", "董事长", "阿里巴巴集团")}),
        ("腾讯集团的董事长为马化腾。", {("马化腾", "董事长", "腾讯集团")}),
        ("彭定康曾任香港总督。", {("彭定康", "总督", "香港")}),
        ("刘邦的弟弟刘交，", {("刘交", "弟弟", "刘邦")}),
        ("1990年，王小明加入中国共产党。", {("王小明", "加入", "中国共产党"), ("王小明", "加入", "1990年")}),
        ("1990年王小明加入中国共产党。", {("王小明", "加入", "中国共产党"), ("王小明", "加入", "1990年")}),
        ("华为技术有限公司由任正非创立。", {("任正非", "创立", "华为技术有限公司")}),
        ("北京大学位于北京市。", {("北京大学", "位于", "北京市")}),
        ("王小明于1980年在上海出生。", {("王小明", "出生于", "1980年"), ("王小明", "出生于", "上海")}),
        ("黄河全长120公里。", {("黄河", "全长", "120公里")}),
        ("北京市的人口为2000万人。", {("北京市", "人口", "2000万人")}),
        ("约克郡东与林肯郡相邻。", {("约克郡", "相邻", "林肯郡")}),
        ("李娜与姜山于2006年结婚。", {("李娜", "结婚", "姜山"), ("李娜", "结婚", "2006年")}),
        (
            "张三丰（1900年1月1日－1970年3月2日）",
            {("张三丰", "出生于", "1900年1月1日"), ("张三丰", "逝世于", "1970年3月2日")},
        ),
        ("爱伦·坡发表的《失窃的信》很重要。", {("爱伦·坡", "发表", "失窃的信")}),
        ("马云称赞马化腾。", {("马云", "称赞", "马化腾")}),
    ],
)
def test_relations(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "topic", "kind", "expected"),
    [
        ("他出生于上海。", "张三", "PERSON", {("TOPIC", "出生于", "上海")}),
        (
            "出生于上海，毕业于北京大学。",
            "张三",
            "PERSON",
            {("TOPIC", "出生于", "上海"), ("TOPIC", "毕业于", "北京大学")},
        ),
        ("本公司成立于1998年。", "大明公司", "ORG", {("TOPIC", "成立于", "1998年")}),
        (
            "1987年，学院扩充为“世宗大学”。",
            "世宗学院",
            "ORG",
            {("TOPIC", "扩充为", "世宗大学"), ("TOPIC", "扩充为", "1987年")},
        ),
        (
            "该片由张艺谋导演，巩俐主演，1991年上映。",
            "红灯",
            "WORK",
            {("张艺谋", "导演", "TOPIC"), ("巩俐", "主演", "TOPIC"), ("TOPIC", "上映于", "1991年")},
        ),
        (
            "2020年营业收入为12亿元，同比增长10%。",
            "大明公司",
            "ORG",
            {("TOPIC", "营业收入", "12亿元"), ("TOPIC", "营业收入增长", "10%")},
        ),
        (
            "奥地利政治家、曾任奥地利总理。",
            "法伊曼",
            "PERSON",
            {("TOPIC", "国籍", "奥地利"), ("TOPIC", "总理", "奥地利")},
        ),
        ("其妻李小梅来了。", "张三", "PERSON", {("李小梅", "妻", "TOPIC")}),
    ],
)
def test_what_stands_for_the_topic(text: str, topic: str, kind: str, expected: set[tuple[str, str, str]]) -> None:
    assert said(text, topic, kind) == expected


@pytest.mark.parametrize(
    "text",
    [
        "道路基础设施已大大发展于1970年。",
        "母亲是上海人，父亲曾居于上海，后移居香港。",
        "据美联社报道，大会在北京举行。",
        "作曲和填词皆由黄家驹包办。",
    ],
)
def test_another_subject_is_not_the_topic(text: str) -> None:
    assert not [s for s in statements(text, "张三", "PERSON") if s.subject.origin == "topic" and s.confidence >= 0.5]


def test_a_dropped_subject_needs_a_topic() -> None:
    assert said("出生于上海。") == set()


def test_the_topic_stands_where_its_word_stands() -> None:
    (statement,) = statements("他出生于上海。", "张三", "PERSON")
    assert statement.subject == Candidate(0, 1, "PERSON", "topic", "张三")


def test_negation_and_modality() -> None:
    denied, possible = statements("王小明没有加入中国共产党，可能加入民主党。")
    assert (denied.negated, denied.modality) == (True, "")
    assert (possible.negated, possible.modality) == (False, "可能")


def test_types_must_fit() -> None:
    assert said("北京市毕业于上海市。") == set()


def test_a_pronoun_is_surer_than_a_dropped_subject() -> None:
    (pronoun,) = statements("他出生于上海。", "张三", "PERSON")
    (dropped,) = statements("出生于上海。", "张三", "PERSON")
    assert pronoun.confidence > dropped.confidence


def test_candidates_cut_words_anew() -> None:
    assert ("凤凰", "位于", "北京") in said("凤凰位于北京", known="凤凰")


def test_order_of_candidates_does_not_matter() -> None:
    text = "1990年，王小明加入中国共产党，后任北京大学校长。"
    doc = chinese_pipeline()(text)
    candidates = chinese_candidates(doc)
    cut = sentences(text, "zh")
    forward = chinese_statements(doc, candidates, cut, None)
    assert forward
    assert forward == chinese_statements(doc, candidates[::-1], cut, None)


WORDS = "张三,李四,在,北京,的,是,由,被,与,、,，,于,1990年,（,）,位于,创立,不,可能,董事长,长,5公里,》"


@given(st.lists(st.sampled_from(WORDS.split(",")), max_size=14))
@settings(max_examples=80, deadline=None)
def test_any_words(words: list[str]) -> None:
    statements("".join(words), "张三", "PERSON")


@pytest.mark.parametrize(
    "text", ["张三在北京，" * 8_000, "张三、" * 15_000, "（" * 30_000, "由" * 30_000, "张三的" * 10_000]
)
def test_long_lines_take_bounded_time(text: str) -> None:
    start = time.monotonic()
    statements(text, "张三", "PERSON")
    assert time.monotonic() - start < 20
