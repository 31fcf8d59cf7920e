"""Each country has its own address; what is missing or wrong is said by field."""

from typing import Any

import pytest
from django_countries import countries
from hypothesis import given
from hypothesis import strategies as st

from shop.addresses import InvalidAddress, completed, lines
from shop.events import Address

STREET = "1 Main Street"
PARTS = ("line2", "postal_code", "city", "region")


def address(**parts: Any) -> Address:
    return Address(**{"line1": STREET, "country": "DE"} | parts)


@pytest.mark.parametrize("country", ["AE", "HK", "QA", "PA", "AG", "BS", "GH", "IE", "ZW"])
def test_country_without_postal_codes_needs_none(country: str) -> None:
    completed({"line1": STREET, "city": "Town", "country": country})


@pytest.mark.parametrize("country", ["SG", "GI", "HK", "AE"])
def test_city_state_needs_no_city(country: str) -> None:
    code = {"SG": "238801", "GI": "GX11 1AA"}.get(country, "")

    assert completed({"line1": STREET, "postal_code": code, "country": country})["city"] == ""


@pytest.mark.parametrize("country", ["DE", "US", "FR", "JP", "GB", "BR"])
def test_missing_and_bad_postal_codes_are_named(country: str) -> None:
    for code in ("", "1", "not one"):
        with pytest.raises(InvalidAddress) as refusal:
            completed({"line1": STREET, "city": "Town", "postal_code": code, "country": country})

        assert set(refusal.value.errors) == {"postal_code"}


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("GB", "sw1a 1aa", "SW1A 1AA"),
        ("NL", "1234ab", "1234AB"),
        ("IN", "110 001", "110001"),
        ("MD", "MD-2012", "2012"),
        ("AE", "00000", "00000"),
        ("CA", "h3z 2y7", "H3Z 2Y7"),
    ],
)
def test_postal_code_is_stored_in_countrys_format(country: str, typed: str, kept: str) -> None:
    done = completed({"city": "Town", "postal_code": typed, "country": country})

    assert done["postal_code"] == kept


@pytest.mark.parametrize(
    ("country", "code", "typed", "kept"),
    [
        ("US", "62704", "illinois", "IL"),
        ("US", "62704", "IL", "IL"),
        ("AU", "2000", "New South Wales", "NSW"),
        ("US", "62704", "Somewhere new", "Somewhere new"),
        ("DE", "80331", "Bayern", "Bayern"),
        ("JP", "100-0001", "Tokyo", "Tokyo"),
    ],
)
def test_region_is_stored_by_code_or_as_typed(
    country: str, code: str, typed: str, kept: str
) -> None:
    done = completed({"city": "Town", "postal_code": code, "region": typed, "country": country})

    assert done["region"] == kept


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (address(postal_code="10115", city="Berlin"), ["Ada", STREET, "10115 Berlin"]),
        (
            address(country="US", city="Springfield", region="IL", postal_code="62704"),
            ["Ada", STREET, "Springfield, IL 62704"],
        ),
        (
            address(country="US", city="Springfield", postal_code="62704"),
            ["Ada", STREET, "Springfield 62704"],
        ),
        (
            address(country="GB", line2="Flat 2", city="London", postal_code="SW1A 1AA"),
            ["Ada", STREET, "Flat 2", "London", "SW1A 1AA"],
        ),
        (
            address(country="HK", city="Central", region="Kowloon"),
            ["Ada", STREET, "Central", "Kowloon"],
        ),
        (address(country="AE", city="Dubai"), ["Ada", STREET, "Dubai"]),
        (
            address(country="SG", city="Singapore", postal_code="238801"),
            ["Ada", STREET, "SINGAPORE 238801"],
        ),
        (
            address(country="MD", city="Chisinau", postal_code="2012"),
            ["Ada", STREET, "MD-2012 Chisinau"],
        ),
        (address(country="MD", city="Chisinau"), ["Ada", STREET, "Chisinau"]),
        (
            address(
                country="JP",
                line1="千代田1-1",
                city="千代田区",
                region="東京都",
                postal_code="100-0001",
            ),
            ["〒100-0001", "東京都", "千代田区", "千代田1-1", "Ada"],
        ),
        (
            address(country="JP", line1="1-1 Chiyoda", region="東京都", postal_code="100-0001"),
            ["Ada", "1-1 Chiyoda, Tokyo", "100-0001"],
        ),
        (
            address(country="DE", city="München", region="Bayern", postal_code="80331"),
            ["Ada", STREET, "80331 München", "Bayern"],
        ),
    ],
)
def test_lines_are_in_countrys_order(place: Address, written: list[str]) -> None:
    assert lines(place, "Ada") == written


@given(
    country=st.sampled_from([code for code, _ in countries]),
    parts=st.fixed_dictionaries(
        {
            name: st.sampled_from(["", f"x{name}y"])
            for name in ("line2", "postal_code", "city", "region")
        }
    ),
)
def test_no_part_of_address_is_lost_in_any_country(country: str, parts: dict[str, str]) -> None:
    written = " ".join(lines(address(country=country, **parts), "The name"))

    for part in (*parts.values(), STREET, "The name"):
        assert part in written


def test_country_without_data_is_formatted() -> None:
    assert lines(address(country="ZZ", city="Town")) == [STREET, "Town"]
