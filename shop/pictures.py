"""Uploaded pictures: checked by their content, and encoded anew before they are stored.

So what is served was written by the shop: no metadata such as the place of a photograph, no
content of another kind behind the name of a picture. SVG can hold scripts and is refused.
"""

from hashlib import sha256
from io import BytesIO
from typing import IO, NamedTuple

from django.core.exceptions import ValidationError
from PIL import Image, ImageOps

from shop.models import Picture
from shop.parsers import LARGEST_PICTURE

FORMATS = ["JPEG", "PNG", "WEBP"]
MOST_PIXELS = 25_000_000
"""Decoded, each takes up to four bytes of memory."""
SMALLEST, LARGE, SMALL = 100, 1200, 480
"""Pixels: the least of both sides, and the most of the longer side as stored."""
QUALITY = 82

UNREADABLE = (
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
)
"""What Pillow raises for a file that is none of FORMATS, or is damaged."""


class Encoded(NamedTuple):
    """A picture as WebP, in its two sizes."""

    large: bytes
    small: bytes


def encoded(file: IO[bytes]) -> Encoded:
    """The picture in an uploaded file.

    Raises:
        ValidationError: the file is too large or is no picture of FORMATS, or its sides are too
            short or too long.
    """
    content = file.read(LARGEST_PICTURE + 1)
    if len(content) > LARGEST_PICTURE:
        raise ValidationError(
            f"The file is larger than {LARGEST_PICTURE // 1024**2} MiB; shrink the picture."
        )
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_sides(*image.size)
            # A large JPEG is decoded at the size that is needed, at a fraction of the memory.
            image.draft("RGB", (LARGE, LARGE))
            upright = ImageOps.exif_transpose(image)
            shown = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UNREADABLE as error:
        raise ValidationError(
            "This is no JPEG, PNG or WebP picture, or it is damaged. Save it as one of these."
        ) from error
    return Encoded(_webp(shown, LARGE), _webp(shown, SMALL))


def stored(picture: Encoded) -> Picture:
    """Its row; an equal picture is stored once."""
    digest = sha256(picture.large).hexdigest()[:24]
    row, _ = Picture.objects.get_or_create(digest=digest, defaults=picture._asdict())
    return row


def remove_unused() -> int:
    """Delete the pictures that no product has; returns how many."""
    count, _by_model = Picture.objects.filter(products__isnull=True).delete()
    return count


def _check_sides(width: int, height: int) -> None:
    if min(width, height) < SMALLEST:
        raise ValidationError(
            f"The picture has {width} x {height} pixels; each side must have {SMALLEST} or more."
        )
    if width * height > MOST_PIXELS:
        raise ValidationError(
            f"The picture has {width} x {height} pixels; {MOST_PIXELS // 10**6} million is the "
            "limit. Shrink it."
        )


def _webp(image: Image.Image, longest: int) -> bytes:
    image.thumbnail((longest, longest))
    out = BytesIO()
    image.save(out, "WEBP", quality=QUALITY, exif=b"", icc_profile=None)
    return out.getvalue()
