import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.report import MEANINGS, NO_PLOTS, intervals, meaning, write_report
from rag.evaluation.results import Result
from rag.evaluation.uncertainty import overall

ROOT = Path(__file__).parents[3]
EVIL = '<script>alert("x")</script> & a|b *c* 表\nnext'


def results() -> list[Result]:
    return [
        Result(
            id=f"q{n}",
            question=f"{EVIL} {n}",
            answers=[EVIL],
            gold=["d/1"],
            retrieved=["d/1"],
            type=("hop", "文<b>")[n % 2],
            figures={"recall@5": n % 3 / 2, "accuracy": float(n % 4 > 0), "query_ms": 5.0 + n, "search_ms": 1.0}
            | {"seconds_per_question": 0.5, "abstained": float(n == 0)},
            curve=[0.5] * 10 + [1.0] * 10,
            hits=[{"document": "d/1", "title": EVIL, "page": 3, "score": 0.5, "why": EVIL, "text": EVIL}],
            answer=EVIL,
            abstained=n == 0,
            confidence=n / 10,
            right=n % 4 > 0,
            short=EVIL,
            withheld={} if n else {"answer": EVIL, "short": "", "abstained": False, "confidence": 0.0, "right": True},
        )
        for n in range(10)
    ]


def written(folder: Path, of: list[Result], **options: Any) -> tuple[str, str]:
    settings = {"answer_threshold": 0.1, "split": "all", "limit": None, "date": "2026-01-01", "llm": "<none>"}
    figures = {"dataset": "<set>", "questions": len(of), **overall(of)}
    write_report(folder, figures, of, settings, titles={"d/1": EVIL}, **options)
    return tuple((folder / f"report.{ending}").read_text(encoding="utf-8") for ending in ("html", "md"))  # type: ignore[return-value]


class Tags(HTMLParser):
    """Collects the names of the elements, and where they lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_beside_it_and_holds_only_our_markup(tmp_path: Path) -> None:
    page, _ = written(tmp_path, results())
    tags = Tags(page)
    assert not {"script", "b", "set", "none", "link"} & set(tags.names)
    assert len(tags.links) == tags.names.count("img") == 5
    assert all(link.startswith("data:image/svg+xml;base64,") for link in tags.links)
    assert "&lt;script&gt;" in page
    assert "width=device-width" in page


def test_the_report_holds_figures_types_worst_questions_and_settings(tmp_path: Path) -> None:
    page, text = written(tmp_path, results())
    for told in (page, text):
        assert "among the first 5 different documents" in told
        assert "search_ms_p95" in told
        assert "By type of question" in told
        assert "page 3" in told
        assert "2026-01-01" in told
        assert "limit" not in told, "settings that were not given are left out"
    assert '<td class="number">5</td>' in page
    assert "| questions | 5 | 5 |" in text
    assert page.index("q0") < page.index("q3"), "the worst come first"


def test_the_report_tells_what_comes_of_thresholds(tmp_path: Path) -> None:
    page, text = written(tmp_path, results())
    # Of ten questions the surest is the ninth; with 0.1 in use the first is withheld, which would be right.
    assert "| **0.1** | 0.900 | 0.778 | 0.700 | – |" in text
    assert "| 0.9 | 0.100 | 1.000 | 0.100 | – |" in text
    assert page.count('class="used"') == 1
    assert "aurc" in text
    assert "withheld (right): " in text
    unknown = results()
    unknown[0].withheld = {}
    page, text = written(tmp_path, unknown)
    assert "By threshold" not in page + text
    assert "aurc" not in text


def test_intervals_of_the_main_figures() -> None:
    found = intervals(results())
    assert found.keys() == {"accuracy", "abstained", "aurc", "ece", "brier"}
    means = overall(results())
    for name, (low, high) in found.items():
        assert 0 <= low <= means[name] <= high <= 1, name
        assert low < high


def test_markdown_is_one_line_a_row_and_means_only_itself(tmp_path: Path) -> None:
    _, text = written(tmp_path, results())
    assert "<script>" not in text.replace("\\<script\\>", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {3, 4, 5, 6}
    for name in re.findall(r"\]\((.*?)\)", text):
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<?xml")


def test_the_same_results_give_the_same_report(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert written(tmp_path / "one", results()) == written(tmp_path / "two", results())


def test_without_matplotlib_the_rest_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rag.evaluation.plots", None)
    told: list[str] = []
    page, text = written(tmp_path, results(), tell=told.append)
    assert told == [NO_PLOTS]
    assert "wellspring[report]" in page
    assert NO_PLOTS in text
    assert not (tmp_path / "plots").exists()


def test_results_with_nothing_to_draw_or_to_complain_of(tmp_path: Path) -> None:
    page, text = written(tmp_path, [Result("1", "?", [], [], [], figures={"rejection": 1.0})])
    assert "There is nothing to draw." in page
    assert "Every question got all of its figures." in text
    assert "By type of question" not in page


def test_every_figure_is_explained_here_and_in_the_documentation() -> None:
    documented = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for name in MEANINGS:
        assert name.removesuffix("@k") in documented, name
    assert meaning("query_ms_p95") == MEANINGS["query_ms"]
    assert meaning("page_recall@10") == "a page of the evidence is among the first 10 hits"
    assert meaning("anything") == ""
