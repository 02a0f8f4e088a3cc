"""Trains, packages and scores the English pipeline: ``python -m knowledge.pipelines.training.train``.

Parser and names are trained apart and joined at the end. ``make pipelines`` runs everything; the stages leave their
results in the work folder, so that ``--stages`` can go on from there.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train
from spacy.util import load_config, load_model_from_config

from knowledge.pipelines import pipeline_path
from knowledge.pipelines.training import package
from knowledge.pipelines.training.company import company_docs, invented
from knowledge.pipelines.training.convert import gold_doc as parse_doc
from knowledge.pipelines.training.convert import passages, read_conllu
from knowledge.pipelines.training.ner_data import (
    Marked,
    articles,
    contexts,
    ewt,
    gum,
    raw_passages,
    split,
    title_examples,
)
from knowledge.pipelines.training.score import DATA, MissingData, all_scores, table
from knowledge.pipelines.training.silver import completed_doc, gold_doc, label_texts, pools, varied
from knowledge.pipelines.training.teacher import Teacher, load, save, train

HERE = Path(__file__).parent
STAGES = ("parse", "teacher", "silver", "ner", "package")
_SLICE = 5
"""Of the EWT passages with marked names, every fifth chooses the NER; the others train it."""
_FILES = (
    *(f"treebanks/en_{bank}-{part}.conllu" for bank in ("ewt", "gum") for part in ("train", "dev", "test")),
    *(f"treebanks/en_ewt-ner-{part}.iob2" for part in ("dev", "test")),
    *(f"multihop/{name}/corpus.json" for name in ("2wiki", "hotpotqa")),
    "reading/train/qamr_en.jsonl",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the training may be asked to do otherwise. The defaults made the packaged pipeline."""

    data: Path
    encoder: Path
    work: Path
    output: Path
    parse_steps: int = 3250
    teacher_epochs: int = 4
    ner_steps: int = 3000
    articles: int = 2400
    gold_repeats: int = 2
    company: int = 500


def check_data(recipe: Recipe) -> None:
    """Raise ``MissingData`` with everything that is not there."""
    missing = [str(recipe.data / name) for name in _FILES if not (recipe.data / name).is_file()]
    if not (recipe.encoder / "model.safetensors").is_file():
        missing.append(f"{recipe.encoder} (all-MiniLM-L6-v2; `rag models pull` fetches it)")
    if missing:
        raise MissingData("missing:\n  " + "\n  ".join(missing))


def train_component(
    config: Path, train_docs: Path, dev_docs: Path, output: Path, overrides: Mapping[str, object]
) -> Path:
    """Train what a .cfg describes, and return the folder of the best model on the dev documents."""
    paths = {"paths.train": str(train_docs), "paths.dev": str(dev_docs)}
    filled = load_model_from_config(load_config(config, overrides={**paths, **overrides}), auto_fill=True).config
    nlp = init_nlp(filled)
    output.mkdir(parents=True, exist_ok=True)
    spacy_train(nlp, output, stdout=sys.stdout, stderr=sys.stderr)
    return output / "model-best"


def write_docs(docs: Iterable[Doc], path: Path) -> None:
    """Write training documents in spaCy's binary form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(path)


def parse_stage(recipe: Recipe, nlp: Language) -> None:
    """Convert the treebanks and train tagger, morphologizer, parser and lemmatizer."""
    banks = recipe.data / "treebanks"
    for part, words, seed in (("train", 120, 7), ("dev", None, None)):
        docs: list[Doc] = []
        for bank in ("ewt", "gum"):
            read = read_conllu(banks / f"en_{bank}-{part}.conllu")
            docs += [parse_doc(nlp, passage) for passage in passages(read, words=words, seed=seed)]
        write_docs(docs, recipe.work / f"parse-{part}.spacy")
    train_component(
        HERE / "parse.cfg",
        recipe.work / "parse-train.spacy",
        recipe.work / "parse-dev.spacy",
        recipe.work / "parse",
        {"training.max_steps": recipe.parse_steps},
    )


@dataclass(slots=True)
class Gold:
    """The gold passages for names: GUM's, EWT's to train on, and those of both to choose with."""

    gum: list[Marked]
    ewt: list[Marked]
    gum_dev: list[Marked]
    ewt_dev: list[Marked]


def read_gold(recipe: Recipe, nlp: Language) -> Gold:
    """Return the gold passages. EWT's names are marked in its dev and test files alone."""
    banks = recipe.data / "treebanks"
    ours, chosen = split(ewt(nlp, banks / "en_ewt-dev.conllu", banks / "en_ewt-ner-dev.iob2"), _SLICE)
    return Gold(gum(nlp, banks / "en_gum-train.conllu"), ours, gum(nlp, banks / "en_gum-dev.conllu"), chosen)


def encyclopedia(recipe: Recipe) -> list[tuple[str, str]]:
    """Return (title, text) of the encyclopedia passages."""
    return [row for name in ("2wiki", "hotpotqa") for row in articles(recipe.data / "multihop" / name / "corpus.json")]


