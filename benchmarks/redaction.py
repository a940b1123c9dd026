"""How many identifying details are found in free text, and how many words are touched that are none.

`.venv/bin/python benchmarks/redaction.py` prints Markdown tables. Every text is made here: each kind of detail is put
into sentences that a consultation might hold, with made-up values; then texts without any, full of what looks like
one (years, sums, buses, laws, titles of office). Where the real comments of ../shared are there, what is touched in
them is counted too: they were published, so nearly everything touched there is touched in vain.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from fairhearing.gather.redact import redact

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
EACH = 200
FIRST = "Ada Bola Chidi Dana Emre Farah Goran Hana Idris Jaya Kasia Leila Musa Nadia Omar Priya Rosa Samir Zofia"
LAST = "Sample Example Testcase Fictive Muster Placehold Inventado Przyklad Ornek Namuna"
STREET = "Fictive Sample Invented Elmstead Marlow Quarry Abbey Station Mill Orchard"
WAYS = "Street Road Avenue Lane Close Gardens Grove Crescent Terrace Court"
FRAMES = (
    "They never answer. {} That is all I have to say.", "{}", "I went twice last year and nobody listened. {}",
    "{} The staff were kind but the wait was long.",
)  # fmt: skip
ASKS: dict[str, tuple[str, ...]] = {
    "name, with a cue": ("My name is {f} {l}.", "Ask for Mrs {l}.", "I spoke to Dr {f} {l}.", "PC {l} was there.",
                         "His name is {f}."),
    "name of a relation": ("My son {f} was stopped.", "My neighbour, {f} {l}, saw it.", "Her daughter {f} cried.",
                           "My brother is called {f}."),
    "name, signed": ("Please reply.\nKind regards,\n{f} {l}", "Yours sincerely, {f} {l}", "Signed: {f} {l}"),
    "name, no cue": ("{f} {l} never rang back.", "I told {f} about it.", "We met {f} and {f} there."),
    "e-mail": ("Write to {e}@example.org.", "Mail {e}@mail.example.co.uk please.", "It is <{e}@example.com>."),
    "e-mail, spoken": ("Mail {e} at example dot com.", "Mail {e} (at) example (dot) co.uk."),
    "telephone": ("Ring 07911 {n6}.", "Ring 020 7946 0{n3}.", "Call +44 7911 {n6} today.", "My mobile: 07911{n6}"),
    "street address": ("I live at {h} {s} {w}.", "It happened at flat {h}, {s} {w}.", "Come to {h}B {s} {w}!"),
    "postcode": ("I live in E8 {h1}AB.", "My postcode is SW1A{h1}AA.", "near n16 {h1}xq"),
    "date of birth": ("I was born on {d} March 1980.", "DOB: {d}/04/1985."),
    "number of a person": ("My NHS number is 943 476 5919.", "NI number AB 12 34 56 C.", "Case 4{n6}{n3}."),
    "handle or link": ("Follow @{e}_writes.", "See https://twitter.com/{e}/status/1"),
}  # fmt: skip
CLEAN = (
    "In 2015 there were 2,062 referrals, 42% of them under 18.", "The 38 bus at 8.30 on Monday was late again.",
    "May I say that Mark my words is not a threat?", "Mr Mayor, please act. PC culture is not the point.",
    "Section 21 of the 2015 Act and article 8(2) apply.", "It cost £12,000,000 over 2015-2018.",
    "My son English exam was a mess.", "My GP Surgery on the High Street closed.", "Kind regards to the staff",
    "Room 12 Road safety talk was good.", "The M1 and the A12 were shut from 7 to 9.", "We got 10 out of 10.",
    "Our School Council met 3 times.", "My Muslim friends and my British neighbours agree.",
    "Signed up twice, Signed out once.", "My mother Tongue classes stopped in May.", "There are 5 Ways to fix it.",
    "My partner and I went in March 2019.", "Her Majesty opened it in 1977.", "Call 999 or 111 in an emergency.",
)  # fmt: skip


def planted(rng: np.random.Generator, kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """Texts of a kind, and of each the secret parts that must not be left."""
    made = []
    for number in range(EACH):
        asks = ASKS[kind]
        values = {
            "f": str(rng.choice(FIRST.split())), "l": str(rng.choice(LAST.split())),
            "s": str(rng.choice(STREET.split())), "w": str(rng.choice(WAYS.split())),
            "e": f"{rng.choice(FIRST.split())}{rng.integers(10, 99)}".lower(),
            "h": str(rng.integers(1, 199)), "h1": str(rng.integers(0, 9)), "d": str(rng.integers(10, 28)),
            "n6": f"{rng.integers(100000, 999999)}", "n3": f"{rng.integers(100, 999)}",
        }  # fmt: skip
        ask = asks[number % len(asks)]
        detail = ask.format(**values)
        secret = tuple(values[key] for key in ("f", "l", "s", "e", "n6") if f"{{{key}}}" in ask)
        if "{h1}" in ask:
            secret = (detail.rstrip(".")[-3:],)
        elif not secret or "NI" in ask or "NHS" in ask:
            secret = {"My": ("943 476 5919",), "NI": ("12 34 56",), "I ": (f"{values['d']} March",)}.get(
                ask[:2], (f"{values['d']}/04",)
            )
        made.append((FRAMES[number % len(FRAMES)].format(detail), secret))
    return made


def main() -> None:
    rng = np.random.default_rng(1)
    print("| kind | texts | nothing of it left | something left |\n| --- | --- | --- | --- |")
    right = 0
    for kind in ASKS:
        texts = planted(rng, kind)
        after = redact(pa.array([text for text, _ in texts])).texts.to_pylist()
        gone = sum(not any(part in text for part in secret) for text, (_, secret) in zip(after, texts, strict=True))
        right += gone
        print(f"| {kind} | {len(texts)} | {gone / len(texts):.0%} | {1 - gone / len(texts):.0%} |")
    print(f"| all | {EACH * len(ASKS):,} | {right / EACH / len(ASKS):.0%} | {1 - right / EACH / len(ASKS):.0%} |")
    clean = [frame.format(text) for text in CLEAN for frame in FRAMES]
    touched = redact(pa.array(clean))
    print(f"\nTexts without a detail, made to mislead: {int((touched.counts > 0).sum())} of {len(clean)} touched.")
    for name, path, column in (
        ("NHS", "nhs-comments/comments.csv", "text"), ("Austin", "austin-survey/comments.csv", "text"),
        ("banking77", "banking77/train.csv", "text"), ("ArgKP", "argkp/arguments_train.csv", "argument"),
    ):  # fmt: skip
        if (SHARED / path).exists():
            print(real(name, SHARED / path, column))


def real(name: str, path: Path, column: str) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        texts = [row[column] for row in csv.DictReader(file)]
    start = time.process_time()
    found = redact(pa.array(texts, pa.string()))
    rate = len(texts) / max(time.process_time() - start, 1e-9)
    touched = int((found.counts > 0).sum())
    return f"{name}: {touched} of {len(texts):,} touched {found.kinds}; {rate:,.0f} texts a CPU-second."


if __name__ == "__main__":
    main()
