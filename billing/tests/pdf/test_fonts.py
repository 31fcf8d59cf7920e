"""Documents show names of every script, in fonts that they carry with them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import pdf
from billing.tests.events import document, line
from shop.events import Address, Customer
from tests.support import pdf as reading

NAMES = {
    "Chinese": "王小明 陳大文",
    "Japanese": "山田太郎 𠮷野家 カタカナ ひらがな",
    "Korean": "김민준",
    "Thai": "สมชาย ใจดี ป้ำปู่",
    "Devanagari": "नरेन्द्र क्षत्रिय हिन्दी",
    "Tamil": "தமிழ்ச்செல்வன்",
    "Bengali": "বাংলা ক্ষ",
    "Telugu": "తెలుగు క్ష",
    "Kannada": "ಕನ್ನಡ ಕ್ಷ",
    "Malayalam": "മലയാളം",
    "Sinhala": "සිංහල ශ්\u200dරී",
    "Gujarati": "ગુજરાતી",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Odia": "ବିଜୟ",
    "Lao": "ລາວ",
    "Khmer": "ប៊ុន ចាន់",
    "Burmese": "မြန်မာ",
    "Amharic": "አማርኛ",
    "Georgian": "ვაჟა",
    "Armenian": "Հայկ",
    "Greek": "Ψυχή Παπαδόπουλος",
    "Cyrillic": "Щербаков Їжак",
    "Vietnamese": "Nguyễn Thị Hồng",
    "Latin with loose accents": "q\u0303 x\u0323\u0301",
    "emoji": "👩\u200d🚀 👍🏽 🇩🇪 ☎",
}
BACKWARDS = {
    "Hebrew": "שלום כהן",
    "pointed Hebrew": "שָׁלוֹם",
    "Arabic": "محمد علي بن سعيد 12",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "mixed directions": "Café שלום (محمد) 王小明 12",
}
NOWHERE = {
    "Cherokee": "ᏣᎳᎩ",
    "Phoenician": "𐤀𐤁",
    "private use": "\ue000",
    "not a character": "\ufffe",
    "newer than the fonts": "\U0003fffd",
}


def drawn_with(text: str, country: str = "DE") -> bytes:
    address = Address(line1=text, postal_code="1", city=text, country=country)
    buyer = Customer(email="a@b.example", name=text, address=address)
    return pdf.draw(document((line(name=text),), buyer=buyer))


@pytest.mark.parametrize("text", [*NAMES.values(), *BACKWARDS.values()], ids=[*NAMES, *BACKWARDS])
def test_no_glyph_of_name_is_missing_and_its_fonts_are_embedded(text: str) -> None:
    content = drawn_with(text)

    assert reading.missing(content) == []
    assert len(reading.fonts(content)) > 1


def test_latin_document_embeds_its_fonts() -> None:
    fonts = reading.fonts(pdf.draw(document())).values()

    assert {font["/BaseFont"].partition("+")[2] for font in fonts} == {
        "NotoSans-Regular",
        "NotoSans-Bold",
    }
    for font in fonts:
        assert reading.embedded(font)["glyf"]


@pytest.mark.parametrize("text", NOWHERE.values(), ids=NOWHERE)
@pytest.mark.poppler
def test_character_without_font_is_drawn_as_replacement(text: str, tmp_path: Path) -> None:
    content = drawn_with(f"Ada {text}")

    assert reading.missing(content) == []
    assert "Ada \ufffd" in text_of(content, tmp_path)


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
@pytest.mark.poppler
def test_name_can_be_copied_and_searched_for(text: str, tmp_path: Path) -> None:
    content = drawn_with(text)

    assert text in text_of(content, tmp_path)


@pytest.mark.poppler
def test_text_from_right_to_left_is_read_in_its_order(tmp_path: Path) -> None:
    text = text_of(drawn_with("שלום כהן"), tmp_path)

    assert "שלום כהן" in text


def test_joining_letters_are_drawn_joined() -> None:
    """Four letters alone take four glyphs; joined, each has another form."""
    apart = reading.pictures(drawn_with("م ح م د"))
    joined = reading.pictures(drawn_with("محمد"))

    assert len(joined - apart) >= 3


def test_characters_are_drawn_as_buyers_country_writes_them() -> None:
    for country, region in {"JP": "JP", "TW": "TC", "KR": "KR", "CN": "SC", "DE": "SC"}.items():
        fonts = reading.fonts(drawn_with("直骨", country)).values()

        assert f"/AAAAAA+NotoSans{region}-Regular" in {font["/BaseFont"] for font in fonts}


def test_equal_documents_have_equal_bytes_after_other_shaping() -> None:
    first = drawn_with("नरेन्द्र محمد 김민준")

    for text in (*BACKWARDS.values(), *NAMES.values()):
        drawn_with(text)

    assert drawn_with("नरेन्द्र محمد 김민준") == first


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_text_draws_a_missing_glyph(text: str) -> None:
    assert reading.missing(drawn_with(text)) == []


def text_of(content: bytes, folder: Path) -> Any:
    file = folder / "document.pdf"
    file.write_bytes(content)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
