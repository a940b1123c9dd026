"""In which language a text is written. "unknown" is an answer: short texts, and languages of South Asia in Latin
letters, for which no dictionary was found."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module, resources
from typing import Any

from .. import library
from .words import blanked

__all__ = ["UNKNOWN", "language", "unread_because"]

UNKNOWN = "unknown"
ENOUGH_WORDS = 5
SURE = 0.9
SAMPLE = 2000
"""Characters looked at."""
_NAMES = {
    "am": "Amharic", "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French", "gu": "Gujarati",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "ml": "Malayalam", "mr": "Marathi", "ne": "Nepali", "nl": "Dutch",
    "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "si": "Sinhala", "sk": "Slovak", "so": "Somali", "sq": "Albanian", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip


def language(text: str) -> str:
    """Name of the language in English, or `UNKNOWN`. Fewer than five words in Latin letters are not guessed at."""
    plain = " ".join(blanked(text[:SAMPLE]).split())
    letters = [character for character in plain if character.isalpha()]
    if not letters:
        return UNKNOWN
    latin = 2 * sum(character < "\u0250" for character in letters) > len(letters)
    if latin and plain.count(" ") + 1 < ENOUGH_WORDS:
        return UNKNOWN
    code, sure = _identifier().classify(plain)
    if latin and not _english_enough(plain) and (code == "en" or sure < SURE):
        return UNKNOWN
    if latin and _english_enough(plain) and sure < SURE:
        return "English"
    return _NAMES.get(code, UNKNOWN)


@lru_cache(maxsize=1 << 16)
def unread_because(text: str) -> str | None:
    """Why a reader of English cannot read this; None where it can, or where the text is too short to tell."""
    plain = " ".join(blanked(text[:SAMPLE]).split())
    found = language(text)
    if found == "English":
        return None
    if found != UNKNOWN:
        return f"language: {found}"
    short = plain.count(" ") + 1 < ENOUGH_WORDS
    return None if short or _english_enough(plain) else f"language: {UNKNOWN}"


def _english_enough(plain: str) -> bool:
    """At least one word in eight is a common English one, which no text of five words or more does without."""
    known = library.stop_words()
    words = [word.strip(".,;:!?\"'()").lower() for word in plain.split()]
    return 8 * sum(word in known[0] or word in known[1] for word in words) >= len(words)


@cache
def _identifier() -> Any:
    """Loaded at first use: it takes a second."""
    module = import_module("py3langid.langid")
    file = resources.files("py3langid").joinpath("data", "model.npz.xz")
    with resources.as_file(file) as path:
        found = module.LanguageIdentifier.from_modelpath(str(path), norm_probs=True)
    found.set_languages([code for code in _NAMES if code in set(found.labels)])
    return found
