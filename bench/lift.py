"""`python -m bench.lift`: what tuning does for retrieval, on questions that were not trained on.

Base and tuned model of the sandbox rank the same texts by cosine for the same questions. Three pieces of training data:
`examples/tuning` in Russian and in English, and the docstrings of half of this Python's library (the summary line finds
the rest), judged on the other half. The questions of the examples come in two groups: about answers that training saw
with other questions, and about answers that it never saw. `difference` is that of nDCG@10, with its 95 % interval by
bootstrap over the questions; where that holds 0, there may be none. The last line is the difference in Russian over
all questions.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import orjson

from bench.corpus import docstring_corpus
from domain.ranking import RankingScores, mean_scores
from domain.retrieval_scores import interval, retrieval_scores
from sandbox.engines.tuned import TunedEmbedder
from sandbox.engines.tuning_job import EPOCHS, JOB, Parameters, TrainingJob, WeightedFile, write
from tasks.tuning.golden import read_retrieval_golden

EXAMPLES = Path("examples/tuning")
K = 10
TRAINED_CHARACTERS = 300

Pair = tuple[str, str]
"""A question, and the text that answers it."""


@dataclass(frozen=True)
class Material:
    """What is trained on, and what is asked: `relevant[i]` are the places of the texts that answer `queries[i]`."""

    name: str
    pairs: Sequence[Pair]
    texts: Sequence[str]
    queries: Sequence[str]
    relevant: Sequence[frozenset[int]]

    def groups(self) -> dict[str, list[int]]:
        """Return the places of all questions and, where there are both, by whether training saw an answer of theirs."""
        trained = {text for _, text in self.pairs}
        seen = [any(self.texts[place] in trained for place in places) for places in self.relevant]
        if len(set(seen)) == 1:
            return {"all": [*range(len(seen))]}
        return {
            "all": [*range(len(seen))],
            "answer in training": [place for place, known in enumerate(seen) if known],
            "answer never seen": [place for place, known in enumerate(seen) if not known],
        }


def of_examples(language: str, folder: Path) -> Material:
    """Return the examples of one language."""
    golden = read_retrieval_golden.fn(str(folder / "corpus.jsonl"), str(folder / "queries.jsonl"))
    rows = [orjson.loads(line) for line in (folder / "pairs.jsonl").read_bytes().splitlines()]
    return Material(
        name=f"{language}, examples",
        pairs=[(row["anchor"], row["positive"]) for row in rows],
        texts=[text.text for text in golden.corpus],
        queries=[question.query for question in golden.questions],
        relevant=golden.relevant_places(),
    )


def of_docstrings() -> Material:
    """Return docstrings: modules that are trained on and modules that are asked about are different ones.

    Some methods inherit a docstring over that border; what is asked is left out of the training. Only the beginnings
    of texts are trained on: a batch takes as long as its longest text.
    """
    trained, asked = docstring_corpus("tuning"), docstring_corpus("heldout")
    held_out = {*asked.queries, *asked.documents}
    pairs = zip(trained.queries, trained.documents, strict=True)
    return Material(
        name="English, docstrings",
        pairs=[(query, text[:TRAINED_CHARACTERS]) for query, text in pairs if not held_out.intersection((query, text))],
        texts=asked.documents,
        queries=asked.queries,
        relevant=[frozenset({place}) for place in asked.relevant],
    )


def tune(pairs: Sequence[Pair], folder: Path, seed: int) -> TunedEmbedder:
    """Train in a process of its own, as the sandbox does, and return what came of it."""
    rows = folder / "pairs.jsonl"
    rows.write_bytes(b"".join(orjson.dumps({"anchor": anchor, "positive": text}) + b"\n" for anchor, text in pairs))
    parameters = Parameters(seed=seed, n_samples=EPOCHS * len(pairs))
    write(folder / JOB, TrainingJob(kind="pair", train=(WeightedFile(path=rows),), parameters=parameters))
    command = [sys.executable, "-m", "sandbox.engines.tune", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # it ends when its standard input is closed
        status = process.wait()
    if status:
        raise SystemExit(f"the training ended with status {status}; {folder / 'error.json'} said why")
    return TunedEmbedder(folder)


def scores(material: Material, embedder: TunedEmbedder) -> list[RankingScores]:
    """Return the scores of each question."""
    texts, queries = (np.asarray(embedder.embed(each), np.float64) for each in (material.texts, material.queries))
    return retrieval_scores(texts, queries, material.relevant, K)


def row(name: str, group: str, base: Sequence[RankingScores], tuned: Sequence[RankingScores]) -> float:
    """Print a row of the table and return the difference of nDCG."""
    differences = [after.ndcg - before.ndcg for before, after in zip(base, tuned, strict=True)]
    low, high = interval(differences)
    pairs = zip(_figures(base), _figures(tuned), strict=True)
    figures = "  ".join(f"{before:.3f} {after:.3f}" for before, after in pairs)
    difference = fmean(differences)
    print(f"{name:22}{group:20}{len(base):5}  {figures}  {difference:+.3f} ({low:+.3f} to {high:+.3f})")
    return difference


def _figures(each: Sequence[RankingScores]) -> tuple[float, float, float]:
    mean = mean_scores(each)
    return mean.recall, mean.reciprocal_rank, mean.ndcg


def main() -> None:
    """Tune, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("russian", "english", "docstrings"), nargs="*")
    arguments = parser.parse_args()
    makers = {
        "russian": lambda: of_examples("Russian", EXAMPLES / "ru"),
        "english": lambda: of_examples("English", EXAMPLES / "en"),
        "docstrings": of_docstrings,
    }
    base = TunedEmbedder()
    lifts: dict[str, float] = {}
    print(f"{'':22}{'questions':25}  {'recall@10':11}  {'MRR':11}  {'nDCG@10':11}  difference of nDCG@10")
    print(f"{'':47}{'  base  tuned' * 3}")
    trainings: list[str] = []
    for name in arguments.only or makers:
        material = makers[name]()
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="lift-") as folder:
            tuned = tune(material.pairs, Path(folder), arguments.seed)
        trainings.append(f"{material.name}: {len(material.pairs)} pairs in {time.perf_counter() - start:.0f} s")
        before, after = scores(material, base), scores(material, tuned)
        for group, places in material.groups().items():
            difference = row(
                material.name, group, [before[place] for place in places], [after[place] for place in places]
            )
            lifts.setdefault(name, difference)
    print("\n".join(["", *trainings, ""]))
    print(f"lift: {next(iter(lifts.values())):+.3f}")


if __name__ == "__main__":
    main()
