"""Distributions, from `scipy.special`: the same functions that `scipy.stats` calls, without the second it takes to
import. `quantile`: the value with probability p below it; `above`, `below`: the probability on that side."""

from __future__ import annotations

from scipy import special

__all__ = [
    "beta_quantile", "chi2_above", "chi2_quantile", "f_above", "f_quantile", "normal_above", "normal_below",
    "normal_quantile", "t_above", "t_quantile",
]  # fmt: skip


def normal_below(z: float) -> float:
    return float(special.ndtr(z))


def normal_above(z: float) -> float:
    return float(special.ndtr(-z))


def normal_quantile(p: float) -> float:
    return float(special.ndtri(p))


def t_above(t: float, df: float) -> float:
    return float(special.stdtr(df, -t))


def t_quantile(p: float, df: float) -> float:
    return float(special.stdtrit(df, p))


def chi2_above(x: float, df: float) -> float:
    return float(special.chdtrc(df, x))


def chi2_quantile(p: float, df: float) -> float:
    return float(2 * special.gammaincinv(df / 2, p))


def f_above(x: float, df: float, within: float) -> float:
    return float(special.fdtrc(df, within, x))


def f_quantile(p: float, df: float, within: float) -> float:
    return float(special.fdtri(df, within, p))


def beta_quantile(p: float, a: float, b: float) -> float:
    return float(special.betaincinv(a, b, p))
