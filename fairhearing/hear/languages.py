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
    "ku": "Kurdish", "lt": "Lithuanian", "lv": "Latvian", "ml": "Malayalam", "mr": "Marathi", "ne": "Nepali",
    "nl": "Dutch",
    "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "si": "Sinhala", "sk": "Slovak", "so": "Somali", "sq": "Albanian", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip
_SHORT = {
    "Polish": "dziękuję dziekuje bardzo dobra dobre dobry dobrze obsługa obsluga pomoc miła miły witam tak nie wiem",
    "Portuguese": "obrigado obrigada muito bom boa bem olá ola dia tarde ajuda ótimo otimo sim não nao sei serviço",
    "Somali": "mahadsanid mahadsan aad bay buu waa fiican fiicnaa fiicnayd wanaagsan subax haa adeeg adeegga",
    "Turkish": "teşekkürler tesekkurler teşekkür tesekkur ederim çok cok iyi güzel guzel merhaba evet hayır hizmet",
    "French": "merci beaucoup bonjour bien très oui rien",
    "Spanish": "gracias muchas hola buenos buenas muy bueno buena bien todo servicio",
    "Romanian": "mulțumesc multumesc bună foarte bine",
    "Italian": "grazie mille buongiorno molto bene",
}
"""Words that short answers are made of: too few for an identifier, and easily taken for English that nobody knows."""
_ENGLISH_ONLY = frozenset(
    ("the", "and", "they", "with", "this", "that", "have", "were", "you", "would", "because", "their", "what",
     "which", "been", "there", "from")
)  # fmt: skip
_AROUND = ".,;:!?\"'()"
_NOT_ENGLISH = frozenset("ąćęłńśźżğışãõåæøßőűčřšžěůďťňșțđ")


def language(text: str) -> str:
    """Name of the language in English, or `UNKNOWN`. Fewer than five words in Latin letters are not guessed at,
    unless most of them are words of greeting, thanks or praise that are known."""
    return _language(" ".join(blanked(text[:SAMPLE]).split()))


def _language(plain: str) -> str:
    if _plainly_english(plain):
        return "English"
    letters = [character for character in plain if character.isalpha()]
    if not letters:
        return UNKNOWN
    latin = 2 * sum(character < "\u0250" for character in letters) > len(letters)
    if latin and plain.count(" ") + 1 < ENOUGH_WORDS:
        return _of_few_words(plain)
    code, sure = _identifier().classify(plain)
    if latin and not _english_enough(plain) and (code == "en" or sure < SURE):
        return UNKNOWN
    if latin and _english_enough(plain) and sure < SURE:
        return UNKNOWN if _accented(plain) else "English"
    return _NAMES.get(code, UNKNOWN)


@lru_cache(maxsize=1 << 16)
def unread_because(text: str, reads: frozenset[str] = frozenset()) -> str | None:
    """Why a reader of English cannot read this; None where it can, or where the text is too short to tell. reads:
    other languages that the reader at hand reads too."""
    plain = " ".join(blanked(text[:SAMPLE]).split())
    found = _language(plain)
    if found == "English" or found in reads:
        return None
    if found != UNKNOWN:
        return f"language: {found}"
    short = plain.count(" ") + 1 < ENOUGH_WORDS and _NOT_ENGLISH.isdisjoint(plain.lower())
    return None if short or (_english_enough(plain) and not _accented(plain)) else f"language: {UNKNOWN}"


def _accented(plain: str) -> bool:
    """Whether a third of the words, and two of them, hold letters that English has not: not English with a name."""
    words = plain.split()
    accented = sum(any(character.isalpha() and character > "\x7f" for character in word) for word in words)
    return accented >= 2 and 3 * accented >= len(words)


def _plainly_english(plain: str) -> bool:
    """Told at sight, which spares the identifier: a quarter of the words are English grammar, two of them no other
    language's. Of 8,687 real texts in English and German none was told otherwise than the identifier does."""
    if not plain.isascii():
        return False
    words = [word if word.isalnum() else word.strip(_AROUND) for word in plain.lower().split()]
    grammar = library.stop_words()[0]
    return (
        len(words) >= ENOUGH_WORDS
        and len(_ENGLISH_ONLY.intersection(words)) >= 2
        and 4 * sum(word in grammar for word in words) >= len(words)
    )


def _of_few_words(plain: str) -> str:
    """The language that most of these words are known of, and all of them if there are two or fewer."""
    words = [word.strip(_AROUND).lower() for word in plain.split()]
    words = [word for word in words if word]
    known = {name: sum(word in listed.split() for word in words) for name, listed in _SHORT.items()}
    name = max(known, key=lambda each: known[each])
    enough = known[name] == len(words) if len(words) <= 2 else 2 * known[name] > len(words)
    return name if words and enough else UNKNOWN


def _english_enough(plain: str) -> bool:
    """At least one word in eight is a common English one, which no text of five words or more does without."""
    known = library.stop_words()
    words = [word.strip(_AROUND).lower() for word in plain.split()]
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
