"""What was asked and answered, what was promised or recommended, what is claimed, and what somebody else verified."""

from __future__ import annotations

from .parts import NON_ANSWERS, VERDICTS, non_answers, parts_of, pointed
from .promises import KINDS, LEAST, found_in
from .register import DELIVERY, RESPONSES, STAGE, check_decision

__all__ = [
    "DELIVERY", "KINDS", "LEAST", "NON_ANSWERS", "RESPONSES", "STAGE", "VERDICTS", "check_decision", "found_in",
    "non_answers", "parts_of", "pointed",
]  # fmt: skip
