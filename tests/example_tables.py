"""The tables of one plausible, synthetic run, made without the stages: every section of the report has something to
show, and something it cannot. Figures are worked out from a few declared truths, so that they agree with each other.
"""

# ruff: noqa: E501 (a row reads best on few lines)

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairhearing.programme import Programme, read_programme
from fairhearing.publish import Facts, RulesChange, SourceFacts
from fairhearing.tables import TABLES, empty, from_rows, run_tables

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "prevent-london"

Rows = list[dict[str, Any]]

N = {
    "religion": {"none": 388, "christian": 611, "muslim": 192, "hindu": 74, "jewish": 22, "sikh": 6, "other": 31},
    "age": {"a18_34": 402, "a35_54": 561, "a55": 434},
}
ASKED = 1397
TRUST = {"none": 0.66, "christian": 0.70, "muslim": 0.47, "hindu": 0.69, "jewish": 0.63, "sikh": 0.5, "other": 0.58}
TRUST_AGE = {"a18_34": 0.58, "a35_54": 0.66, "a55": 0.67}
POPULATION = {"religion": 7_000_000, "age": 7_000_000}
RAKED = "raked to religion and age; linearised, calibration taken into account"


def programme() -> Programme:
    """The bundled example's programme: synthetic, and labelled so."""
    return read_programme(EXAMPLE)


def facts(**changes: Any) -> Facts:
    """What a run would say of itself."""
    given: dict[str, Any] = {
        "run": "2026-07-01-a1b2c3",
        "manifest_hash": "9f2c" * 16,
        "ledger_head": "51d0" * 16,
        "generated_on": date(2026, 7, 2),
        "sources": (
            SourceFacts(
                "consultation", "0ab1" * 16, 702, {"used": 668, "set aside": 4, "duplicate": 30, "refused": 0},
                ("12 telephone numbers and e-mail addresses were redacted.",),
            ),
            SourceFacts("survey", "77ee" * 16, 2800, {"used": 2788, "set aside": 12}, ()),
        ),
        "rules_history": (RulesChange(date(2026, 1, 5), "12ef" * 16, "as first fixed"),),
        "versions": {"fairhearing": "0.1.0", "numpy": "2.0"},
        "settings": {"seed": "20190225"},
    }  # fmt: skip
    return Facts(**given | changes)


def tables() -> dict[str, pa.Table]:
    """Every table of a run, by name; those not filled here are empty, as a stage leaves them."""
    made: dict[str, Rows] = {
        "fates": list(_fates()),
        "readings": list(_readings()),
        "weighting": _weighting(),
        "coverage": _coverage(),
        "estimates": [*_estimates(), *_alienation(), *_consulted()],
        "scales": _scales(),
        "invariance": _invariance(),
        "unheard": _unheard(),
        "gaps": _gaps(),
        "changes": _changes(),
        "effects": _effects(),
        "funnels": _funnels(),
        "known_shares": _known_shares(),
        "share_changes": _share_changes(),
        "official_series": _official_series(),
        "disproportions": _disproportions(),
        "statements": _statements(),
        "statement_shares": _statement_shares(),
        "themes": _themes(),
        "prevalence": _prevalence(),
        "agreed_themes": _agreed_themes(),
        "coder_agreement": _coder_agreement(),
        "prevalence_corrected": _corrected(),
        "quotes": _quotes(),
        "journeys": _journeys(),
        "findings": _findings(),
        "verdicts": _verdicts(),
        "recommendations": _recommendations(),
        "commitments": _commitments(),
        "record": _record(),
    }
    names = [table.name for table in run_tables()]
    return {name: from_rows(name, made[name]) if name in made else empty(name) for name in names if name in TABLES}


def _interval(share: float, n: float) -> tuple[float, float]:
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    return max(share - half, 0.0), min(share + half, 1.0)


