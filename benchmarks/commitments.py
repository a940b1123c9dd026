"""Commitments found in answers against the modal-verb rule: precision and recall, split by document.

    python benchmarks/commitments.py [FOLDER OF QUESTION PAGES]

Own sentences: every made-up document of `library/commitments.tsv` scored by a model of the others. Pages: every
sentence of the answers scored by the model of all own sentences; what each is, is in
`tests/external/golden/commitments.tsv` by file and place, so that no page is copied. Prints Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fairhearing.follow_up.promises import KINDS, labelled, learn, modal_rule, model
from fairhearing.follow_up.sentences import sentences
from fairhearing.gather import read_page

HERE = Path(__file__).resolve().parents[1]
CUTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def own() -> tuple[list[str], list[str], np.ndarray]:
    """Texts, kinds, and left-out probabilities of the sentences written for learning."""
    told = labelled()
    scores = np.zeros((len(told), len(KINDS) + 1))
    for document in {each.document for each in told}:
        machine = learn([each for each in told if each.document != document])
        here = [n for n, each in enumerate(told) if each.document == document]
        scores[here] = machine.probabilities([told[n].text for n in here])
    return [each.text for each in told], [each.kind for each in told], scores


def of_pages(folder: Path) -> tuple[list[str], list[str], np.ndarray]:
    """The same of every sentence of four words or more in the answers of the pages."""
    lines = (HERE / "tests/external/golden/commitments.tsv").read_text("utf-8").splitlines()[1:]
    known = {tuple(line.split("\t")[:4]): line.split("\t")[4] for line in lines}
    found = [(known.get(key, "none"), text) for key, text in places(folder)]
    kinds, texts = [kind for kind, _ in found], [text for _, text in found]
    return texts, kinds, model().probabilities(texts)


def places(folder: Path) -> Iterator[tuple[tuple[str, str, str, str], str]]:
    for path in sorted(folder.glob("*.txt")):
        for number, fields in enumerate(read_page(path)):
            for position, answer in enumerate(fields["answers"], 1):
                for each in sentences(answer["text"]):
                    if len(each.text.split()) >= 4:
                        yield (path.name, str(number), str(position), str(each.start)), each.text


def curve(texts: list[str], yes: np.ndarray, scores: np.ndarray) -> list[str]:
    rule = np.array([modal_rule(text) for text in texts])
    rows = [("modal verb", rule), *((f"machine from {cut:.1f}", scores >= cut) for cut in CUTS)]
    right = [(name, said.sum(), (said & yes).sum()) for name, said in rows]
    return [f"| {name} | {hits / max(n, 1):.2f} | {hits / yes.sum():.2f} | {n} |" for name, n, hits in right]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "shared/data/mqt"
    for name, (texts, kinds, scores) in (("own sentences", own()), ("pages", of_pages(folder))):
        for what, yes, column in (
            ("future commitments", np.array([kind == KINDS[0] for kind in kinds]), 0),
            ("any kind", np.array([kind != "none" for kind in kinds]), -1),
        ):
            print(f"\n{name}, {what}: {yes.sum()} of {len(texts)} sentences\n")
            print("| | precision | recall | proposed |\n| --- | --- | --- | --- |")
            print("\n".join(curve(texts, yes, scores[:, column])))


if __name__ == "__main__":
    main()
