"""Pictures of products: drawn by the shop, or uploaded."""

import re
from io import BytesIO
from xml.dom.minidom import parseString

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from PIL import Image

from shop.drawings import MOTIFS, draw, drawing_url
from shop.models import Category, Product
from shop.pictures import encoded, remove_unused, stored

pytestmark = pytest.mark.django_db


def file(kind: str = "PNG", size: tuple[int, int] = (640, 480), **options: object) -> BytesIO:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    out.seek(0)
    return out


def cup(**options: object) -> Product:
    return Product(**{"sku": "KITCHEN-CUP", "name": "A cup", "unit_price": 1} | options)


def test_product_without_picture_is_drawn(client: Client) -> None:
    answer = client.get(cup().picture_url)

    assert answer["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    parseString(answer.content)


def test_drawing_follows_from_sku_and_category_alone() -> None:
    assert cup().picture_url == cup(name="Another").picture_url
    assert "/pictures/mug/" in drawing_url("KITCHEN-MUG", "books")
    assert "/pictures/mug/" in drawing_url("KITCHEN-CUP", "books")
    assert "/pictures/books/" in drawing_url("X-1", "books")
    assert "/pictures/parcel/" in drawing_url("X-1", "spoons")
    assert draw("mug", "A") != draw("mug", "B")


@pytest.mark.parametrize("motif", sorted(path.stem for path in MOTIFS.glob("*.svg")))
def test_every_drawing_is_well_formed_and_runs_nothing(client: Client, motif: str) -> None:
    content = client.get(drawing_url(motif.upper(), "")).content.decode()

    parseString(content)
    assert not re.search(r"\$|<script|<style|style=|\bon\w+=|href", content)


def test_earlier_version_leads_to_todays_drawing(client: Client) -> None:
    address = drawing_url("MUG", "")
    earlier = re.sub(r"-\w+\.svg", "-00000000.svg", address)

    assert client.get(earlier)["Location"] == address
    assert client.get("/pictures/spoon/1-1.svg").status_code == 404


def test_unchanged_picture_is_not_sent_again(client: Client) -> None:
    address = drawing_url("MUG", "")
    etag = client.get(address)["ETag"]

    again = client.get(address, headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_upload_is_encoded_anew_in_two_sizes(client: Client, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    picture = stored(encoded(file(kind, (2000, 1500), exif=exif)))
    shown = cup(picture=picture)

    large = client.get(shown.picture_url)
    small = client.get(shown.thumbnail_url)

    assert large["Content-Type"] == "image/webp"
    assert "immutable" in large["Cache-Control"]
    assert b"taken at home" not in large.content
    assert Image.open(BytesIO(large.content)).size == (1200, 900)
    assert Image.open(BytesIO(small.content)).size == (480, 360)


def test_equal_uploads_are_stored_once() -> None:
    assert stored(encoded(file())).pk == stored(encoded(file())).pk


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), "no JPEG, PNG or WebP"),
        (file("GIF"), "no JPEG, PNG or WebP"),
        (BytesIO(file().getvalue()[:200]), "no JPEG, PNG or WebP"),
        (BytesIO(b""), "no JPEG, PNG or WebP"),
        (BytesIO(b"x" * (5 * 1024 * 1024 + 1)), "larger than 5 MiB"),
        (file(size=(640, 99)), "640 x 99 pixels"),
        (file(size=(6000, 5000)), "6000 x 5000 pixels"),
    ],
)
def test_upload_that_is_no_fitting_picture_is_refused(content: BytesIO, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        encoded(content)


def test_unused_pictures_alone_are_removed() -> None:
    used = stored(encoded(file()))
    stored(encoded(file(size=(300, 300))))
    cup(picture=used, category=Category.objects.create(name="Cups", slug="cups")).save()

    assert remove_unused() == 1
    assert Product.objects.get().picture == used
