"""A few accents are no evidence of another alphabet: a short Western file is read as one."""

from __future__ import annotations

import pytest

from fairhearing.gather.delimited import _guess


@pytest.mark.parametrize("word", ["è", "é", "à", "ß", "ñ"])
def test_one_accented_letter_is_not_made_another(word: str) -> None:
    raw = f"q,n\n{word},1\n".encode("cp1252")
    assert raw.decode(_guess(raw)) == f"q,n\n{word},1\n"
