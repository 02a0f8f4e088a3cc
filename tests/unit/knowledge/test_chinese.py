"""Names in Chinese text."""

from __future__ import annotations

import pytest
from helpers.quick import at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.extract.chinese.names import chinese_candidates, chinese_pipeline
from knowledge.extract.chinese.words import segment


def found(text: str, *known: tuple[str, str]) -> dict[str, str]:
    candidates = chinese_candidates(chinese_pipeline()(text), known=known)
    ends = [0, *(c.end for c in candidates)]
    assert all(end <= c.start < c.end <= len(text) for end, c in zip(ends, candidates, strict=False))
    return {text[c.start : c.end]: c.type for c in candidates}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("董事长张德江和王小明先生出席。", {"张德江": "PERSON", "王小明": "PERSON"}),
        ("欧阳娜娜昨天见到了司马懿。", {"欧阳娜娜": "PERSON", "司马懿": "PERSON"}),
        ("这首歌由伊芳·卡特菲演唱。", {"伊芳·卡特菲": "PERSON"}),
        ("他在华为技术有限公司工作。", {"华为技术有限公司": "ORG"}),
        ("她毕业于国立中兴大学。", {"国立中兴大学": "ORG"}),
        ("一家上市公司和一所大学", {}),
        ("该公司的子公司是大型集团。", {}),
        ("由东吴大学校友创立", {"东吴大学": "ORG"}),
        ("车站位于浙江省嘉兴市海宁市许村镇。", {"浙江省嘉兴市海宁市许村镇": "PLACE"}),
        ("从北京到上海", {"北京": "PLACE", "上海": "PLACE"}),
        ("他爱城市，不爱农村。", {}),
        ("雅芳河与约克郡", {"雅芳河": "PLACE", "约克郡": "PLACE"}),
        ("他参加了伯罗奔尼撒战争。", {"伯罗奔尼撒战争": "EVENT"}),
        ("他写了《横山家之味》。", {"横山家之味": "WORK"}),
        ("原名为「三柯城」，俗称“小科布伦茨”。", {"三柯城": "NAME", "小科布伦茨": "NAME"}),
        ("被公司「雪藏」了", {}),
        ("他说：“我们都来。”", {}),
        ("型号为ABC-12的泵和Apple Watch很好", {"ABC-12": "PRODUCT", "Apple Watch": "NAME"}),
        ("乌孙使者来了，突厥人走了。", {"乌孙": "PLACE", "突厥人": "NAME"}),
        ("永平省北接东川省，永平省划归永隆省。", {"永平省": "PLACE", "东川省": "PLACE", "永隆省": "PLACE"}),
        ("他与汉朝结盟。", {"汉朝": "PLACE"}),
        ("汉朝时很好。", {}),
        ("海宁北站在卢森堡。", {"海宁北站": "PLACE", "卢森堡": "PLACE"}),
        ("列车来往海宁西铁路站。", {"海宁西铁路站": "PLACE"}),
        ("由京沪铁路前往。", {"京沪铁路": "PLACE"}),
        ("这是明治政府的命令。", {"明治政府": "ORG"}),
        ("她在中国昆虫学研究会工作。", {"中国昆虫学研究会": "ORG"}),
        ("他看英超，是中共领导人。", {"英超": "EVENT", "中共": "ORG"}),
        ("这鱼，俗名石头公、小红仔，很大。", {"石头公": "NAME", "小红仔": "NAME"}),
        ("这里又称城市，很大。", {}),
        ("他，字子云，是诗人。", {"子云": "NAME"}),
        ("为辐鳍鱼纲青鲷目红鲷科的一种", {"辐鳍鱼纲": "NAME", "青鲷目": "NAME", "红鲷科": "NAME"}),
        ("节目和科目都很多", {}),
        ("高向明是北京大学教授。", {"高向明": "PERSON", "北京大学": "ORG"}),
        ("山西人来了，坐巴士归国。", {"山西": "PLACE"}),
        ("主演为高桥俊昌。", {"高桥俊昌": "PERSON"}),
        ("He 写了 and 这个", {}),
        ("", {}),
    ],
)
def test_names(text: str, names: dict[str, str]) -> None:
    assert found(text) == names


def test_known_names_win() -> None:
    assert found("北京大学在北京", ("北京大", "NAME")) == {"北京大": "NAME", "北京": "PLACE"}
    assert found("凤凰男去了", ("凤凰男", "NAME")) == {"凤凰男": "NAME"}


def test_parts_of_a_known_person() -> None:
    assert found("佩特里奇来了", ("姆拉登·佩特里奇", "PERSON")) == {"佩特里奇": "PERSON"}


def test_a_title_is_whole() -> None:
    assert found("《Joanna & 王若琳》", ("王若琳", "PERSON")) == {"Joanna & 王若琳": "WORK"}
    assert found("《王若琳》", ("王若琳", "PERSON")) == {"王若琳": "PERSON"}


def test_same_each_time() -> None:
    names = [("公司", "ORG"), ("张三", "NAME"), ("张三", "PERSON")]
    text = "张三在公司。"
    assert found(text, *names) == found(text, *reversed(names)) == {"张三": "NAME", "公司": "ORG"}


def test_words_are_the_text() -> None:
    text = "  他 于1990年\n在 Hélène 的\u3000家。 "
    doc = chinese_pipeline()(text)
    assert doc.text == text
    tags = {token.text: token.tag_ for token in doc}
    assert tags["Hélène"] == "eng"
    assert tags["的"] == "uj"


def test_particles_stand_alone() -> None:
    words = [word for word, _ in segment("由东日本旅客铁道经营")]
    assert words[0] == "由"


@given(st.text(alphabet=st.sampled_from("张三在北京大学的公司，。「」《》·（）Ab1 \n\t\u0e01\U0001f600"), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text(text: str) -> None:
    assert chinese_pipeline()(text).text == text
    found(text)


@pytest.mark.parametrize(
    "text", ["，" * 50_000, "张三" * 20_000, "·" * 50_000, "「" * 50_000, "é" * 50_000, "中A1-" * 15_000, "กข" * 20_000]
)
def test_long_lines_take_bounded_time(text: str) -> None:
    with at_most(seconds=20):
        found(text)


@pytest.mark.parametrize(("text", "name"), [("该片由拓维思创立。", "拓维思"), ("它位于朵兰坡。", "朵兰坡")])
def test_unknown_words_beside_a_verb_that_wants_a_name(text, name) -> None:
    """The lowest rank of finders: what no list knows may be a name where a verb asks for one."""
    assert name in {text[c.start : c.end] for c in chinese_candidates(chinese_pipeline()(text))}
