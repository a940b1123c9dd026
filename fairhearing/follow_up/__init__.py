"""What was asked and answered, what was promised or recommended, what is claimed, and what somebody else verified."""

from __future__ import annotations

from .._wording import due_state
from .parts import NON_ANSWERS, VERDICTS, non_answers, parts_of, pointed
from .promises import KINDS, LEAST, found_in
from .register import DELIVERY, RESPONSES, STAGE, Register, check_decision, named_now, register

__all__ = [
    "DELIVERY", "KINDS", "LEAST", "NON_ANSWERS", "RESPONSES", "STAGE", "VERDICTS", "Register", "check_decision",
    "due_state",
    "found_in", "named_now", "non_answers", "parts_of", "pointed", "register",
]  # fmt: skip