def _fates() -> Iterator[dict[str, Any]]:
    for row in range(1, 703):
        fate, reason = "used", None
        if row % 180 == 0:
            fate, reason = "set aside", "the row has fewer columns than the header"
        elif row % 23 == 0:
            fate, reason = "duplicate", "same person and same text as an earlier row"
        yield {"source": "consultation", "row": row, "fate": fate, "reason": reason}


def _readings() -> Iterator[dict[str, Any]]:
    for row in range(1, 669):
        reading = ("themed", "themed", "themed", "other", "uninformative", "duplicate")[row % 6]
        reason = {"themed": None, "duplicate": "nearly the same text as consultation:7"}.get(
            reading, "no phrase of a theme"
        )
        yield {
            "source": "consultation",
            "response": f"consultation:{row}",
            "reading": reading,
            "reason": reason,
            "copies": 1,
        }


def _weighting() -> Rows:
    base = {"source": "survey", "n": ASKED, "n_effective": 981.0, "design_effect": ASKED / 981.0, "iterations": 9}
    return [
        base | {"round": round, "margins": ["religion", "age"], "collapsed": ["sikh + other"], "trimmed": 14, "method": RAKED}
        for round in ("spring-2025", "spring-2026")
    ] + [
        {
            "source": "consultation", "round": "spring-2026", "n": 668, "n_effective": 668.0, "design_effect": 1.0,
            "margins": [], "collapsed": [], "trimmed": 0, "iterations": 0, "method": "not weighted: people chose to answer",
        }
    ]  # fmt: skip


def _coverage() -> Rows:
    rows: Rows = []
    declared = {each.id: each for each in programme().characteristics}
    heard = {"survey": 1.0, "consultation": 0.45}
    for source, part in heard.items():
        for characteristic, counts in N.items():
            total = sum(counts.values())
            for category in declared[characteristic].categories:
                n = counts.get(category.id, 73)
                if source == "consultation" and category.id == "hindu":
                    n = 26
                share = (category.people or 0) / POPULATION[characteristic]
                less = n / total < 0.9 * share
                rows.append(
                    {
                        "source": source,
                        "round": "spring-2026",
                        "characteristic": characteristic,
                        "community": category.id,
                        "population": category.people,
                        "population_share": share,
                        "heard": round(n * part),
                        "heard_share": n / total,
                        "weighted_share": share,
                        "not_heard_because": "fewer answered than their share of the population" if less else None,
                    }
                )
    return rows


