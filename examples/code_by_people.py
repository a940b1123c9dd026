"""People who never were code the synthetic example: a codebook, two coders, one blind sample. Run after the first run.

Planted truths: what the machine proposes by itself is narrower or wider than what people mean by a theme; two
coders agree well on what is plain and less on what is vague, and the shares that come out are nearer to what the
generator wrote than the machine's. Nothing here is a real person's judgement.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl

from fairhearing.doors import agreeing, sheets
from fairhearing.main import record

FOLDER = Path(__file__).parent / "prevent-london"
SEED = 3807
CODERS = {"policy lead (synthetic)": 0.02, "community reader (synthetic)": 0.05}
"""Who, and how often they slip."""
THEMES: Mapping[str, tuple[str, tuple[str, ...], float]] = {
    "Questioned at school": ("Children questioned by officers, or called out of a lesson for it",
                             ("officer", "head teacher's office", "questioned", "questions"), 0.0),
    "Support that helped": ("A mentor, worker or coach who listened or helped",
                            ("listened", "helped", "supported", "patient", "found a place"), 0.0),
    "Publish the figures": ("Figures by borough, or figures that are never published", ("figure",), 0.0),
    "Feeling singled out": ("Being treated otherwise than others, or feeling watched",
                            ("singled", "one community", "unfair", "watching"), 0.45),
}  # fmt: skip
"""Name → meaning, words by which a synthetic coder knows it, and how often one more slips because it is vague."""
ADOPTED = {"Questioned at school": "questioned", "Support that helped": "support worker",
           "Publish the figures": "figure", "Feeling singled out": "singled"}  # fmt: skip
"""Name → word of the proposed theme adopted under it; where none is proposed, the theme is added."""


def code_by_people(folder: Path) -> None:
    """Agree on themes, hand out two sheets, code them, take them back: as people would, through the same doors."""
    _agree(folder)
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "coding.xlsx"
        handed = sheets.hand_out(folder, out, source="consultation", coders=2, random=180, targeted=30)
        for sheet, (coder, slips) in zip(handed.sheets, CODERS.items(), strict=True):
            _code(Path(sheet["file"]), rng, slips)
            sheets.take_back(folder, Path(sheet["file"]), coder=coder)


DECISIONS = (
    ("R.questioning.appropriate-adult", "standing", "adopted", "The step hurts most, and the law asks for it"),
    ("R.questioning.parents-told-first", "standing", "adopted", "Parents asked for it in every meeting"),
    ("R.questioning.parents-told-first", "by when", "the start of the autumn term 2026", "Agreed with the schools"),
    ("school-protocol", "claimed", "partly", "Two of nine schools have signed the draft"),
    ("R-idea.open-figures", "standing", "rejected", "Counts by borough are too small to publish every quarter"),
    ("referral/support", "dissent", "Cannot tell, rather than build upon.",
     "Those whom support did not help may not have answered a consultation about it"),
)  # fmt: skip
"""On what, which column, what, and why: what people of the synthetic assessment decided after the first run."""


def decide(folder: Path) -> None:
    """Adopt, reject, word anew and dissent, as people would: each an event."""
    for on, column, value, why in DECISIONS:
        record(folder, on, column, value, why=f"{why} (synthetic)")


def _agree(folder: Path) -> None:
    proposed = agreeing.show(folder).proposed
    why = "Agreed by two readers of the first hundred responses (synthetic)"
    for name, (meaning, _words, _vague) in THEMES.items():
        found = next((row["theme"] for row in proposed if ADOPTED[name] in row["label"].lower()), None)
        action, themes = ("adopt", [found]) if found else ("add", [])
        agreeing.change(folder, action, themes, names=[name], description=meaning, why=why)


def _code(path: Path, rng: np.random.Generator, slips: float) -> None:
    book = openpyxl.load_workbook(path)
    page = book["Responses"]
    head = [cell.value for cell in page[1]]
    for row in page.iter_rows(min_row=2):
        text = str(row[1].value or "")
        seen = [name for name in THEMES if _sees(name, text.lower(), rng, slips)]
        read = text.isascii() or text.startswith("Nie ")
        for name in (seen or ["other"]) if read else ["cannot code"]:
            row[head.index(name)].value = "x"
    book.save(path)


def _sees(name: str, text: str, rng: np.random.Generator, slips: float) -> bool:
    _meaning, words, vague = THEMES[name]
    there = any(word in text for word in words)
    return there ^ bool(rng.random() < slips / 2 + (vague if there else 0.0))


if __name__ == "__main__":
    if not agreeing.show(FOLDER).agreed:
        code_by_people(FOLDER)
        decide(FOLDER)
        print("Synthetic people have agreed on themes and coded a sample: run the example again.", file=sys.stderr)
