"""What an identifying detail looks like in what people write: the rules that `redact` applies, in order.

Numbers are told by their shape, their check digits or the word before them; names by the words before them alone
("my name is", "Mrs", "my son"), in any alphabet with capitals. A name without such a cue is not found.

The rules run in Python, where a pattern that can start anywhere and run on is quadratic in a long text without a
space: hence the looks behind, the bounds and the possessive ++.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers

__all__ = ["CONTACT", "EMAIL", "RULES", "WORTH_A_LOOK", "Match", "Replace"]

Match = re.Match[str]
Replace = Callable[[Match], str | None]

_AREA = r"(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKMNPR-Y]?)"
_INWARD = r"[0-9][ABD-HJLNP-UW-Z]{2}"
EMAIL = r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"
"""A cell that holds an e-mail address (RE2 syntax, like the two below: linear in time whatever the text)."""
CONTACT = (
    rf"(?i)[a-z0-9_.+%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    rf"|^\s*{_AREA}\s*{_INWARD}\s*$"
    r"|^\s*(?:\+\d{1,3}|0044)[\s()-]*\d(?:[\s()-]*\d){7,11}\s*$"
    r"|^\s*\(?0\s?[1-37](?:[\s()-]*\d){8,9}\s*$"
)
"""A cell that is, or holds, an e-mail address, a full postcode or a telephone number (RE2 syntax)."""

_TITLES = (
    "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|PC|WPC|PCSO|DC|DS|DI|DCI|Sgt|Constable|Sergeant|Inspector|Cllr|Councillor"
    "|Imam|Sheikh|Shaykh|Mufti|Maulana|Rabbi|Rev|Reverend|Father|Pastor|Sister|Brother"
)
_OWN = (
    "son|daughter|mother|father|child|husband|wife|brother|sister|mum|mom|dad|uncle|aunt|auntie|cousin|nephew|niece"
)
_NEAR = (
    "friend|neighbour|neighbor|colleague|partner|boyfriend|girlfriend|flatmate|teacher|tutor|worker|caseworker"
    "|solicitor|lawyer|landlord|landlady|manager|boss|nurse|midwife|mentor|coach"
)
_MAIL = "gmail|googlemail|hotmail|outlook|yahoo|icloud|btinternet|protonmail"
_SITES = "insta|instagram|ig|snap|snapchat|tiktok|twitter|telegram|facebook|fb|discord|skype|username|whatsapp"
_PAPERS = "passport|licen[cs]e|ref|reference|case|crime|account|application|visa|brp|hospital|patient"

WORTH_A_LOOK = (
    r"(?i)[0-9][\s().-]*[0-9]|@|\bat\b.*\bdot\b|[0-9]\s?[a-z]{2}\b|://|www\.|\.com/|\b(?:t|wa)\.me/"
    r"|name['’]?s?\b.{0,3}\bis\b|name['’]s\b|\bname\s?[:=-]|\bi(?: am|['’]?m) called\b"
    r"|\b[0-9]{1,4}[a-z]?,?[ \t]+[a-z'’-]+[ \t]|\bflat\b|\b(?:regards|yours|signed|sincerely)\b"
    r"|(?:wishes|thanks|thank you|cheers)\W*[\r\n]|\bwishes,"
    rf"|\b(?:my|our|his|her|their)[ \t]+(?:\w+[ \t]+)?(?:step|grand)?(?:{_OWN}|{_NEAR})\b"
    rf"|\b(?:{_TITLES})\b|\b(?:{_SITES})\b|\b\w*[._]\w+ at (?:{_MAIL})"
)
"""A text without any of this holds no detail that a rule would find (RE2 syntax: one pass in Arrow)."""

# --- words and names ----------------------------------------------------------------------------------------------

_UP = "".join(chr(code) for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00)) if chr(code).isupper())
_LETTER = r"(?:[^\W\d_][\u0300-\u036f]{0,2})"
_NAME = rf"(?:[{_UP}]['’])?[{_UP}][\u0300-\u036f]{{0,2}}{_LETTER}++(?:['’-]{_LETTER}++)*+"
_CAPITALISED = rf"(?![{_UP}]{{2}}){_NAME}"
_PARTICLE = r"(?:(?:al|el|bin|bint|ibn|de|la|van|von|der|da|dos|ul|ap)[ \t-]+){0,2}"
_WORD = rf"['’]?{_LETTER}++(?:['’-]{_LETTER}++)*+"
_INITIALS = rf"(?:[{_UP}]\.?[ \t]*){{0,2}}"
_INITIAL = rf"(?:[{_UP}]\.?[ \t]+)?"
_RELATION = rf"(?:(?:social|case|key|support|youth)[ \t]+)?(?:step|grand)?(?:{_OWN}|{_NEAR})"
_WHOSE = r"\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir|MY)"

_NOT_NAMES = frozenset(
    """And At But For From I In Is It Not Of On Or So The This To Was We Who Officer Officers Police Brigade World
    Culture Correct Correctness London Mayor President Chair Chairman Speaker Minister Commissioner
    English British Muslim Jewish Christian Hindu Sikh Buddhist Black White Asian African Arab Irish Scottish Welsh
    Polish Somali Turkish Bengali Indian Pakistani Bangladeshi Caribbean Tongue School Council Street Road He She They
    My His Her Their Our You When Then There That These Those With Went Said Got Had Has Figure Figures Time Day
    Christmas Comics Act Only Also If As By No Too Are Be Do Did Does Will Would Can Could Should Please General
    Washington Metro Mrs Mr Ms Miss Training Trip Programme Program Union Association Assembly Service Services Team
    Support Centre""".split()  # noqa: SIM905 - a list of words reads as one
)
_NOT_MY_NAME = frozenset(
    """a an the on in at of off not no never always still now also already there here wrong right correct incorrect
    misspelt spelt known what who mine my his her their our your this that it its and or but so too very just only mud
    muslim islamic jewish foreign english british asian african arab different same common unusual hard difficult easy
    long short important because when if with without from for to by down up out kept given taken written missing
    public private safe is was were has had have will would should could can cannot i we they he she you over under
    all everywhere nowhere irrelevant anonymous confidential as left said seen enough me us them being been about
    after before like one something nothing withheld gone shown sold then than""".split()  # noqa: SIM905
)


_NOT_SIGNED = frozenset(
    """a an the all everyone everybody anonymous anon concerned worried local resident residents parent mother father
    citizen voter name from for to and again""".split()  # noqa: SIM905
)


def _common(word: str) -> bool:
    """Whether a word in small letters after "my name is" is none: a closed list, and the ends of verbs."""
    past = word.endswith("ed") and not word.endswith(("hmed", "mmed", "syed", "aeed", "fred"))
    return word in _NOT_MY_NAME or past or word.endswith(("ing", "ly", "n't", "n’t"))


def _own_name(match: Match) -> str | None:
    """After "my name is": capitalised words, or where it is written small the first two that are none of English."""
    words = re.findall(r"\S+|\s+", match["name"])
    kept: list[str] = []
    if "called" in match["cue"] and words[0] == words[0].lower():  # "I am called names"
        return None
    for number, word in enumerate(words[::2]):
        small = word == word.lower() and word != word.upper()
        particle = re.fullmatch(_PARTICLE, f"{word} ")
        after_capital = bool(kept) and kept[0] != kept[0].lower()
        stops = not particle if after_capital else _common(word) or number > 1
        if (small and stops) or word.capitalize() in _NOT_NAMES or (word.isupper() and word.lower() in _NOT_MY_NAME):
            break
        kept.append(word)
    while kept and re.fullmatch(_PARTICLE, f"{kept[-1]} "):
        kept.pop()
    if not kept:
        return None
    return f"{match['cue']}[name]{''.join(words[2 * len(kept) - 1 :])}"


def _titled(match: Match) -> str | None:
    first = match["name"].split()[0]
    return None if first.capitalize() in _NOT_NAMES else f"{match['title']} [name]"


def _cued(match: Match) -> str | None:
    return None if match["name"].split()[0].capitalize() in _NOT_NAMES else f"{match['cue']}[name]"


def _signed(match: Match) -> str | None:
    """A name alone under a greeting; "a worried mother" is none."""
    first = match["name"].split()[0]
    return None if first.lower() in _NOT_SIGNED or first.capitalize() in _NOT_NAMES else f"{match['cue']}[name]"


def _words(kind: str) -> Replace:
    return lambda _match: f"[{kind}]"


def _after(kind: str) -> Replace:
    return lambda match: f"{match['cue']}[{kind}]"


# --- numbers ------------------------------------------------------------------------------------------------------

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = (
    rf"(?:\d{{1,2}}[\s./-]+\d{{1,2}}[\s./-]+(?:19|20)?\d\d|\d{{4}}-\d\d-\d\d|\d{{8}}|\d{{6}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})"
)
_YEARS = re.compile(r"(?:(?:19|20)\d\d[\s./-]*)+")
_AMERICAN = re.compile(r"(?:\+?1[\s.-]\s?)?\(?[2-9]\d\d\)?[\s.-]\s?[2-9]\d\d[\s.-]\d{4}")


def _phone(match: Match) -> str | None:
    """A number that could be dialled from Britain, or an American one by its shape."""
    text = match[0]
    digits = re.sub(r"\D", "", text)
    if _YEARS.fullmatch(text.strip()) or not 7 <= len(digits) <= 15:
        return None
    if not text.lstrip(" (").startswith(("+", "0")):
        return "[phone]" if _AMERICAN.fullmatch(text.strip()) else None
    try:
        return "[phone]" if phonenumbers.is_valid_number(phonenumbers.parse(text, "GB")) else None
    except phonenumbers.NumberParseException:
        return None


def _nhs(match: Match) -> str | None:
    """Ten digits whose last is the modulus-11 check digit of the NHS Data Dictionary."""
    digits = [int(each) for each in match[0] if each.isdigit()]
    check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11) % 11
    return "[NHS number]" if check == digits[9] and len(set(digits)) > 1 else None


def _iban(match: Match) -> str | None:
    """An account number whose remainder by 97 is that of ISO 13616."""
    plain = re.sub(r"\s", "", match[0]).upper()
    return "[account]" if 15 <= len(plain) <= 34 and int(_as_digits(plain[4:] + plain[:4])) % 97 == 1 else None


def _as_digits(plain: str) -> str:
    return "".join(str(int(character, 36)) for character in plain)


def _postcode(match: Match) -> str | None:
    """Cut to the district. "w8 2nd" in running text is not a postcode."""
    if re.fullmatch(r"1st|2nd|3rd|[04-9]th", match["inward"]) or match["area"].islower() != match["inward"].islower():
        return None
    return f"{match['area']} [postcode]"


def _digits(match: Match) -> str | None:
    """Eight or more digits in a row, or in groups that are not years."""
    return None if _YEARS.fullmatch(match[0].strip()) and not match[0].isdigit() else "[number]"


def _reference(match: Match) -> str | None:
    """At least five digits, and not a year with a number, as public questions have them (2019/3806)."""
    code = match["code"]
    year = re.fullmatch(r"(?:19|20)\d\d(?:/\d{1,4})?", code)
    return None if sum(map(str.isdigit, code)) < 5 or year else f"{match['cue']}[number]"


def _handle(match: Match) -> str | None:
    return (
        None
        if match[1].lower() in ("home", "work", "school", "the", "all", "least", "times", "night")
        else "[handle]"
    )


# --- streets ------------------------------------------------------------------------------------------------------

_WAY = (
    r"(?:Street|Road|Avenue|Lane|Close|Drive|Gardens|Grove|Crescent|Terrace|Court|Place|Walk|Mews|Square|House|Row"
    r"|Hill|Rise|Estate|Tower|Mansions|Ave|Rd|rd|road|street|avenue|lane|close|gardens|crescent|terrace)"
)
_ANY_WAY = rf"(?:{_WAY}|st|court|house|grove|drive|mews|square|ave|ln|close|gdns|cres|tower|mansions|estate|hill)"
_FLAT = r"(?:(?:flat|unit|apartment|apt|room)[ \t]+\w{1,4},?[ \t]+)"


def _rule(
    kind: str, needs: str, pattern: str, replace: Replace, flags: int = 0
) -> tuple[str, re.Pattern[str], re.Pattern[str], Replace]:
    return kind, re.compile(needs, re.IGNORECASE), re.compile(pattern, flags), replace


RULES = (
    _rule("e-mail", "@", r"(?<![\w.+%'-])[\w.+%'-]++@[\w-]+(?:\.[\w-]+)+", _words("e-mail")),
    _rule(
        "e-mail", "@",
        r"(?<![\w.+%'-])[\w.+%'-]++(?:[ \t]?\.[ \t]?[\w+%-]{1,40})?[ \t]?@[ \t]?"
        rf"(?:(?:{_MAIL})\b(?:[ \t]?[.,][ \t]?co\w{{0,2}}\b"
        r"(?:\.uk\b)?)?|[\w-]{1,60}[ \t]?[.,][ \t]?(?:com|org|net|co|gov|ac)\b(?:[ \t]?[.,][ \t]?uk\b)?)",
        _words("e-mail"), re.IGNORECASE,
    ),
    _rule(
        "e-mail", rf"\bdot\b|\bat\s+(?:{_MAIL})",
        r"(?<![\w.+-])[\w.+-]++\s*+(?:\(at\)|\[at\]|\bat\b)\s*[\w-]+\s*(?:\(dot\)|\[dot\]|\bdot\b)\s*(?:com|org|net|co|gov|ac|uk)\b"
        r"(?:\s*(?:\(dot\)|\[dot\]|\bdot\b|\.)\s*uk\b)?"
        rf"|(?<![\w.+-])(?=[\w.+-]{{0,60}}[._\d])[\w.+-]++\s+at\s+(?:{_MAIL})\b(?:\.co\w{{0,2}})?",
        _words("e-mail"), re.IGNORECASE,
    ),
    _rule(
        "link", r"://|www\.|\.com/|\.me/|\.gg/",
        r"(?:https?://)?(?:www\.|m\.)?(?:(?:twitter|x|facebook|instagram|linkedin|tiktok|youtube|threads|snapchat"
        r"|whatsapp|chat\.whatsapp)\.com|\b(?:t|wa|m)\.me|\bdiscord\.gg)/\S+",
        _words("link"), re.IGNORECASE,
    ),
    _rule("handle", "@", r"(?<![\w.@])@([A-Za-z][\w.]{2,29})", _handle),
    _rule(
        "handle", rf"\b(?:{_SITES})\b",
        rf"(?P<cue>\b(?:{_SITES})(?:[ \t]+(?:is|name|handle|id|account|user)){{0,3}}+[ \t]*[:=-]?[ \t]*['\"“]?)"
        r"(?=[\w.]{0,29}[_\d]|(?:\w+\.){2}|\w+\.\w{2,}\b(?!\.))(?![\d.]+\b)[A-Za-z][\w.]{3,29}(?<!\.)",
        _after("handle"), re.IGNORECASE,
    ),
    _rule(
        "date of birth", r"born|birth|d\.?o\.?b",
        rf"(?P<cue>\b(?:born(?:\s+on)?(?:\s+the)?|d\.?o\.?b\.?|date\s+of\s+birth|birthday)(?:\s+(?:is|was))?(?:\s+on)?(?:\s+the)?"
        rf"\W{{1,4}}){_DATE}\b",
        _after("date of birth"), re.IGNORECASE,
    ),
    _rule(
        "account", r"\b[a-z]{2}\d\d",
        r"\b[A-Z]{2}\d\d(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b", _iban, re.IGNORECASE,
    ),
    _rule("account", r"sort\s*code", r"(?P<cue>\bsort\s*code\W{1,3}(?:is\W+)?)\d\d[ -]?\d\d[ -]?\d\d\b",
          _after("account"), re.IGNORECASE),
    _rule(
        "National Insurance number", r"\d",
        r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]\b",
        _words("National Insurance number"), re.IGNORECASE,
    ),
    _rule("number", r"[a-z9]\d{6}", r"\b[A-Z]{1,5}9{0,4}\d{6}[A-Z9]{2}\d[A-Z]{2}\b", _words("number"), re.IGNORECASE),
    _rule("NHS number", r"\d{3}.?\d{3}.?\d{4}", r"(?<![\d+.,£$])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d,])", _nhs),
    _rule(
        "phone", r"\d(?:[\s().-]*\d){6}",
        r"(?<![\w£$€.,/])(?:\+\s?|\(\+?)?\d(?:[ \t().-]{0,3}\d){6,14}(?![\w])", _phone,
    ),
    _rule("phone", r"o7", r"\b[oO]7\d{3}[ -]?\d{3}[ -]?\d{3}\b", _words("phone")),
    _rule(
        "vehicle", r"\d\d[a-z]{3}|\breg|plate",
        r"\b[A-Z]{2}[0-7]\d[A-Z]{3}\b"
        r"|(?P<cue>\b(?:[Rr]eg|[Rr]egistration|[Nn]umber[ -]?plate|[Pp]late)"
        r"(?:[ \t]*(?:no|number|is|was)){0,3}+[ \t.:#-]{1,3})"
        r"(?:[A-Za-z]{2}\d\d[ ]?[A-Za-z]{3}|[A-Z]\d{1,3}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{1,3}[ ]?[A-Z]?)\b",
        lambda match: f"{match['cue'] or ''}[vehicle]",
    ),
    _rule(
        "postcode", r"\d\s?[a-z]{2}\b",
        rf"\b(?P<area>{_AREA})[ \t]?(?P<inward>{_INWARD})\b", _postcode, re.IGNORECASE,
    ),
    _rule("postcode", r"post\s?code", rf"(?P<cue>\bpost[ ]?code\W{{1,3}}(?:is\W+)?{_AREA})[ ]?\d[ ]?[A-Z]{{2}}\b",
          lambda match: f"{match['cue']} [postcode]", re.IGNORECASE),
    _rule("number", r"\d(?:[ -]?\d){7}", r"(?<![\w£$€.,/])\d(?:[ -]?\d){7,}(?![\w,/])", _digits),
    _rule(
        "number", rf"\b(?:{_PAPERS})\b",
        rf"(?P<cue>\b(?:{_PAPERS})\b(?:[ \t]*(?:no|number|num|ref|reference|id|is|was)\b){{0,3}}+[ \t.:#]{{1,3}})"
        r"(?P<code>(?=[A-Z0-9/-]{0,8}\d)[A-Z0-9]{1,12}(?:[/-][A-Z0-9]{1,12}){0,3})\b(?!,\d|%)",
        _reference, re.IGNORECASE,
    ),
    _rule(
        "name", r"name|called",
        rf"(?P<cue>{_WHOSE}[ \t]+(?:[\w'’]{{1,20}}[ \t]+){{0,2}}?(?i:(?:sur)?name(?:[ \t]+is|['’]s))"
        rf"[ \t]+['\"“‘]?|\bI(?:[ \t]+am|['’]m)[ \t]+called[ \t]+"
        rf"|(?:^|[\n.;,(][ \t]*)(?i:(?:(?:full|first|last|sur)[ \t]*)?name)[ \t]*[:=-][ \t]*)"
        rf"(?P<name>{_WORD}(?:[ \t]+{_WORD}){{0,4}})",
        _own_name, re.MULTILINE,
    ),
    _rule(
        "name", rf"\b(?:my|our|his|her|their)[ \t]+{_RELATION}",
        rf"(?P<cue>{_WHOSE}[ \t]+{_RELATION},?[ \t]+(?:(?:is[ \t]+|was[ \t]+)?(?:called|named)[ \t]+)?)"
        rf"(?P<name>{_CAPITALISED}(?:[ \t]+{_PARTICLE}{_CAPITALISED})?)", _cued,
    ),
    _rule(
        "name", r"regards|yours|signed|sincerely",
        r"(?P<cue>\b(?:(?:[Rr]egards|[Ss]incerely|[Yy]ours[ \t]+(?:sincerely|faithfully|truly)"
        r"|[Ss]igned(?:[ \t]+by)?)[ \t]{0,4}[,:\n\r][\s,:]{0,4}"
        r"|[Ss]igned(?:[ \t]+by)?[ \t]+(?=\S{1,40}[ \t]+\S{1,40}[ \t]{0,4}(?:[.,\n\r]|$))))"
        rf"(?P<name>{_INITIALS}{_CAPITALISED}(?:[ \t]+{_PARTICLE}{_CAPITALISED}){{0,2}})", _signed,
    ),
    _rule(
        "name", r"(?:regards|sincerely|wishes|thanks|thank you|cheers)\b\W",
        rf"(?P<cue>\b(?i:(?:regards|sincerely|wishes)[ \t]*,[ \t]*(?=\S{{1,40}}(?:[ \t]+\S{{1,40}})?\s*\Z)"
        rf"|(?:regards|sincerely|wishes|thanks|thank[ ]you|cheers)[ \t,.!]*[\r\n]\s{{0,4}}))"
        rf"(?P<name>{_INITIALS}{_WORD}(?:[ \t]+{_WORD}){{0,2}})(?=\.?\s*\Z)", _signed,
    ),
    _rule(
        "address", rf"\d.{{1,60}}{_ANY_WAY}",
        rf"(?<![\w£$€.,/-])(?<!\bin )(?<!ince )(?i:{_FLAT})?+\d{{1,5}}[A-Za-z]?,?[ \t]+"
        rf"(?:{_CAPITALISED}[ \t]+){{1,3}}(?:{_WAY}\b|(?:St|Dr|Ln|Ct|Cl|Blvd|Cres|Gdns|Pl|Sq)\b(?![ \t]+[A-Z]))"
        rf"|(?<![\w-])(?i:flat[ \t]+\w{{1,4}},?[ \t]+(?:\d{{1,4}}[a-z]?,?[ \t]+)?"
        rf"(?:{_WORD}[ \t]+){{1,2}}?{_ANY_WAY})\b",
        _words("address"),
    ),
    _rule(
        "address", r"\b(?:live|lives|lived|living|address|reside|stay|staying|are|moved)\b",
        rf"(?P<cue>\b(?:(?:live|lives|lived|living|reside|stay|staying|are|moved)[ \t]+(?:at|to|in)"
        rf"|address(?:[ \t]+is|:))[ \t]+(?:(?:number|no\.?)[ \t]+)?)"
        rf"\d{{1,4}}[a-z]?,?[ \t]+(?:{_WORD}[ \t]+){{1,3}}?{_ANY_WAY}\b",
        _after("address"), re.IGNORECASE,
    ),
    _rule(
        "name", rf"\b(?:{_TITLES})\b",
        rf"\b(?P<title>(?:{_TITLES}|MR|MRS|MS|DR|mr|mrs)\.?)[ \t]+"
        rf"(?P<name>{_INITIAL}{_PARTICLE}{_CAPITALISED}(?:[ \t]+{_PARTICLE}{_CAPITALISED})?)",
        _titled,
    ),
)  # fmt: skip