def _estimates() -> Rows:
    rows: Rows = []
    for round, shift in (("spring-2025", -0.045), ("spring-2026", 0.0)):
        cell = {"source": "survey", "round": round, "measure": "trust_police", "method": RAKED}
        rows.append(cell | _estimate(0.63 + shift, ASKED, 38))
        for characteristic, truth in (("religion", TRUST), ("age", TRUST_AGE)):
            for community, share in truth.items():
                n = N[characteristic][community]
                named = {"characteristic": characteristic, "community": community}
                rows.append(cell | named | _estimate(share + shift, n, n // 40))
    return rows


def _estimate(share: float, n: int, missing: int) -> dict[str, Any]:
    low, high = _interval(share, 0.7 * n)
    asked = n + missing
    return {
        "n": n, "n_effective": 0.7 * n, "favourable": round(share * n), "estimate": share, "se": (high - share) / 1.96,
        "low": low, "high": high, "missing": missing, "bound_low": share * n / asked,
        "bound_high": (share * n + missing) / asked,
    }  # fmt: skip


def _gaps() -> Rows:
    rows: Rows = []
    for characteristic, truth in (("religion", TRUST), ("age", TRUST_AGE)):
        for community, share in truth.items():
            n, total = N[characteristic][community], sum(N[characteristic].values())
            rest = sum(truth[id] * N[characteristic][id] for id in truth if id != community) / (total - n)
            se = math.sqrt(share * (1 - share) / (0.7 * n) + rest * (1 - rest) / (0.7 * (total - n)))
            low, high = share - rest - 1.96 * se, share - rest + 1.96 * se
            rows.append(
                {
                    "source": "survey",
                    "round": "spring-2026",
                    "measure": "trust_police",
                    "characteristic": characteristic,
                    "community": community,
                    "n": n,
                    "n_rest": total - n,
                    "estimate": share,
                    "rest": rest,
                    "rest_low": rest - 0.03,
                    "rest_high": rest + 0.03,
                    "gap": share - rest,
                    "se": se,
                    "low": low,
                    "high": high,
                    "p_adjusted": 0.001 if high < 0 else 0.4,
                    "probability": 0.99 if high < -0.05 else 0.5,
                    "verdict": _gap_verdict(low, high),
                    "method": RAKED,
                }
            )
    return rows


_SCALE = {"source": "survey", "round": "spring-2026", "measure": "alienation"}


def _alienation() -> Rows:
    """Of three questions, for everyone."""
    row = {"n": 1380, "n_effective": 960.0, "estimate": 2.6, "se": 0.03, "low": 2.54, "high": 2.66, "missing": 17}
    return [_SCALE | row | {"bound_low": 2.58, "bound_high": 2.63, "method": RAKED}]


def _scales() -> Rows:
    row = {
        "n": 1220, "left_out": 177, "items": 3, "alpha": 0.74, "alpha_low": 0.71, "alpha_high": 0.77, "omega": 0.75,
        "omega_low": 0.72, "omega_high": 0.78, "weakest": "alien_speak", "weakest_rest": 0.52, "alpha_without": 0.7,
        "against": [], "says": "of the differences between people's scores, 74% is what all 3 questions have in common",
        "method": "weighted alpha and omega",
    }  # fmt: skip
    return [_SCALE | row]


def _invariance() -> Rows:
    """Three communities are many enough; of the others it cannot be told."""
    rows: Rows = []
    for community, n in N["religion"].items():
        verdict = "comparable" if n > 150 else "cannot tell"
        cell = {"characteristic": "religion", "community": community, "n": n, "n_rest": 1300 - n, "verdict": verdict}
        told = {"says": "no sign", "method": "one factor", "cannot_tell": None if n > 150 else "too few people"}
        rows += [_SCALE | cell | told | {"level": level} for level in ("metric", "scalar")]
    return rows


_CONSULTED = {"source": "consultation", "round": "spring-2026", "measure": "trust_police"}
_HEARD = {
    None: (642, 0.31),
    "none": (150, 0.36),
    "christian": (252, 0.39),
    "muslim": (178, 0.11),
    "hindu": (62, 0.33),
}


def _consulted() -> Rows:
    """People who chose to answer the same question."""
    return [
        _CONSULTED | {
            "characteristic": None if community is None else "religion", "community": community, "n": n,
            "n_effective": 0.8 * n, "favourable": round(n * share), "estimate": share, "missing": 0,
            "method": "people chose to answer, so no margin of error",
        }
        for community, (n, share) in _HEARD.items()
    ]  # fmt: skip


def _unheard() -> Rows:
    return [
        _CONSULTED | {
            "characteristic": None if community is None else "religion", "community": community, "n": n,
            "population": None, "heard_share": None, "estimate": share, "differ_by": 0.1, "if_lower": share - 0.1,
            "if_higher": share + 0.1, "bound_low": 0.0, "bound_high": 1.0, "conclusion": "a minority",
            "tips_at": 0.5 - share, "says": f"{100 * share:.0f}% of those heard", "method": "assumes that nothing else differs",
        }
        for community, (n, share) in _HEARD.items()
    ]  # fmt: skip


def _changes() -> Rows:
    """Everyone and each community 4.5 points up, known to ±5.2 points for everyone."""
    now = {_cell(row): row for row in _estimates() if row["round"] == "spring-2026"}
    rows: Rows = []
    for row in _estimates():
        if row["round"] == "spring-2025":
            later = now[_cell(row)]
            change, se = later["estimate"] - row["estimate"], math.hypot(row["se"], later["se"])
            rows.append(
                {
                    "source": "survey", "measure": "trust_police", "round_from": "spring-2025", "round_to": "spring-2026",
                    "characteristic": row.get("characteristic"), "community": row.get("community"), "n_from": row["n"],
                    "n": later["n"], "estimate_from": row["estimate"], "estimate": later["estimate"], "change": change,
                    "se": se, "low": change - 1.96 * se, "high": change + 1.96 * se, "p_adjusted": 0.4, "probability": 0.4,
                    "verdict": "cannot tell", "method": "two separate samples",
                }
            )  # fmt: skip
    return rows


def _cell(row: dict[str, Any]) -> tuple[Any, ...]:
    return row.get("characteristic"), row.get("community")


def _gap_verdict(low: float, high: float) -> str:
    if high < 0:
        return "lower"
    if low > 0:
        return "higher"
    return "no difference that matters" if low > -0.06 and high < 0.06 else "cannot tell"


def _effects() -> Rows:
    def project(
        name: str, design: str, level: int, n: int | None, effect: float | None, verdict: str, **more: Any
    ) -> dict[str, Any]:
        se = None if effect is None or not n else 1.1 / math.sqrt(n)
        return {
            "source": "projects", "project": name, "activity": "grants", "instrument": "Sense of belonging scale",
            "design": design, "level": level, "n": n, "effect": effect, "se": se,
            "low": None if se is None or effect is None else effect - 1.96 * se,
            "high": None if se is None or effect is None else effect + 1.96 * se,
            "reach": 900, "answered": None if not n else n / 900, "cost_per_person": 31.5, "verdict": verdict,
            "method": "standardised mean change, small-sample corrected", **more,
        }  # fmt: skip

    return [
        project("Youth forum", "comparison", 3, 120, 0.46, "works"),
        project("Football together", "pre-post", 1, 64, 0.31, "promising change"),
        project("Debating club", "pre-post", 1, 210, 0.02, "negligible"),
        project("School assembly talks", "pre-post", 1, 95, -0.41, "harm signal"),
        project(
            "Parents' evenings", "post only", 0, 48, None, "not known", cannot_tell="no baseline, no effect claimed"
        ),
    ]


STATEMENTS = (
    ("Young people should be told why they are being questioned.", 241, 14, 9, "common ground"),
    ("Parents should hear from the school first, not from the police.", 219, 31, 18, "common ground"),
    ("Officers who work in schools should be known to the pupils.", 196, 44, 27, "common ground"),
    ("The programme keeps my neighbourhood safer.", 118, 41, 109, "divisive"),
    ("I would report a worry about a friend.", 129, 36, 98, "divisive"),
    ("Teachers have enough training for this.", 88, 96, 71, "mixed"),
)


def _statements() -> Rows:
    rows: Rows = []
    for number, (text, agree, passed, disagree, kind) in enumerate(STATEMENTS, 10):
        n = agree + passed + disagree
        rows.append(
            {
                "source": "conversation",
                "statement": str(number),
                "text": text,
                "n": n,
                "agree": agree,
                "disagree": disagree,
                "passed": passed,
                "estimate": agree / n,
                "kind": kind,
                "because": "at least 70% agree in every community of publishable size"
                if kind == "common ground"
                else "agreement differs between communities by more than 25 points",
                "method": "share of those who voted, not weighted; people chose to answer, so no interval",
            }
        )
    return rows


def _statement_shares() -> Rows:
    shares = {"13": {"none": (80, 0.50), "christian": (92, 0.55), "muslim": (61, 0.20)}, "14": {"muslim": (60, 0.31)}}
    return [
        {
            "source": "conversation", "statement": statement, "characteristic": "religion", "community": community,
            "n": n, "agree": round(n * share), "disagree": n - round(n * share), "estimate": share, "method": "not weighted",
        }
        for statement, part in shares.items()
        for community, (n, share) in part.items()
    ]  # fmt: skip


THEMES = (
    ("t1", "taken out of class", 148, 131, 139),
    ("t2", "nobody told us", 97, 88, 95),
    ("t3", "the mentor listened", 61, 60, 60),
    ("t4", "stop this programme now", 52, 13, 52),
    ("t5", "posters in Bengali", 12, 12, 12),
)
WROTE = 641


def _themes() -> Rows:
    return [
        {
            "source": "consultation", "theme": id, "label": label, "words": label.split(), "responses": responses,
            "distinct": distinct, "n": n, "proposed_by": "phrases that stand out, near-identical texts counted once",
        }
        for id, label, responses, distinct, n in THEMES
    ]  # fmt: skip


def _prevalence() -> Rows:
    method = "share of people who wrote, not weighted; people chose to answer, so no interval"
    cell = {"source": "consultation", "round": "spring-2026", "method": method}
    return [
        cell | {"theme": id, "n": WROTE, "mentions": n, "distinct": distinct, "estimate": n / WROTE}
        for id, _label, _responses, distinct, n in THEMES
    ]


AGREED = (
    ("Ta1", "Questioned at school", 0.29, 0.27, 0.81),
    ("Ta2", "Not told", 0.17, 0.21, 0.58),
    ("Ta3", "Support that helped", 0.14, 0.11, None),
)
"""id, name, corrected share, machine's share, alpha."""


def _agreed_themes() -> Rows:
    return [
        {
            "theme": id, "name": name, "state": "in use", "proposed": [], "made_from": [], "became": [], "coded": 180,
            "changed_by": "policy lead", "changed_at": "2026-06-01T09:00:00+00:00", "why": "Read with two coders",
        }
        for id, name, *_rest in AGREED
    ]  # fmt: skip


def _coder_agreement() -> Rows:
    return [
        {
            "theme": id, "name": name, "n": 60 if alpha else 4, "alpha": alpha, "required": 0.67, "percent": 0.9,
            "low": alpha and alpha - 0.14, "high": alpha and alpha + 0.1, "method": "Krippendorff's alpha, nominal",
            "verdict": "cannot tell" if alpha is None else "agreed enough" if alpha >= 0.67 else "not yet",
        }
        for id, name, _share, _machine, alpha in AGREED
    ]  # fmt: skip


def _corrected() -> Rows:
    cell = {"source": "consultation", "round": "spring-2026", "n": WROTE, "n_human": 180}
    return [
        cell | {
            "theme": id, "name": name, "seen": round(180 * share), "machine_share": machine, "human_share": share,
            "human_low": share - 0.07, "human_high": share + 0.07, "estimate": share, "low": share - 0.05,
            "high": share + 0.05, "narrower_by": 0.28, "method": "machine count corrected by the blind random sample",
        }
        for id, name, share, machine, _alpha in AGREED
    ]  # fmt: skip


QUOTES = {
    ("theme", "t1"): (
        "They were taken out of class and everybody watched.",
        "Taken out of class in front of friends.",
    ),
    ("theme", "t2"): ("Nobody told us until it was over.",),
    ("theme", "t3"): ("The mentor listened and never judged.",),
    ("theme", "t5"): ("স্কুলে বাংলায় পোস্টার থাকলে আমরা জানতাম।", "لو كانت هناك ملصقات بلغتنا لعرفنا"),
    ("step", "questioning"): ("Two officers asked questions and no adult from home was there.",),
    ("step", "support"): ("The mentor listened and it helped.",),
}


def _quotes() -> Rows:
    return [
        {
            "source": "consultation", "about": about, "key": key, "experience": "frightened" if about == "step" else None,
            "response": f"consultation:{40 + place}", "start": 12, "end": 12 + len(words), "exact": words,
        }
        for (about, key), told in QUOTES.items()
        for place, words in enumerate(told)
    ]  # fmt: skip


JOURNEYS: dict[str, tuple[int, dict[str, tuple[str, int]]]] = {
    "notice": (88, {"any bad": ("bad", 19), "singled-out": ("bad", 17), "any good": ("good", 20)}),
    "questioning": (
        156,
        {
            "any bad": ("bad", 118), "any good": ("good", 14), "humiliated": ("bad", 74), "frightened": ("bad", 66),
            "not-told-why": ("bad", 52), "listened-to": ("good", 13),
        },
    ),
    "share": (41, {"any bad": ("bad", 14), "not-told-why": ("bad", 13), "any good": ("good", 10)}),
    "support": (73, {"any bad": ("bad", 11), "any good": ("good", 52), "listened-to": ("good", 47)}),
}  # fmt: skip


def _journeys() -> Rows:
    return [
        {
            "source": "consultation", "round": "spring-2026", "activity": "referral", "step": step, "experience": id,
            "valence": valence, "n": n, "reports": reports, "estimate": reports / n,
            "method": "share of people who described the step; people chose to answer, so no interval",
        }
        for step, (n, told) in JOURNEYS.items()
        for id, (valence, reports) in told.items()
    ]  # fmt: skip


def _findings() -> Rows:
    gap = "gaps:source=survey;round=spring-2026;measure=trust_police;characteristic=religion;community="
    return [
        {
            "finding": "harm.questioning", "kind": "harm", "direction": "adverse", "activity": "referral",
            "step": "questioning", "n": 156, "estimate": 118 / 156, "rests_on": ["journeys:source=consultation;round=spring-2026;step=questioning;experience=any bad"],
            "sentence": "At “Questioning at school”, 76% of about 155 people who described it report a bad experience; "
            "they chose to answer, so there is no margin of error.",
        },
        {
            "finding": "gap.muslim", "kind": "gap", "direction": "adverse", "activity": "referral",
            "characteristic": "religion", "community": "muslim", "n": 192, "estimate": -0.20, "low": -0.29, "high": -0.11,
            "probability": 0.99, "rests_on": [f"{gap}muslim"],
            "sentence": "The programme is trusted less by Muslim Londoners: 47% (39 to 55) against 67% (64 to 70) of everyone else, "
            "a difference of 20 points (11 to 29) in the share who “say the police are an organisation they can trust”.",
        },
        {
            "finding": "safeguard.recorded", "kind": "safeguard", "direction": "adverse", "activity": "referral",
            "step": "questioning", "rests_on": ["programme:step=questioning;safeguard=recorded"],
            "sentence": "At “Questioning at school” the safeguard “The interview is recorded” is absent.",
        },
        {
            "finding": "strength.support", "kind": "strength", "direction": "favourable", "activity": "referral",
            "step": "support", "n": 73, "estimate": 52 / 73, "rests_on": ["journeys:source=consultation;round=spring-2026;step=support;experience=any good"],
            "sentence": "At “Support”, 71% of about 75 people who described it report a good experience.",
        },
        {
            "finding": "effect.youth-forum", "kind": "effect", "direction": "favourable", "activity": "grants", "n": 120,
            "estimate": 0.46, "low": 0.26, "high": 0.66, "probability": 0.98,
            "rests_on": ["effects:source=projects;project=Youth forum"],
            "sentence": "“Youth forum” improved a sense of belonging by 0.46 standard deviations (0.26 to 0.66).",
        },
        {
            "finding": "gap.hindu", "kind": "gap", "direction": "neither", "activity": "referral", "characteristic": "religion",
            "community": "hindu", "n": 74, "estimate": 0.04, "low": -0.09, "high": 0.17, "rests_on": [f"{gap}hindu"],
            "sentence": "The survey cannot tell whether the programme is trusted less or more by Hindu Londoners: too few "
            "were heard.",
        },
    ]  # fmt: skip


def _verdicts() -> Rows:
    def verdict(
        activity: str, step: str | None, word: str, strengths: str, harms: str, undecided: str = ""
    ) -> dict[str, Any]:
        return {
            "activity": activity, "step": step, "verdict": word,
            "rule": "a bad experience in more than 20% of accounts, or a safeguard absent, with probability 0.90",
            "strengths": strengths.split(), "harms": harms.split(), "undecided": undecided.split(),
            "would_change": "a round with at least 30 accounts of this step",
        }  # fmt: skip

    return [
        verdict(
            "referral",
            None,
            "revise",
            "strength.support",
            "harm.questioning gap.muslim safeguard.recorded",
            "gap.hindu",
        ),
        verdict("referral", "notice", "improve", "", ""),
        verdict("referral", "check", "cannot tell", "", ""),
        verdict("referral", "questioning", "revise", "", "harm.questioning safeguard.recorded"),
        verdict("referral", "share", "cannot tell", "", ""),
        verdict("referral", "support", "build upon", "strength.support", ""),
        verdict("referral", "review", "cannot tell", "", ""),
        verdict("grants", None, "build upon", "effect.youth-forum", ""),
        verdict("complaints", None, "cannot tell", "", ""),
        verdict("complaints", "complain", "cannot tell", "", ""),
    ]


def _recommendations() -> Rows:
    base = {"activity": "referral", "step": "questioning", "kind": "good practice", "checked": False}
    return [
        base | {
            "recommendation": "r1", "rank": 1, "safeguard": "parents-told-first", "state": "absent",
            "change": "Tell parents before a child is questioned at school.", "owner": "Police lead for schools (example)",
            "by_when": "31 December 2026", "measured_how": "share of accounts of this step that report being frightened",
            "baseline": "42% of about 155 people", "source": "", "findings": ["harm.questioning"],
        },
        base | {
            "recommendation": "r2", "rank": 2, "safeguard": "appropriate-adult", "state": "not legally covered", "kind": "law",
            "change": "Have an appropriate adult present whenever a child is questioned at school.", "owner": None,
            "by_when": None, "measured_how": None, "baseline": None, "source": "PACE Code C, 11.15 to 11.17A",
            "findings": ["harm.questioning", "safeguard.recorded"],
        },
    ]  # fmt: skip


def _commitments() -> Rows:
    return [
        {
            "commitment": "publish-findings", "kind": "commitment", "text": "Publish the findings of each round of listening.",
            "made_by": "City programme team (example)", "made_on": date(2025, 6, 30), "source": "Synthetic 2025/0007",
            "owner": "City programme team (example)", "due_as_said": "within three months", "due": date(2026, 8, 31),
            "response": "accepted", "claimed": "delivered", "claimed_by": "programme office, 1 June 2026",
        },
        {
            "commitment": "school-protocol", "kind": "commitment", "text": "Agree a protocol for questioning at school.",
            "activity": "referral", "step": "questioning", "response": "in principle", "claimed": "in progress",
            "claimed_by": "police office, 1 June 2026", "verified": "not started", "verified_by": "assessor, 20 June 2026",
        },
    ]  # fmt: skip


def _record() -> Rows:
    asked = {
        "source": "questions", "question": "2025/0007", "title": "Questioning children at school",
        "session_date": date(2025, 6, 30), "asked_by": "Assembly Member (example)", "group": "Group (example)",
        "asked_of": "The Mayor", "text": "Will the programme agree a protocol for questioning children at school?",
    }  # fmt: skip
    return [
        asked | {"position": 1, "answered_by": "The Mayor", "answered_on": date(2025, 6, 30), "state": "holding",
                 "answer": "Officers are drafting a response which will be sent shortly."},
        asked | {"position": 2, "answered_by": "The Mayor", "answered_on": date(2025, 7, 14), "state": "final",
                 "answer": "Yes. My team will agree a protocol with schools and the police by the spring."},
        {"source": "questions", "question": "2026/0031", "text": "How many complaints were upheld?", "state": "no answer on the page"},
    ]  # fmt: skip


# --- published totals -----------------------------------------------------------------------------------------------

_TOTALS = {"source": "referrals", "series": "Referrals, yearly totals (synthetic)"}
_YEARS = {"2023/24": (748, 160, 77), "2024/25": (1015, 212, 96), "2025/26": (1120, 236, 110)}
_RELIGION = {
    "2024/25": ({"Muslim": 300, "Christian": 205, "No religion": 130}, 340),
    "2025/26": ({"Muslim": 245, "Christian": 190, "No religion": 120}, 530),
}
_BROKEN = "records moved to a new system"


def _funnels() -> Rows:
    rows: Rows = []
    for period, counts in _YEARS.items():
        for place, (stage, count) in enumerate(zip(("referrals", "panel", "cases"), counts, strict=True)):
            row = _TOTALS | {"period": period, "stage": stage, "place": place + 1, "count": count, "method": "counts"}
            if place:
                first, before = count / counts[0], count / counts[place - 1]
                row |= {"previous": ("referrals", "panel")[place - 1], "previous_count": counts[place - 1], "of_first": first,
                        "of_first_low": first - 0.02, "of_first_high": first + 0.02, "of_previous": before,
                        "low": before - 0.03, "high": before + 0.03}  # fmt: skip
            rows.append(row)
    return rows


def _known_shares() -> Rows:
    rows: Rows = []
    for period, (parts, unknown) in _RELIGION.items():
        n = sum(parts.values()) + unknown
        for category, count in parts.items():
            rows.append(
                _TOTALS | {
                    "period": period, "measure": "referrals", "dimension": "religion", "category": category, "n": n,
                    "unknown": unknown, "unknown_share": unknown / n, "count": count, "of_known": count / (n - unknown),
                    "bound_low": count / n, "bound_high": (count + unknown) / n, "method": "bounds",
                }
            )  # fmt: skip
    return rows


def _share_changes() -> Rows:
    rows: Rows = []
    was, now = ({row["category"]: row for row in _known_shares() if row["period"] == period} for period in _RELIGION)
    for category, later in now.items():
        earlier = was[category]
        rows.append(
            _TOTALS | {
                "measure": "referrals", "dimension": "religion", "category": category, "period_from": "2024/25",
                "period_to": "2025/26", "count_from": earlier["count"], "count": later["count"],
                "known_change": later["of_known"] - earlier["of_known"], "bound_low": later["bound_low"] - earlier["bound_high"],
                "bound_high": later["bound_high"] - earlier["bound_low"], "verdict": "cannot be established", "flips_at": 0.48,
                "method": "bounds",
            }
        )  # fmt: skip
    return rows


def _official_series() -> Rows:
    return [
        _TOTALS | {
            "measure": measure, "period": period, "run": 1 if place == 0 else 2, "count": _YEARS[period][column],
            "broken_because": _BROKEN if place == 1 else None, "method": "least squares",
            "cannot_tell": "2 figures between breaks; a trend needs 3",
        }
        for column, measure in enumerate(("referrals", "panel", "cases"))
        for place, period in enumerate(_YEARS)
    ]  # fmt: skip


def _disproportions() -> Rows:
    shared = {"source": "referrals", "series": _TOTALS["series"], "period": "2025/26", "dimension": "religion",
              "category": "Muslim", "unrecorded": 0, "method": "ratio"}  # fmt: skip
    return [
        shared | {
            "disproportion": "referrals-per-resident", "measure": "referrals", "against": "residents by religion",
            "counted": 245, "denominator": 1_000_000, "counted_other": 310, "denominator_other": 4_700_000, "unknown_counted": 530,
            "rate": 0.000245, "rate_other": 0.000066, "ratio": 3.71, "low": 3.13, "high": 4.41, "lowest": 1.37, "highest": 11.75,
            "verdict": "above 1",
        },
        shared | {
            "disproportion": "cases-of-referred", "measure": "cases", "against": "referrals", "counted": 16, "denominator": 245,
            "counted_other": 61, "denominator_other": 345, "unknown_counted": 33, "unknown": 530, "rate": 0.065,
            "rate_other": 0.177, "ratio": 0.37, "low": 0.22, "high": 0.62, "lowest": 0.09, "highest": 2.43,
            "verdict": "cannot be established", "flips_at": None,
        },
    ]  # fmt: skip
