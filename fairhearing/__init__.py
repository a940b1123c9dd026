"""Fair Hearing: a full and frank assessment of a programme and its steps, never of people."""

__version__ = "0.1.0"
