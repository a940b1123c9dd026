"""What nobody can quietly rewrite: events and evidence (`log`), the Merkle tree over them (`merkle`, `tree`), signed
checkpoints (`notes`, `keys`), the proofs of an edition (`proofs`) and their check by a stranger (`bundles`)."""

from .lines import (
    GATHERED,
    KEY,
    NO_EVENT,
    PUBLISHED,
    RECOMMENDED,
    RECORDED,
    REVIEWED,
    RULES,
    SEALED,
    SIGNED,
    Event,
    Part,
)
from .log import Ledger

__all__ = [
    "GATHERED", "KEY", "NO_EVENT", "PUBLISHED", "RECOMMENDED", "RECORDED", "REVIEWED", "RULES", "SEALED", "SIGNED",
    "Event", "Ledger", "Part",
]  # fmt: skip
