"""Did it help? What was delivered, measured again against what was said before, as declared beforehand.

Only a comparison declared to follow a recommendation or commitment answers for it. Where none was declared nothing is
looked for afterwards: somebody who looks for what moved after a change will find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["helped_rows"]

Row = Mapping[str, Any]

_DONE = ("partly", "delivered")
_UNDECLARED = "no comparison was declared beforehand, so nobody can tell whether it helped"
_SAYS = {
    "moved as expected": "what was expected to move after it did, which does not say why",
    "moved the other way": "what was expected to move after it moved the other way",
    "no change that matters": "what was expected to move after it did not move by as much as matters",
    "cannot tell": "the rounds cannot tell whether anything moved",
}


def helped_rows(register: Iterable[Row], comparisons: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """A row for everything partly or wholly delivered, as verified or else as claimed, and each comparison declared
    to follow it. register: rows of `commitments` · comparisons: rows of `comparisons`."""
    for entry in register:
        delivery = entry["verified"] or entry["claimed"]
        if delivery not in _DONE:
            continue
        known = {"commitment": entry["commitment"], "delivery": delivery, "verified": bool(entry["verified"])}
        declared = [each for each in comparisons if each["follows"] == entry["commitment"]]
        if not declared:
            yield known | {"says": _UNDECLARED, "method": "nothing was compared", "cannot_tell": _UNDECLARED}
        for each in declared:
            yield known | _compared(each)


def _compared(row: Row) -> dict[str, Any]:
    late = "" if row["declared_before"] else "; it is not shown that the comparison was declared beforehand"
    says = _SAYS.get(row["found"], f"it {row['found']}; nothing was expected of it")
    names = ("comparison", "n_from", "n", "estimate_from", "estimate", "change", "low", "high", "found", "method")
    return {name: row[name] for name in names} | {"says": says + late, "cannot_tell": row["cannot_tell"]}
