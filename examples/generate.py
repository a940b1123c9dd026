"""Make the evidence of the synthetic example: seeded, so that everybody gets the same bytes.

Planted truths, which the assessment should find: questioning at school hurts, and hurts Muslim families most; support
helps; trust is lower among Muslim Londoners and rises a little in the last year, in four rounds; projects work, one harms, one
has no baseline, one only seems to work because those it failed left, one because its baseline was asked afterwards; forty replies are one campaign's text. Nothing here describes a real person, project or meeting.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

EVIDENCE = Path(__file__).parent / "prevent-london" / "evidence"
SEED = 3806

RELIGIONS = {
    "none": 0.27, "christian": 0.40, "muslim": 0.143, "hindu": 0.05, "jewish": 0.016, "sikh": 0.016, "other": 0.018,
    "not_said": 0.087,
}  # fmt: skip
TRUST_SHIFT = {"muslim": -0.85, "other": -0.2}
ROUNDS = {"Spring 2025": 0.0, "Spring 2026": 0.18}
BETWEEN = {"Autumn 2024": 0.0, "Autumn 2025": 0.09}


def write_evidence(folder: Path) -> None:
    """Write every evidence file of the example into `folder`."""
    rng = np.random.default_rng(SEED)
    _write(folder / "survey.csv", SURVEY_COLUMNS, _survey(rng, 1500))
    _write(folder / "consultation.csv", CONSULTATION_COLUMNS, _consultation(rng, 700))
    _conversation(rng, folder / "conversation", 320)
    _write(folder / "projects.csv", PROJECT_COLUMNS, PROJECTS)
    _write(folder / "open-table.csv", PARTICIPANT_COLUMNS, _open_table(np.random.default_rng([SEED, 5])))
    _write(folder / "second-wind.csv", PARTICIPANT_COLUMNS, _second_wind(np.random.default_rng([SEED, 6])))
    _write(folder / "referrals.csv", OFFICIAL_COLUMNS, _official())
    for name, page in (("questioning-children.txt", QUESTION), ("figures-by-borough.txt", UNANSWERED)):
        (folder / "questions").mkdir(parents=True, exist_ok=True)
        (folder / "questions" / name).write_text(page, encoding="utf-8")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


# --- survey -----------------------------------------------------------------------------------------------------


SURVEY_COLUMNS = ["serial", "wave", "area", "design_weight", "age", "sex", "religion", "trust", "fair", "alien_watched",
                  "alien_speak", "alien_belong", "help"]  # fmt: skip


def _survey(rng: np.random.Generator, people: int) -> list[list[object]]:
    """Four rounds of separate people. Inner London is sampled at twice the rate, so its design weight is half."""
    between = np.random.default_rng([SEED, 2])  # its own, so that the other evidence stays as it is
    waves = [(rng, *wave) for wave in ROUNDS.items() for _ in range(people)]
    waves += [(between, *wave) for wave in BETWEEN.items() for _ in range(people)]
    return [_respondent(drawn, serial, wave, better) for serial, (drawn, wave, better) in enumerate(waves, 1)]


def _respondent(rng: np.random.Generator, serial: int, wave: str, better: float) -> list[object]:
    area = "inner" if rng.random() < 0.57 else "outer"
    religion = str(rng.choice(list(RELIGIONS), p=list(RELIGIONS.values())))
    age = int(np.clip(rng.normal(44, 16), 18, 90))
    mood = rng.normal(TRUST_SHIFT.get(religion, 0.0) + better * (1.6 if religion == "muslim" else 1.0), 0.7)
    trust, fair = (_code(rng, 3.55 + mood - shift) for shift in (0.0, 0.25))
    watched, speak, belong = (_code(rng, 2.6 - mood + shift) for shift in (0.0, 0.1, -0.2))
    knows = 1 if rng.random() < 0.36 + 0.04 * mood else 0
    answers = [trust, fair, watched, speak, 6 - belong, knows]
    answers = [9 if rng.random() < 0.04 else answer for answer in answers]
    religion_said = {"not_said": "Not answered"}.get(religion, religion)
    return [serial, wave, area, 1.0 if area == "inner" else 2.0, age, "F" if rng.random() < 0.54 else "M",
            religion_said, *answers]  # fmt: skip


def _code(rng: np.random.Generator, centre: float) -> int:
    return int(np.clip(round(rng.normal(centre, 0.8)), 1, 5))


# --- consultation -----------------------------------------------------------------------------------------------

STEP_SHARES = {"questioning": 0.34, "notice": 0.16, "share": 0.16, "support": 0.2, "complain": 0.06, "": 0.08}

# A reply is put together from an opening, what happened, and how it felt, so that hardly two are alike.
BAD = {
    "questioning": (
        [
            "Being taken out of a lesson",
            "Pulled out of class without warning",
            "Called from the classroom",
            "In the head teacher's office",
            "At school, with everybody watching",
            "During a maths lesson",
        ],
        [
            "children are questioned by officers alone",
            "pupils are singled out and questioned by police",
            "a child is alone with police and no parent is called",
            "officers ask about family and faith",
            "the questions were put without saying why",
            "nobody told us before the officers came",
        ],
        [
            "and it is humiliating.",
            "and it felt humiliating in front of friends.",
            "which was frightening.",
            "and nobody was believed.",
            "and we were not told why.",
            "and it made school feel unsafe.",
        ],
    ),
    "notice": (
        ["A remark about the news", "A drawing", "A question in class", "A change of clothes", "A prayer at lunch"],
        [
            "was taken as a sign of something",
            "was reported on a gut feeling",
            "was written down by a teacher",
            "was enough for a concern",
            "was treated as a warning",
        ],
        [
            "and we felt singled out.",
            "with no written reason.",
            "and pupils stopped speaking in class.",
            "so people now keep quiet.",
            "and it felt unfair.",
        ],
    ),
    "share": (
        ["The form was sent to the police", "Our details were passed on", "The referral went out", "It was shared"],
        ["without our consent", "before anybody spoke to us", "and kept on file", "with people we had never met"],
        [
            "and we were not told why.",
            "and nobody told us for months.",
            "and we only found out by chance.",
            "which broke our trust in the school.",
        ],
    ),
    "support": (
        ["The mentor", "The support worker", "The youth worker"],
        ["was kind but changed every month", "could not say how long it would last", "had too many people to see"],
        ["and we were not told what came next.", "so it stopped too early."],
    ),
    "complain": (
        [
            "We complained",
            "The complaint was sent in",
            "We asked for a review",
            "There was no clear place to complain",
        ],
        ["and never got a reply", "and waited for half a year", "and were passed from office to office"],
        ["as if nobody listened.", "so we gave up.", "and were ignored."],
    ),
    "": (
        ["The programme", "This strategy", "The whole approach"],
        ["looks at one community only", "is not trusted where I live", "is decided without asking us"],
        ["and that feels unfair.", "so people stay away from it.", "and figures are never published."],
    ),
}
GOOD = {
    "questioning": (
        ["The officer at school", "The police officer who came", "The officer who asked the questions"],
        ["explained everything", "waited until a parent was there", "asked the questions gently"],
        ["and we felt respected.", "and listened to us.", "so it was handled well."],
    ),
    "notice": (
        ["The teacher", "The form tutor", "A member of staff"],
        ["spoke to us first", "asked how things were at home", "was careful and fair", "took time to understand"],
        ["and it helped.", "and we felt listened to.", "which was respectful."],
    ),
    "share": (
        ["Before the form was sent", "At a meeting about the referral", "When the referral was made"],
        ["everything was explained to us", "we were asked for our consent", "we could add our own view"],
        ["and we agreed with it.", "and we felt respected."],
    ),
    "support": (
        ["The mentor", "The youth worker", "The support worker", "Our family worker", "The sports coach"],
        [
            "listened without judging",
            "helped with college and work",
            "came every week for a year",
            "was patient and respectful",
            "found a place on a course",
            "answered the phone at any hour",
        ],
        [
            "and it helped us a great deal.",
            "and we felt supported.",
            "and it felt safe.",
            "which made all the difference.",
            "and I wish it had come sooner.",
        ],
    ),
    "complain": (
        ["The complaint", "Our letter"],
        ["was answered quickly", "was taken seriously"],
        ["and the apology was sincere.", "and we felt listened to."],
    ),
    "": (
        ["Youth clubs", "Sports projects", "Film nights", "Community kitchens", "Mentoring schemes"],
        ["bring people together", "do more than any referral", "give young people somewhere to go"],
        ["so please fund more of them.", "and cost very little.", "and everybody is welcome."],
    ),
}
BAD_SHARE = {"questioning": 0.55, "notice": 0.42, "share": 0.45, "support": 0.10, "complain": 0.6, "": 0.5}
INACTION = "We asked for help twice and were ignored. Nothing was done until it was too late."
CAMPAIGN = (
    "I call on the city to publish every referral figure by borough, every year, and to let parents be present."
)
OTHER_LANGUAGES = [
    "আমি জানি না কার কাছে সাহায্য চাইব।",
    "Nie wiem, do kogo mam się zwrócić o pomoc.",
    "لا أعرف إلى من ألجأ للمساعدة.",
]
DETAILS = ["My number is 020 7946 0321 if you want to talk.", "Write to me at resident@example.org please.",
           "I live in E8 3AB near the park."]  # fmt: skip
ENDINGS = [
    "",
    "",
    " Please change this.",
    " I hope somebody reads it.",
    " This was last year.",
    " It still matters to us.",
]


CONSULTATION_COLUMNS = ["number", "step", "religion", "age_group", "experience_in_your_words", "trust"]


def _consultation(rng: np.random.Generator, people: int) -> list[list[object]]:
    replies = [_reply(rng) for _ in range(people)]
    trust = np.random.default_rng(SEED + 1)  # its own, so that the other evidence stays as it is
    return [[number, *reply, _trust_of_reply(trust, str(reply[1]))] for number, reply in enumerate(replies, 1)]


def _trust_of_reply(rng: np.random.Generator, religion: str) -> int:
    """Whoever chooses to answer is less content than whoever is drawn for the survey."""
    return 9 if rng.random() < 0.06 else _code(rng, 3.05 + TRUST_SHIFT.get(religion, 0.0) + rng.normal(0, 0.7))


def _reply(rng: np.random.Generator) -> list[object]:
    """Muslim Londoners are heard more than their share here, as people who feel strongly choose to answer."""
    shares = np.array(list(RELIGIONS.values())) * np.where(np.array(list(RELIGIONS)) == "muslim", 2.2, 1.0)
    religion = str(rng.choice(list(RELIGIONS), p=shares / shares.sum()))
    age = str(rng.choice(["a18_34", "a35_54", "a55"], p=[0.3, 0.45, 0.25]))
    kind = rng.random()
    if kind < 0.06:
        return ["", religion, age, CAMPAIGN if rng.random() < 0.7 else CAMPAIGN.replace("every year", "each year")]
    if kind < 0.10:
        return ["", religion, age, str(rng.choice(["", "n/a", "no comment", "None"]))]
    if kind < 0.12:
        return ["", religion, age, str(rng.choice(OTHER_LANGUAGES))]
    if kind < 0.15:
        return ["notice", religion, age, INACTION + str(rng.choice(ENDINGS))]
    step = str(rng.choice(list(STEP_SHARES), p=list(STEP_SHARES.values())))
    harm = BAD_SHARE[step] + (0.25 if religion == "muslim" and step == "questioning" else 0.0)
    fragments = (BAD if rng.random() < harm else GOOD)[step]
    text = " ".join(str(rng.choice(each)) for each in fragments) + str(rng.choice(ENDINGS))
    if rng.random() < 0.05:
        text += " " + str(rng.choice(DETAILS))
    return [step if rng.random() < 0.7 else "", religion, age, text]


# --- conversation, in the layout of a Polis export ----------------------------------------------------------------

STATEMENTS = [
    ("I am Muslim.", None), ("I am Christian.", None), ("I have no religion.", None),
    ("Parents should be told before a child is questioned.", (0.92, 0.95)),
    ("An adult the child trusts should always be present.", (0.90, 0.94)),
    ("Every complaint should get an answer within a month.", (0.88, 0.90)),
    ("Figures should be published by borough every year.", (0.80, 0.85)),
    ("The programme treats all communities alike.", (0.58, 0.18)),
    ("I would feel safe raising a concern with the police.", (0.66, 0.33)),
    ("Teachers should refer a pupil if they have any doubt at all.", (0.55, 0.22)),
    ("Youth projects do more good than referrals.", (0.62, 0.74)),
    ("The strategy should be stopped altogether.", (0.24, 0.55)),
    ("More should be done about hatred online.", (0.83, 0.80)),
    ("People should be able to see what is held about them.", (0.85, 0.90)),
    ("Mentors help young people more than officers do.", (0.70, 0.78)),
    ("Doing nothing also puts people at risk.", (0.74, 0.63)),
    ("spam spam spam", (0.1, 0.1)),
]  # fmt: skip
MODERATED_OUT = len(STATEMENTS) - 1


def _conversation(rng: np.random.Generator, folder: Path, people: int) -> None:
    """Each person meets the statements in a random order and leaves after a while, so most votes are missing."""
    votes, clock = [], 1_775_000_000_000
    for voter in range(people):
        group = int(rng.choice(3, p=[0.3, 0.4, 0.3]))
        seen = rng.permutation(np.arange(3, len(STATEMENTS)))[: int(rng.integers(4, 15))]
        for statement in [0, 1, 2, *seen.tolist()]:
            clock += int(rng.integers(900, 60_000))
            vote = (1 if statement == group else -1) if statement < 3 else _vote(rng, statement, muslim=group == 0)
            votes.append([clock, "", statement, voter, vote])
    comments = [
        [1_775_000_000_000 - number, "", number, people + number, 0, 0, -1 if number == MODERATED_OUT else 1, text]
        for number, (text, _shares) in enumerate(STATEMENTS)
    ]
    _write(folder / "votes.csv", ["timestamp", "datetime", "comment-id", "voter-id", "vote"], votes)
    header = ["timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees", "moderated", "comment-body"]
    _write(folder / "comments.csv", header, comments)
    _write(folder / "summary.csv", ["topic", "What should change? (synthetic)"], [["voters", people]])


def _vote(rng: np.random.Generator, statement: int, *, muslim: bool) -> int:
    shares = STATEMENTS[statement][1] or (0.5, 0.5)
    if rng.random() < 0.12:
        return 0
    return 1 if rng.random() < shares[int(muslim)] else -1


# --- projects and questions -------------------------------------------------------------------------------------

PROJECT_COLUMNS = ["project", "activity", "instrument", "design", "higher_is", "n", "mean_pre", "mean_post", "sd_pre",
                   "sd_post", "r", "n_comparison", "mean_pre_comparison", "mean_post_comparison", "sd_pre_comparison",
                   "r_comparison", "reach", "cost", "family", "sd_post_comparison"]  # fmt: skip
PROJECTS = [
    ["Bridges", "grants", "Belonging, 10 items", "comparison", "better", 96, 3.1, 3.75, 0.8, 0.8, 0.55, 88, 3.1, 3.12, 0.8, 0.6, 410, 62000, "belonging", 0.8],
    ["Open Doors", "grants", "Belonging, 10 items", "pre-post", "better", 41, 3.2, 3.5, 0.9, 0.9, 0.5, "", "", "", "", "", 300, 38000, "belonging", ""],
    ["Speak Up", "grants", "Confidence, 6 items", "retrospective", "better", 120, 2.6, 3.6, 0.7, 0.8, 0.4, "", "", "", "", "", 1500, 55000, "", ""],
    ["Night Watch", "grants", "Trust in neighbours, 4 items", "comparison", "better", 74, 3.4, 3.0, 0.7, 0.8, 0.6, 70, 3.4, 3.45, 0.7, 0.6, 260, 41000, "", 0.7],
    ["Film Club", "grants", "Satisfaction", "post only", "better", 33, "", 4.4, "", 0.5, "", "", "", "", "", "", 900, 12000, "", ""],
    ["Street League", "grants", "Belonging, 10 items", "pre-post", "better", 12, 3.0, 3.3, 0.9, 1.0, "", "", "", "", "", "", 150, 20000, "belonging", ""],
]  # fmt: skip

PARTICIPANT_COLUMNS = ["group", "table", "before", "after"]


def _open_table(rng: np.random.Generator) -> list[list[object]]:
    """A project that works: 12 tables of 12 people, half of the tables drawn by lot, the others waiting; six in a
    hundred do not come back, whatever became of them."""
    rows: list[list[object]] = []
    for table in range(1, 13):
        takes_part, mood = table % 2 == 0, rng.normal(0, 0.15)
        for _ in range(12):
            before = rng.normal(3.1 + mood, 0.8)
            after = 0.6 * (before - 3.1) + 3.15 + mood + 0.6 * takes_part + rng.normal(0, 0.6)
            lost = rng.random() < 0.06
            rows.append(["part" if takes_part else "waiting", table, f"{before:.1f}", "" if lost else f"{after:.1f}"])
    return rows


def _second_wind(rng: np.random.Generator) -> list[list[object]]:
    """A project that changes nothing and seems to: of its people, those it did not suit left before the end."""
    rows: list[list[object]] = []
    for number in range(240):
        takes_part = number % 2 == 0
        before = rng.normal(3.2, 0.8)
        change = rng.normal(0.05, 0.65)
        stays = rng.random() < (0.92 if change > 0 else 0.3) if takes_part else rng.random() < 0.92
        after = f"{before + change:.1f}" if stays else ""
        rows.append(["part" if takes_part else "neighbours", "", f"{before:.1f}", after])
    return rows


# --- published totals --------------------------------------------------------------------------------------------

OFFICIAL_COLUMNS = ["series", "period", "dimension", "category", "measure", "value", "denominator", "denominator_is",
                    "unit", "note", "break_before"]  # fmt: skip
OFFICIAL_SERIES = "Referrals, yearly totals (synthetic)"
BROKEN = ("2024/25", "records moved to a new system, and referrals from schools counted in it for the first time")
STAGES = {
    "2020/21": (610, 150, 62), "2021/22": (655, 149, 70), "2022/23": (702, 171, 81), "2023/24": (748, 160, 77),
    "2024/25": (1015, 212, 96), "2025/26": (1120, 236, 110),
}  # fmt: skip
BY_RELIGION = {
    ("2024/25", "referrals"): {"Muslim": 300, "Christian": 205, "No religion": 130, "Other or several": 40, "unknown": 340},
    ("2025/26", "referrals"): {"Muslim": 245, "Christian": 190, "No religion": 120, "Other or several": 35, "unknown": 530},
    ("2025/26", "cases"): {"Muslim": 16, "Christian": 28, "No religion": 22, "Other or several": 11, "unknown": 33},
}  # fmt: skip
"""The share recorded as Muslim falls among all referred, but nobody can know: the unknown grow. Referrals per resident
are higher for Muslim Londoners whatever the unknown are; cases of those referred could be either."""


def _official() -> list[list[object]]:
    rows: list[list[object]] = []
    for period, counts in STAGES.items():
        new = period == BROKEN[0]
        for measure, count in zip(("referrals", "panel", "cases"), counts, strict=True):
            part_of = {"panel": "referrals", "cases": "panel"}.get(measure, "")
            whole = {"panel": counts[0], "cases": counts[1]}.get(measure, "")
            rows.append([OFFICIAL_SERIES, period, "", "", measure, count, whole, part_of, "count", BROKEN[1] if new else "",
                         "yes" if new else "no"])  # fmt: skip
    for (period, measure), parts in BY_RELIGION.items():
        known = sum(count for category, count in parts.items() if category != "unknown")
        for category, count in parts.items():
            base = ["", ""] if category == "unknown" else [known, "religion known"]
            rows.append([OFFICIAL_SERIES, period, "religion", category, measure, count, *base, "count", "", "no"])
    return rows


QUESTION = """Questioning children at school (synthetic example)

MQT on 2026-02-19
Session date:\u00a0
February 19, 2026
Question By:\u00a0
An Assembly Member (synthetic)
Synthetic Group
Asked Of:\u00a0
The Mayor


How many children were questioned at school last year without a parent present, and what will your programme do to change this?


Answer for Questioning children at school (synthetic example)

Answer for Questioning children at school (synthetic example)

Answered By:\u00a0
The Mayor

The number is not captured. My programme will publish what it hears from families in each round of listening, and will propose specific changes to the steps where people say they were hurt.
"""
UNANSWERED = """Figures by borough (synthetic example)

MQT on 2026-02-19
Session date:\u00a0
February 19, 2026
Question By:\u00a0
Another Assembly Member (synthetic)
Synthetic Group
Asked Of:\u00a0
The Mayor


Will you publish referral figures by borough?


Answer for Figures by borough (synthetic example)

Answer for Figures by borough (synthetic example)

Answered By:\u00a0
The Mayor

Officers are drafting a response which will be sent shortly.
"""


if __name__ == "__main__":
    write_evidence(EVIDENCE)
    print(f"The synthetic evidence is in {EVIDENCE.relative_to(Path(__file__).parents[1])}")
