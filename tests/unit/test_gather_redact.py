"""What is replaced in people's own words, and, as important, what is left alone."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from fairhearing.gather.redact import redact, redact_text

REPLACED = [
    ("write to sam.o'neil+x@example.org.uk please", "write to [e-mail] please"),
    ("mail sam at example dot com", "mail [e-mail]"),
    ("mail sam (at) example (dot) co.uk", "mail [e-mail]"),
    ("ring 07911 123456 after six", "ring [phone] after six"),
    ("ring 020 7946 0958.", "ring [phone]."),
    ("ring (020) 7946-0958", "ring [phone]"),
    ("ring +44 20 7946 0958", "ring [phone]"),
    ("ring 0044 20 7946 0958", "ring [phone]"),
    ("from abroad +33 1 42 68 53 00 works", "from abroad [phone] works"),
    ("call 512-974-2000 now", "call [phone] now"),
    ("I live at E8 3AB, near", "I live at E8 [postcode], near"),
    ("I live in sw1a2aa", "I live in sw1a [postcode]"),
    ("EC1A 1BB and M1 1AE", "EC1A [postcode] and M1 [postcode]"),
    ("my NHS number is 943 476 5919", "my NHS number is [NHS number]"),
    ("NI QQ 12 34 56 C no, AB 12 34 56 C", "NI QQ 12 34 56 C no, [National Insurance number]"),
    ("I was born on 3 March 1980 here", "I was born on [date of birth] here"),
    ("DOB: 03/04/1985", "DOB: [date of birth]"),
    ("follow @some_body on it", "follow [handle] on it"),
    ("see https://twitter.com/some_body/status/1", "see [link]"),
    ("account 12345678 and 1234 5678 9012 3456", "account [number] and [number]"),
    ("My name is Ada Example and I", "My name is [name] and I"),
    ("her name's Ada, she", "her name's [name], she"),
    ("Mrs Example came with PC Sample Person.", "Mrs [name] came with PC [name]."),
    ("Dr. A. Example said", "Dr. [name] said"),
    ("My son Emre, her daughter is called Ada Example", "My son [name], her daughter is called [name]"),
    ("My neighbour, Ada Example, saw it", "My neighbour, [name], saw it"),
    ("Kind regards,\nAda Example", "Kind regards,\n[name]"),
    ("Yours sincerely, Ada", "Yours sincerely, [name]"),
    ("I live at 12 Fictive Street, come", "I live at [address], come"),
    ("It is flat 3, Old Sample House here", "It is [address] here"),
    ("at 12B Sample Road", "at [address]"),
    ("My IBAN is GB29 NWBK 6016 1331 9268 19 for it", "My IBAN is [account] for it"),
    ("sort code 20-45-45 account 55779911", "sort code [account] account [number]"),
    ("passport no. AB1234567 expired", "passport no. [number] expired"),
    ("driving licence MORGA657054SM9IJ", "driving licence [number]"),
    ("blue Focus, reg AB12 CDE, or LB07SEO", "blue Focus, reg [vehicle], or [vehicle]"),
    ("whatsapp me on 07700900123", "whatsapp me on [number]"),
    ("my insta is dark_rose77, snapchat: blue_tiger99", "my insta is [handle], snapchat: [handle]"),
    ("telegram t.me/fictive_user or facebook.com/amina.fictive", "telegram [link] or [link]"),
    ("Flat 12B, 88 Mill Lane, Hackney", "[address], Hackney"),
    ("my address is 14 station road, ilford", "my address is [address], ilford"),
    ("we live at 221b baker st", "we live at [address]"),
    ("my name is amina yusuf and I", "my name is [name] and I"),
    ("My name is AMINA YUSUF.", "My name is [name]."),
    ("My name is O'Brien Siobhán, or Łukasz Żółkiewski", "My name is [name], or Łukasz Żółkiewski"),
    ("My name is Nguyễn Văn An, her name's Şebnem", "My name is [name], her name's [name]"),
    ("My name is Jean-Baptiste de la Fontaine", "My name is [name]"),
    ("my son's name is Yahya, I'm called Zsófia Nagy", "my son's name is [name], I'm called [name]"),
    ("My name is 李伟", "My name is [name]"),
    ("Name: Tunde Bakare", "Name: [name]"),
    ("Imam Abdullahi Warsame, Ms Đurić and DC Patel", "Imam [name], Ms [name] and DC [name]"),
    ("my social worker Bukola and his teacher, Mr. O’Connor", "my social worker [name] and his teacher, Mr. [name]"),
    ("Best wishes,\nMehmet Yılmaz", "Best wishes,\n[name]"),
    ("kind regards\nmehmet yilmaz", "kind regards\n[name]"),
    ("Yours faithfully\n\nD. Fictive", "Yours faithfully\n\n[name]"),
    ("mail amina.yusuf@gmail or amina . yusuf @ gmail . com", "mail [e-mail] or [e-mail]"),
    ("amina.yusuf at hotmail", "[e-mail]"),
    ("dob 120384, postcode is E17 3 AB", "dob [date of birth], postcode is E17 [postcode]"),
    ("crime ref 01/123456/18, Home Office ref A1234567", "crime ref [number], Home Office ref [number]"),
]

LEFT_ALONE = [
    "In 2015 there were 2,062 referrals, 42% under 18.",
    "between 2015-2018 and 2018/2019, or 2015 2016 2017",
    "it cost £12,000,000 and 1,234,567 people",
    "the no 38 bus at 8 30, meet 2nd March 2019 at 10.30",
    "MI5, G20, COVID19, A12, E8 and SW1A are fine; so is B12 3rd time",
    "meet me @ 5pm, @home",
    "section 21 of the 2015 Act, article 8(2)",
    "Mr. Mayor, do not waste it. PC culture. Miss the bus.",
    "my name is on the list and the name is wrong",
    "https://www.london.gov.uk/questions/2015/1160 says so",
    "born in 1980, British",
    "Ask the police officers: why us?",
    "My son English exam, my Muslim friends, my mother tongue, my friend And I",
    "Kind regards to the staff. Signed up twice. Yours, as ever",
    "There are 5 Ways to fix it, 12 Road safety talks, Room 12 of the House",
    "Section 12 of Sample Street",
    "my name is on a list somewhere and nobody will say why",
    "my name is mispronounced, MY NAME IS MUD, her name's not the issue",
    "I am called names at school, and my son is called terrorist",
    "the programme name is Prevent but it does the opposite",
    "My father was stopped, brother and sister were separated",
    "Father and son; sister schools; Doctor said nothing",
    "Twitter is full of it. Instagram and TikTok are the problem, facebook was down in 2021",
    "Ref 2019/3806 was the question, case 12 of 2018",
    "In SE15 THE police stop us, plate of food, registration was 2 hours late",
    "flat rate of tax; flat 10 percent on the way; we live in 2 different places",
    "in 2015 Old Street changed",
    "Washington DC Metro, PC World is shut",
    "his teacher Training day, my coach Trip was late, my worker rights",
    "Many thanks\nto the staff who helped",
    "Best wishes\nA worried mother",
    "Regards,\nConcerned Resident",
    "Signed off by the council. Yours truly feels ignored",
    "I work at 3 gmail addresses",
    "",
]


@pytest.mark.parametrize(("text", "expected"), REPLACED)
def test_details_are_replaced(text: str, expected: str) -> None:
    assert redact_text(text)[0] == expected


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_other_words_are_left_alone(text: str) -> None:
    assert redact_text(text) == (text, {})


def test_a_column_gives_the_same_as_its_texts_one_by_one() -> None:
    texts = [text for text, _expected in REPLACED] + LEFT_ALONE
    found = redact(pa.array([*texts, None], pa.string()))
    one_by_one = [redact_text(text) for text in texts]
    assert found.texts.to_pylist() == [text for text, _kinds in one_by_one] + [None]
    assert found.counts.tolist() == [sum(kinds.values()) for _text, kinds in one_by_one] + [0]
    assert sum(found.kinds.values()) == found.counts.sum()


def test_counts_by_kind() -> None:
    found = redact(pa.array(["07911 123456 or a@example.org", "b@example.org", "nothing here"]))
    assert found.kinds == {"e-mail": 2, "phone": 1}
    assert found.counts.tolist() == [2, 1, 0]


def test_redacting_twice_changes_nothing_more() -> None:
    once = redact(pa.array([text for text, _expected in REPLACED])).texts
    twice = redact(once)
    assert twice.texts.equals(once)


HOSTILE = ["a" * 200_000 + "@", "a." * 100_000 + " at dot", "at " * 60_000 + "dot", "1 " * 100_000, "0" * 200_000,
           "@" * 200_000, "(1" * 100_000, "A1 " * 60_000, "Mr " * 60_000, "my name is " + "Aa " * 60_000,
           "1 " + "Aa " * 60_000, "1 Aa " * 40_000, "my son " * 28_000, "regards, " * 22_000,
           "1 a " * 50_000, "my name is " * 18_000, "my name is " + "aa " * 60_000, "name: " * 30_000,
           "a. @ " * 40_000, "insta " * 30_000, "insta is " * 20_000, "insta a" + "a_" * 90_000, "flat 1 " * 28_000,
           "flat 1 " + "a " * 90_000, "signed " * 28_000, "regards, " + "a" * 200_000, "live at 1 " * 20_000,
           "ref no " * 28_000, "ref " + "1/" * 90_000, "reg no " * 28_000, "GB29 " * 40_000,
           "GB29" + "A" * 200_000, "thanks\n" * 28_000, "regards," * 25_000, "Aa-" * 60_000, "Mr de la " * 22_000,
           "é" * 200_000, "E\u0301" * 100_000, "my name is " + "A'" * 90_000]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_text_can_stall_it(text: str) -> None:
    """80,000 characters take well under a second; a quadratic pattern would take ten or more."""
    start = time.process_time()
    redact_text(text[:80_000])
    assert time.process_time() - start < 4
