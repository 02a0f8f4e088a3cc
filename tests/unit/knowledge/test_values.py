"""Values in text, and their normal forms."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.types import VALUES
from knowledge.values import comparable, find_values


def found(text: str, *types: str) -> list[tuple[str, str]]:
    language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
    values = find_values(text, language)
    return [(text[value.start : value.end], value.key) for value in values if value.type in (types or VALUES)]


@pytest.mark.parametrize(
    "written",
    [
        "24 December 1886",
        "December 24, 1886",
        "Dec. 24, 1886",
        "DECEMBER 24, 1886",
        "December 24 1886",
        "24th of December 1886",
        "24th December, 1886",
        "24-Dec-1886",
        "24 December\n1886",
        "12/24/1886",
        "24/12/1886",
        "24.12.1886",
        "1886-12-24",
        "1886/12/24",
        "1886年12月24日",
        "1886 年 12 月 24 号",
        "一八八六年十二月二十四日",
        "１８８６年１２月２４日",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "on {}, they say.", "({})", "（{}）", "St. {}\n", "于{}，"])
def test_one_day_in_all_spellings(written, frame) -> None:
    assert found(frame.format(written)) == [(written, "1886-12-24")]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("in May 2023, March of 1990", ["May 2023=2023-05", "March of 1990=1990-03"]),
        ("on 5 May; May 6", ["5 May=XXXX-05-05", "May 6=XXXX-05-06"]),
        ("on 03/04/2020 or 03.04.2020", ["03/04/2020=2020-03-04", "03.04.2020=2020-04-03"]),
        ("at 2023-05-03T10:22:00Z", ["2023-05-03=2023-05-03"]),
        # Ranges give two dates, days of one month an interval.
        ("(2 June 1904 – 10 June 1989)", ["2 June 1904=1904-06-02", "10 June 1989=1989-06-10"]),
        ("2 June – 10 July 1990", ["2 June=1990-06-02", "10 July 1990=1990-07-10"]),
        ("2 June and 10 May 1990", ["2 June=XXXX-06-02", "10 May 1990=1990-05-10"]),
        ("1–3 May 2023, May 1–3", ["1–3 May 2023=2023-05-01/2023-05-03", "May 1–3=XXXX-05-01/XXXX-05-03"]),
        ("(1908–1912)", ["1908=1908", "1912=1912"]),
        ("1160 –1230", ["1160=1160", "1230=1230"]),
        ("the war of 1939–45", ["1939=1939", "45=1945"]),
        # Years need something that makes them years.
        ("In 1990, since 1995", ["1990=1990", "1995=1995"]),
        ("a 1961 film at the 1980 Cannes Film Festival (2003)", ["1961=1961", "1980=1980", "2003=2003"]),
        ("( 1672 or 1673 – 1745)", ["1672=1672", "1673=1673", "1745=1745"]),
        ("in 1990 sales rose; the 2010 elections", ["1990=1990", "2010=2010"]),
        ("as of December 31, 2020 and 2019", ["December 31, 2020=2020-12-31", "2019=2019"]),
        ("2023 2022 2021", ["2023=2023", "2022=2022", "2021=2021"]),
        ("| 2023 | 2022 |", ["2023=2023", "2022=2022"]),
        # Odd spacing and years of three digits.
        ("Teutberga( died 11 November 875) was", ["11 November 875=0875-11-11"]),
        ("Lothair II (835 –) ruled from 855 until", ["835=0835", "855=0855"]),
        ("(795–855), ( c. 854-895)", ["795=0795", "855=0855", "c. 854=0854~", "895=0895"]),
        ("his death in 928 or 929 without heirs", ["928=0928", "929=0929"]),
        ("between 995 and 997.", ["995=0995", "997=0997"]),
        # Less certain, open.
        ("c. 1150; circa 1151; about 1152.", ["c. 1150=1150~", "circa 1151=1151~", "about 1152=1152~"]),
        ("died after 938) or before 10 May 940", ["after 938=0938/", "before 10 May 940=/0940-05-10"]),
        # Decades, centuries, eras.
        ("the 1990s and 1990 s", ["1990s=199X", "1990 s=199X"]),
        ("the 1800s, 2000s", ["1800s=18XX", "2000s=200X"]),
        ("19th century, twenty-first century", ["19th century=18XX", "twenty-first century=20XX"]),
        ("5th century BC", ["5th century BC=-04XX"]),
        ("20th Century Fox", []),
        ("15 March 44 BC; 44 BC", ["15 March 44 BC=-0044-03-15", "44 BC=-0044"]),
        ("AD 79, 79 AD", ["AD 79=0079", "79 AD=0079"]),
        # Parts of years, fiscal years.
        ("Q2 2023, 2Q23", ["Q2 2023=2023-34", "2Q23=2023-34"]),
        ("second quarter of 2023", ["second quarter of 2023=2023-34"]),
        ("first half of 2021, summer of 1940", ["first half of 2021=2021-40", "summer of 1940=1940-22"]),
        ("fiscal 2023, FY23", ["fiscal 2023=FY2023", "FY23=FY2023"]),
        ("fiscal year 2022, FY2021/22", ["fiscal year 2022=FY2022", "FY2021/22=FY2022"]),
        ("fiscal 2023 and 2024", ["fiscal 2023=FY2023", "2024=FY2024"]),
        ("fiscal year ended December 31, 2020", ["December 31, 2020=2020-12-31"]),
        ("second quarter of fiscal 2023", ["second quarter of fiscal 2023=FY2023-34"]),
        # Chinese
        ("二〇二三年五月", ["二〇二三年五月=2023-05"]),
        ("今年5月3日", ["5月3日=XXXX-05-03"]),
        ("（1908年6月2日－1989年6月10日）", ["1908年6月2日=1908-06-02", "1989年6月10日=1989-06-10"]),
        ("2022-2023年", ["2022=2022", "2023年=2023"]),
        ("2023年5月1日至3日", ["2023年5月1日至3日=2023-05-01/2023-05-03"]),
        ("1990年代，60年代", ["1990年代=199X", "60年代=196X"]),
        ("十九世纪，20世纪90年代", ["十九世纪=18XX", "20世纪90年代=199X"]),
        ("公元前221年，约1150年", ["公元前221年=-0221", "约1150年=1150~"]),
        ("2000年以前，1990年之后", ["2000年以前=/2000", "1990年之后=1990/"]),
        ("2023年第二季度，2023财年", ["2023年第二季度=2023-34", "2023财年=FY2023"]),
        ("康熙三十年（1691年）", ["1691年=1691"]),
        # No dates
        ("page 1987; 1500 people; of 2000 employees; 1984-page", []),
        ("in 500 cities; version 1.2.2003.4; 1990.5; $1990; no. 1990", []),
        ("192.168.20.20, 555-1990, 12/1886, ISO 1990", []),
        ("on 31/31/2020; 0 May", []),
        ("3年，100年，第3年级，五年", []),
    ],
)
def test_dates(text, dates) -> None:
    assert ["=".join(pair) for pair in found(text, "DATE")] == dates


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("9:30 a.m. and 9 PM", ["9:30 a.m.=09:30", "9 PM=21:00"]),
        ("12 a.m., 12:15 pm", ["12 a.m.=00:00", "12:15 pm=12:15"]),
        ("21:15, 07:00:30, at 3:16", ["21:15=21:15", "07:00:30=07:00:30", "3:16=03:16"]),
        ("下午3点半，晚上8点15分，21时15分", ["下午3点半=15:30", "晚上8点15分=20:15", "21时15分=21:15"]),
        ("上午十点，下午3:20", ["上午十点=10:00", "下午3:20=15:20"]),
        ("John 3:16, 25:00, 1:2, 12:345, 3点建议, 10时间", []),
    ],
)
def test_times(text, values) -> None:
    assert ["=".join(pair) for pair in found(text, "TIME")] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$5 million", ["$5 million=USD 5000000"]),
        ("US$ 46.3 billion", ["US$ 46.3 billion=USD 46300000000"]),
        ("€3,50 and 1.234,56 €", ["€3,50=EUR 3.5", "1.234,56 €=EUR 1234.56"]),
        (
            "5 million dollars, five million\ndollars",
            ["5 million dollars=USD 5000000", "five million\ndollars=USD 5000000"],
        ),
        ("£20m, $1,234.50", ["£20m=GBP 20000000", "$1,234.50=USD 1234.5"]),
        ("USD 5, 7 EUR, RMB 300", ["USD 5=USD 5", "7 EUR=EUR 7", "RMB 300=CNY 300"]),
        ("300元，3.5亿元，5万美元", ["300元=CNY 300", "3.5亿元=CNY 350000000", "5万美元=USD 50000"]),
        ("人民币300万元，三百元", ["人民币300万元=CNY 3000000", "三百元=CNY 300"]),
        ("价格¥300", ["¥300=CNY 300"]),
        ("only ¥300", ["¥300=JPY 300"]),
        ("$5–10 million", ["$5=USD 5000000", "10 million=USD 10000000"]),
        ("$500 to $1 million", ["$500=USD 500", "$1 million=USD 1000000"]),
        ("3 million pounds, 50 cents", ["3 million pounds=GBP 3000000", "50 cents=USD 0.5"]),
        ("12.5%, 12.5 percent, 12.5 per cent, 12.5％", ["12.5%", "12.5 percent", "12.5 per cent", "12.5％"]),
        ("百分之十二，百分之12.5", ["百分之十二=12 %", "百分之12.5=12.5 %"]),
        ("5–10%, -5%", ["5=5 %", "10%=10 %", "-5%=-5 %"]),
        ("five percent, 2 percentage points", ["five percent=5 %", "2 percentage points=2 pp"]),
        ("120 km, 120公里, 120-kilometre", ["120 km=120 km", "120公里=120 km", "120-kilometre=120 km"]),
        ("5-10 km, -5 °C", ["5=5 km", "10 km=10 km", "-5 °C=-5 °C"]),
        ("a 12-month period, 12个月", ["12-month=12 months", "12个月=12 months"]),
        ("two hundred and five days", ["two hundred and five days=205 days"]),
        ("five employees, 2,000 employees", ["five employees=5 employees", "2,000 employees=2000 employees"]),
        ("1500 people, 1.5 million people", ["1500 people=1500 people", "1.5 million people=1500000 people"]),
        ("3人，300名员工，3000多名学生", ["3人=3 人", "300名员工=300 员工", "3000多名学生=3000 学生"]),
        ("两名员工，一个人，第3次，第三名", ["两名员工=2 员工"]),
        ("3年，五年，民国38年", ["3年=3 years", "五年=5 years"]),
        ("Section 5 applies; Table 2 shows; iPhone 5 supports; F-16 fighters; step 3 starts", []),
        ("1.2.3.4 km; A320 m; 5; 1,5,7 items; x5 m; 12 is; 5 less; five six km", []),
    ],
)
def test_amounts(text, values) -> None:
    pairs = found(text, "MONEY", "PERCENT", "QUANTITY")
    if values and "=" not in values[0]:
        assert pairs == [(written, "12.5 %") for written in values]
    else:
        assert ["=".join(pair) for pair in pairs] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("John.Doe@Example.com, <a@b.co>.", [("John.Doe@Example.com", "john.doe@example.com"), ("a@b.co", "a@b.co")]),
        ("(see https://Example.com/Path_(x)).", [("https://Example.com/Path_(x)", "https://example.com/Path_(x)")]),
        ("www.foo.org/2023-05-03?d=1, or", [("www.foo.org/2023-05-03?d=1",) * 2]),
        ("请访问https://a.com/x查看", [("https://a.com/x",) * 2]),
        ("a@b, @c.de, http://, https://x y@", []),
    ],
)
def test_addresses(text, values) -> None:
    assert found(text) == values


def test_longest_first_and_in_order() -> None:
    text = "On 3 May 2023 at 9:30 the 12 employees of a@b.co paid $5 million (10%) for 3 km."
    values = find_values(text, "en")
    assert [value.type for value in values] == ["DATE", "TIME", "QUANTITY", "EMAIL", "MONEY", "PERCENT", "QUANTITY"]


PIECES = st.sampled_from(
    ["1", "19", "1990", "3,5", "五", "十", "年", "月", "日", "世纪", "元", "$", "%", " ", "\n", "-", "–", ".", ":", "@",
     "May", "to", "million", "km", "employees", "BC", "(", ")", "c.", "http://", "a", "百分之", "Q2", "century", "one",
     "FY", "hundred", "点", "下午", "²", "٣", "½", "\ud800", "İ", "Ⅷ", "😀"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)), st.sampled_from(["en", "zh"]))
def test_offsets(text, language) -> None:
    end = 0
    for value in find_values(text, language):
        assert end <= value.start < value.end <= len(text)
        assert text[value.start : value.end].strip() == text[value.start : value.end]
        assert value.type in VALUES
        assert value.key
        comparable(value.key, value.type)
        end = value.end


@settings(max_examples=50, deadline=None)
@given(st.dates())
def test_every_day(day) -> None:
    text = f"({day.day} {day:%B} {day.year:04}; {day.year:04}年{day.month}月{day.day}日"
    expected = day.isoformat()
    if day.year >= 1000:
        assert [key for _, key in found(text)] == [expected, expected]


@pytest.mark.parametrize(
    ("less", "more", "type"),
    [
        ("3 km", "5000 m", "QUANTITY"),
        ("20 °C", "70 °F", "QUANTITY"),
        ("11 months", "1 years", "QUANTITY"),
        ("5 employees", "12 employees", "QUANTITY"),
        ("USD 5", "USD 12.5", "MONEY"),
        ("9.5 %", "12 %", "PERCENT"),
        ("09:30", "21:15:30", "TIME"),
        ("-0044", "0079", "DATE"),
        ("-04XX", "-0221", "DATE"),
        ("18XX", "1886-12-24", "DATE"),
        ("1886", "1886-12", "DATE"),
        ("1886-12-24", "1886-12-25", "DATE"),
        ("2020-02-29", "2020-03-01", "DATE"),
        ("2019-12-31", "2020", "DATE"),
        ("2023-34", "2023-07-02", "DATE"),
        ("1150~", "1151/", "DATE"),
        ("2023-05-01/2023-05-03", "2023-05-02", "DATE"),
        ("FY2022", "FY2023", "DATE"),
        ("XXXX-05-05", "XXXX-06-01", "DATE"),
    ],
)
def test_order(less, more, type) -> None:
    one, other = comparable(less, type), comparable(more, type)
    assert one is not None
    assert other is not None
    assert one[0] == other[0]
    assert one[1] < other[1]


def test_no_order() -> None:
    assert comparable("/0938", "DATE") is None
    assert comparable("a@b.co", "EMAIL") is None
    assert comparable("Ann", "PERSON") is None
    kinds = [("3 km", "QUANTITY"), ("3 kg", "QUANTITY"), ("3 人", "QUANTITY"), ("3 %", "PERCENT"), ("USD 3", "MONEY")]
    kinds += [("EUR 3", "MONEY"), ("1990", "DATE"), ("FY1990", "DATE"), ("XXXX-05-05", "DATE"), ("09:30", "TIME")]
    assert len({(comparable(*kind) or ("",))[0] for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    "part", ["7", "x", "一", "年", "@", "a@", "1 ", "http://", ")", "19–", "five ", "5 May ", "$", "สวัสดี", "1,"]
)
def test_time_grows_with_length_alone(part) -> None:
    def seconds(length: int) -> float:
        text = part * (length // len(part))
        start = time.process_time()
        find_values(text, "en")
        return time.process_time() - start

    # Eight times the text: eight times the time, 64 times if it were quadratic.
    assert seconds(80_000) < 30 * max(seconds(10_000), 0.01)
