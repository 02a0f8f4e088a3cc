"""Relations in Chinese text."""

from __future__ import annotations

import re

import pytest
from helpers.quick import at_most
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
        ("北京大学是南京大学的延伸。", {("北京大学", "延伸", "南京大学")}),
        (
            "西川站是京沪铁路、京广铁路两大干线的交汇处。",
            {("西川站", "交汇处", "京沪铁路"), ("西川站", "交汇处", "京广铁路")},
        ),
        (
            "西川条约的签署国包括法国、卢森堡以及英国。",
            {(name, "签署国", "西川条约") for name in ("法国", "卢森堡", "英国")},
        ),
        ("奥斯曼帝国在埃及的领土很大。", {("奥斯曼帝国", "领土", "埃及")}),
        ("王小明、李娜等中共领导人来了。", {("王小明", "领导人", "中共"), ("李娜", "领导人", "中共")}),
        (
            "王小明2002年曾到北京给李娜讲课。",
            {("王小明", "讲课", "李娜"), ("王小明", "讲课于", "北京"), ("王小明", "讲课于", "2002年")},
        ),
        ("王小明访问英国作家李娜。", {("王小明", "访问", "李娜"), ("李娜", "国籍", "英国")}),
        ("王小明邀请李娜参观北京大学。", {("王小明", "邀请", "李娜"), ("李娜", "参观", "北京大学")}),
        ("王小明被封为青林可汗，统治这些突厥人。", {("王小明", "封为", "青林可汗"), ("王小明", "统治", "突厥人")}),
        ("永平省北接东川省，西邻南海。", {("永平省", "北接", "东川省"), ("永平省", "西邻", "南海")}),
        ("永平省划归永隆省。", {("永平省", "划归", "永隆省")}),
        ("哈尔滨人王小明来了。", {("王小明", "国籍", "哈尔滨")}),
        ("由于王小明是中共的成员，大家走了。", {("王小明", "成员", "中共")}),
        ("王小明访问位于北京的南京大学。", {("南京大学", "位于", "北京")}),
        ("北京大学由于经营困难于1990年解散。", {("北京大学", "解散于", "1990年")}),
        ("王小明为庆祝法国的胜利而来。", set()),
        ("一名来自上海的学生走了。", set()),
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
        ("1995年出版《星光引论》。", "张三", "PERSON", {("TOPIC", "出版", "1995年"), ("TOPIC", "出版", "星光引论")}),
        ("1999年，并入大明大学。", "小明学院", "ORG", {("TOPIC", "并入", "1999年"), ("TOPIC", "并入", "大明大学")}),
        (
            "是1871年9月23日明治政府发出的布告。",
            "断刀令",
            "NAME",
            {("明治政府", "发出", "TOPIC"), ("TOPIC", "发出于", "1871年9月23日")},
        ),
        (
            "本鱼分布于太平洋，包括日本、泰国等海域。",
            "白松鲷",
            "NAME",
            {("TOPIC", "分布于", name) for name in ("太平洋", "日本", "泰国")},
        ),
        ("为青鲷目红鲷科的其中一个种。", "白松鲷", "NAME", {("TOPIC", "属于", "红鲷科")}),
        ("哈尔滨人，香港演员。", "张三", "PERSON", {("TOPIC", "籍贯", "哈尔滨"), ("TOPIC", "国籍", "香港")}),
        ("它主要以单体存在，即OCHCHO。", "白松醛", "NAME", set()),
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


def test_a_dropped_topic_stands_at_a_word() -> None:
    text = "1995年出版《星光引论》。"
    assert {text[s.subject.start : s.subject.end] for s in statements(text, "张三", "PERSON")} == {"出版"}


def test_terms_of_office_are_no_lives() -> None:
    assert not {s for s in said("他接替李小明（任期由1929年至1936年）。") if s[1] in ("出生于", "逝世于")}


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
    with at_most(seconds=20):
        statements(text, "张三", "PERSON")
