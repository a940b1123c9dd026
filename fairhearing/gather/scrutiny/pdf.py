"""The words of a PDF, page by page, as far as they can be read."""

from __future__ import annotations

import logging
import re
import struct
import zlib
from collections import Counter
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError

from ...errors import BadInput
from ..sheets import check_file

__all__ = ["looks_like_pdf", "pdf_text"]

MOST_PAGES = 600
_NUMBER = re.compile(r"(?i)(page )?(\d{1,4})(?: of \d{1,4})?")
_SPOILT = (
    PyPdfError, ArithmeticError, AttributeError, IndexError, KeyError, NotImplementedError, RecursionError, TypeError,
    UnicodeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pypdf raises on a spoilt file: its own errors, and whatever its arithmetic on the file's numbers runs into."""


def looks_like_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def pdf_text(path: Path, largest_file_mb: int) -> str:
    """Text of every page, without its number and running head. Raises BadInput if it is spoilt, locked or a scan."""
    check_file(path, largest_file_mb)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with path.open("rb") as file:
            reader = pypdf.PdfReader(file, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise BadInput("the PDF is locked with a password", where=path, cure="save a copy without one")
            pages = len(reader.pages)
            if pages > MOST_PAGES:
                raise BadInput(f"the PDF has {pages:,} pages", where=path, cure=f"split it: at most {MOST_PAGES}")
            text = "\n".join(_unframed([page.extract_text() or "" for page in reader.pages]))
    except _SPOILT as error:
        raise BadInput(
            f"the PDF cannot be read ({type(error).__name__})", where=path, cure="download it again"
        ) from None
    if not text.strip():
        raise BadInput(
            "the PDF holds no text: it may be a scan", where=path, cure="give a PDF with text, or its text"
        )
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _unframed(pages: list[str]) -> list[str]:
    """Pages without the number at their head or foot, and without a line that half of the pages or more begin or end
    with, which stays on the first."""
    lines = [[line.rstrip() for line in page.split("\n") if line.strip()] for page in pages]
    lines = _unnumbered(_unnumbered(lines, -1), 0)
    heads, feet = (Counter(_plain(each[end]) for each in lines if each) for end in (0, -1))
    often = max(2, (len(pages) + 1) // 2)
    told = lines[:1]
    for page in lines[1:]:
        start = bool(page) and heads[_plain(page[0])] >= often
        end = len(page) > 1 and feet[_plain(page[-1])] >= max(often, 3)  # two pages may end alike
        told.append(page[int(start) : len(page) - int(end)])
    return ["\n".join(page) for page in _unnumbered(told, 0)]


def _unnumbered(pages: list[list[str]], end: int) -> list[list[str]]:
    """Without page numbers at that end: they say so, or they count the pages. A number alone may be a figure."""
    found = [_NUMBER.fullmatch(page[end].strip()) if page else None for page in pages]
    from_first = [int(each[2]) - at if each else None for at, each in enumerate(found)]
    counts = Counter(each for each in from_first if each is not None)
    shift, often = counts.most_common(1)[0] if counts else (None, 0)
    counted = often >= max(2, (len(pages) + 1) // 2) or (len(pages) == shift == 1 and end == -1)
    told = []
    for page, each, at in zip(pages, found, from_first, strict=True):
        numbered = each is not None and (bool(each[1]) or (counted and at == shift))
        told.append(page if not numbered else page[1:] if end == 0 else page[:-1])
    return told


def _plain(line: str) -> str:
    return re.sub(r"\d+", "0", " ".join(line.split()))
