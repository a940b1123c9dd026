"""The words of a PDF, page by page, as far as they can be read."""

from __future__ import annotations

import logging
import re
import struct
import zlib
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError

from ...errors import BadInput
from ..sheets import check_file

__all__ = ["looks_like_pdf", "pdf_text"]

MOST_PAGES = 600
_FURNITURE = re.compile(r"(?m)^[ \t]*(?:Page \d{1,4}(?: of \d{1,4})?|\d{1,4})[ \t]*$\n?")
_SPOILT = (
    PyPdfError, ArithmeticError, AttributeError, IndexError, KeyError, NotImplementedError, RecursionError, TypeError,
    UnicodeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pypdf raises on a spoilt file: its own errors, and whatever its arithmetic on the file's numbers runs into."""


def looks_like_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def pdf_text(path: Path, largest_file_mb: int) -> str:
    """Text of every page, without page numbers. Raises BadInput for a spoilt, locked or scanned PDF."""
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
            text = "\n".join(page.extract_text() or "" for page in reader.pages)
    except _SPOILT as error:
        raise BadInput(
            f"the PDF cannot be read ({type(error).__name__})", where=path, cure="download it again"
        ) from None
    if not text.strip():
        raise BadInput(
            "the PDF holds no text: it may be a scan", where=path, cure="give a PDF with text, or its text"
        )
    return _FURNITURE.sub("", text.encode("utf-8", "replace").decode().replace("\0", ""))
