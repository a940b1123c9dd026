"""Finding what was gathered by its words: a ranked full-text index that can always be made again."""

from __future__ import annotations

from .index import KINDS, Document, Hit, Index
from .words import Term, folded, matches, parse, snippet

__all__ = ["KINDS", "Document", "Hit", "Index", "Term", "folded", "matches", "parse", "snippet"]
