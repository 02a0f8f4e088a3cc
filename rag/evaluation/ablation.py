"""What each part of a score brings: alone, and when it is left out.

    python -m rag.evaluation.ablation SET… [--kb DIR] [--cases DIR]

Prints a Markdown table of recall, and of milliseconds a question (median; without the question's embedding). *Alone*
orders what came up by that part of the first scores. *Without* leaves the part's signals out of the first scores and
of the trees, which are learnt anew; paths are not followed, and nothing is looked up by meaning or by words. Figures
are of the questions whose split is not ``tune``; folders as in ``rag.evaluation.learn``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.learn import Case, Order, by, cases_of, fit, recall_at
from rag.signals import COLUMN, PARTS, weights

_FUSION = 60
"""The constant of reciprocal rank fusion (Cormack et al. 2009)."""


def alone(part: str) -> Order:
    """Return the order that one part of the first scores gives."""
    columns = [COLUMN[name] for name in PARTS[part]]
    return lambda case: _by(case, case.rows[:, columns] @ weights(case.language, case.long)[columns])


def fused(case: Case) -> list[str]:
    """Return the order of reciprocal rank fusion of meaning and words."""
    ranks = [np.argsort(np.argsort(-case.rows[:, COLUMN[name]], kind="stable")) for name in ("meaning", "words")]
    return _by(case, np.sum([1 / (_FUSION + rank) for rank in ranks], axis=0))


def _by(case: Case, scores: NDArray[np.float32]) -> list[str]:
    # Cases lie in the order of all parts, which must not decide between equals.
    order = np.lexsort((np.random.default_rng(0).permutation(len(scores)), -scores))
    # What a part says nothing of does not come up by it.
    return list(dict.fromkeys(case.places[place] for place in order if scores[place] > 0))


def row(name: str, order: Order, sets: Sequence[Sequence[Case]], *, timed: bool = False) -> str:
    """Return a line of the table: recall@2 and @5 of each set, @5 and @10 where pages are asked for."""
    cells = []
    for cases in sets:
        test = [case for case in cases if case.split != "tune"]
        at = (5, 10) if test[0].by_page else (2, 5)
        values = [f"{recall_at(test, order, k):.3f}" for k in at]
        took = f" / {1000 * float(np.median([case.seconds for case in test])):.0f} ms" if timed else ""
        cells.append(" / ".join(values) + took)
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What each part of a score brings.")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--kb", type=Path, default=Path("learn-kb"))
    parser.add_argument("--cases", type=Path, default=Path("learn-cases"))
    given = parser.parse_args()

    def trees(name: str, signals: Sequence[str]) -> str:
        where = given.cases / name if signals else given.cases
        sets = [cases_of(path, kb=given.kb, cases=where, without=signals) for path in given.sets]
        learnt = fit([[case for case in cases if case.split == "tune"] for cases in sets])
        return row(name, by(learnt), sets, timed=True)

    print(f"| | {' | '.join(path.stem for path in given.sets)} |")
    print("|---" * (len(given.sets) + 1) + "|")
    print(trees("all", ()), flush=True)
    full = [cases_of(path, kb=given.kb, cases=given.cases) for path in given.sets]
    print(row("all, first scores", by(None), full))
    print(row("meaning and words, rank fusion", fused, full))
    for part in PARTS:
        print(row(f"{part} alone", alone(part), full), flush=True)
    for part in PARTS:
        print(trees(f"without {part}", PARTS[part]), flush=True)


if __name__ == "__main__":
    main()