def teacher_stage(recipe: Recipe, nlp: Language, report: Callable[[str], None]) -> None:
    """Fine-tune the teacher on the gold passages and on title-marked texts."""
    gold = read_gold(recipe, nlp)
    titles = title_examples(nlp, encyclopedia(recipe), each=220, longest=50, seed=3)
    teacher = Teacher(recipe.encoder)
    train(teacher, [*gold.gum, *gold.ewt, *titles], epochs=recipe.teacher_epochs, report=report)
    save(teacher, recipe.work / "teacher.safetensors")


def silver_stage(recipe: Recipe, nlp: Language) -> None:
    """Let the teacher label: the open words of the gold passages, and the unlabelled passages."""
    gold = read_gold(recipe, nlp)
    teacher = load(recipe.encoder, recipe.work / "teacher.safetensors")
    marked = [*gold.gum, *gold.ewt]
    tables = teacher.label([[token.text for token in one.doc] for one in marked])
    write_docs(map(completed_doc, marked, tables), recipe.work / "ner-gold.spacy")
    treebank = raw_passages(recipe.data / "treebanks" / "en_ewt-train.conllu", seed=13)
    titled = encyclopedia(recipe)
    random.Random(23).shuffle(titled)
    texts = {
        "ewt": [("", passage.text) for passage in treebank],
        "encyclopedia": titled[: recipe.articles],
        "qamr": [("", text) for text in contexts(recipe.data / "reading" / "train" / "qamr_en.jsonl")],
    }
    for name, rows in texts.items():
        write_docs(label_texts(nlp, teacher, rows), recipe.work / f"ner-silver-{name}.spacy")


def ner_stage(recipe: Recipe, nlp: Language) -> None:
    """Put the NER's training documents together and train it."""
    gold = read_gold(recipe, nlp)
    completed = read_docs(nlp, recipe.work / "ner-gold.spacy")
    silver = [doc for path in sorted(recipe.work.glob("ner-silver-*.spacy")) for doc in read_docs(nlp, path)]
    chance = random.Random(17)
    names: dict[str, Sequence[str]] = dict(pools(silver, at_least=1))
    # Invented companies and products beside the real ones: names that no list holds.
    for label in ("ORG", "PRODUCT"):
        names[label] = [*names[label], *(invented(label, chance) for _ in range(max(200, len(names[label]) // 2)))]
    docs = [
        *completed * recipe.gold_repeats,
        *(varied(nlp, marked, names, chance) for marked in (*gold.gum, *gold.ewt)),
        *silver,
        *company_docs(nlp, recipe.company, names, seed=19),
    ]
    chance.shuffle(docs)
    write_docs(docs, recipe.work / "ner-train.spacy")
    write_docs(map(gold_doc, (*gold.gum_dev, *gold.ewt_dev)), recipe.work / "ner-dev.spacy")
    train_component(
        HERE / "ner.cfg",
        recipe.work / "ner-train.spacy",
        recipe.work / "ner-dev.spacy",
        recipe.work / "ner",
        {"training.max_steps": recipe.ner_steps},
    )


def read_docs(nlp: Language, path: Path) -> list[Doc]:
    """Return documents that ``write_docs`` wrote."""
    return list(DocBin().from_disk(path).get_docs(nlp.vocab))


def package_stage(recipe: Recipe, report: Callable[[str], None]) -> None:
    """Join the two, write the pipeline, score it on the test files and note the scores in it."""
    built = recipe.work / "package"
    package.write(package.join(recipe.work / "parse" / "model-best", recipe.work / "ner" / "model-best"), built)
    scores = all_scores(spacy.load(built), built, recipe.data)
    package.note_scores(built, scores)
    shutil.rmtree(recipe.output, ignore_errors=True)
    shutil.copytree(built, recipe.output)
    report(table(scores))
    report(json.dumps(scores, ensure_ascii=False))


def run(recipe: Recipe, stages: Sequence[str], report: Callable[[str], None] = print) -> None:
    """Run the stages in their order."""
    check_data(recipe)
    recipe.work.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("en")
    steps: dict[str, Callable[[], None]] = {
        "parse": lambda: parse_stage(recipe, nlp),
        "teacher": lambda: teacher_stage(recipe, nlp, report),
        "silver": lambda: silver_stage(recipe, nlp),
        "ner": lambda: ner_stage(recipe, nlp),
        "package": lambda: package_stage(recipe, report),
    }
    for stage in STAGES:
        if stage in stages:
            report(f"== {stage}")
            steps[stage]()


def main(arguments: Sequence[str] | None = None, report: Callable[[str], None] = print) -> int:
    """Train the pipeline from the command line."""
    from platformdirs import user_cache_path

    encoder = user_cache_path("wellspring") / "models" / "all-MiniLM-L6-v2"
    parser = argparse.ArgumentParser(description="Trains the English pipeline and writes it into the package.")
    parser.add_argument("--data", type=Path, default=DATA, help="the data folder (default: %(default)s)")
    parser.add_argument("--encoder", type=Path, default=encoder, help="all-MiniLM-L6-v2 (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("build/pipelines"), help="for what lies between the stages")
    parser.add_argument("--output", type=Path, default=pipeline_path("en"), help="where the pipeline is written")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES, help="only these")
    options = parser.parse_args(arguments)
    try:
        run(Recipe(options.data, options.encoder, options.work, options.output), options.stages, report)
    except MissingData as error:
        report(f"cannot train: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
