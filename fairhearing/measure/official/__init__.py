"""Published figures → funnels, shares with their unknown, series in unbroken runs, disproportions.

Everything here is worked out of what an office printed. What it withheld is never worked out by subtraction, and no
figure is set against another of which the file does not say that it may be.
"""

from __future__ import annotations

from ...stage import Context, Stage, Tables
from ...tables import from_rows
from .disproportions import disproportion_rows
from .figures import Figure, check_breaks, figure_of, grouped, in_order
from .funnels import funnel_rows
from .series import series_rows
from .shares import change_rows, share_rows

__all__ = ["STAGE"]


def _run(context: Context) -> Tables:
    figures = _figures(context)
    if figures:
        context.say(f"measure: {len(figures):,} published figures")
    check_breaks(context.programme, figures)
    shares = list(share_rows(figures))
    return {
        "funnels": from_rows("funnels", funnel_rows(figures)),
        "known_shares": from_rows("known_shares", shares),
        "share_changes": from_rows("share_changes", change_rows(context.programme, figures, shares)),
        "official_series": from_rows("official_series", series_rows(context.programme, figures)),
        "disproportions": from_rows("disproportions", disproportion_rows(context.programme, figures)),
    }


def _figures(context: Context) -> list[Figure]:
    """Of each source in the order of time; within a period as in the file, where a row may hold several figures."""
    order = "source, row, series, period, dimension NULLS FIRST, category NULLS FIRST, measure"
    found = [figure_of(row) for row in context.query(f"SELECT * FROM figures ORDER BY {order}").to_pylist()]
    places = {
        (source, period): place
        for (source,), part in grouped(found, "source").items()
        for place, period in enumerate(in_order(each.period for each in part))
    }
    return sorted(found, key=lambda each: (each.source, places[each.source, each.period]))


STAGE = Stage(
    name="official",
    reads=("figures",),
    writes=("funnels", "known_shares", "share_changes", "official_series", "disproportions"),
    run=_run,
    why="What an office counted and published, each figure with its own denominator and what nobody recorded.",
)
