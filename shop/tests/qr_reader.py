"""Reads a QR code as a scanner does, by ISO/IEC 18004 and not by the library that drew it.

Only error level M and versions 1 to 13, which a Girocode may have. Damage is noticed, not mended.
"""

from collections.abc import Callable, Iterator, Sequence

Modules = Sequence[Sequence[bool]]

BLOCKS = {
    1: (10, [16]), 2: (16, [28]), 3: (26, [44]), 4: (18, [32] * 2), 5: (24, [43] * 2),
    6: (16, [27] * 4), 7: (18, [31] * 4), 8: (22, [38] * 2 + [39] * 2),
    9: (22, [36] * 3 + [37] * 2), 10: (26, [43] * 4 + [44]), 11: (30, [50] + [51] * 4),
    12: (22, [36] * 6 + [37] * 2), 13: (22, [37] * 8 + [38]),
}  # fmt: skip
"""By version: codewords of error correction in each block, and those of data (table 9)."""

ALIGNED = {
    1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38],
    8: [6, 24, 42], 9: [6, 26, 46], 10: [6, 28, 50], 11: [6, 30, 54], 12: [6, 32, 58],
    13: [6, 34, 62],
}  # fmt: skip
"""By version: rows and columns of the centres of the alignment patterns (annex E)."""

FORMAT_MASK = 0b101010000010010
LEVEL_M = 0b00
BYTES = 0b0100
MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda y, x: (y + x) % 2,
    lambda y, _x: y % 2,
    lambda _y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)


def read(modules: Modules) -> str:
    """The code's text, which must be in bytes of UTF-8; fails if a codeword is wrong."""
    version = (len(modules) - 17) // 4
    format_bits = _format(modules) ^ FORMAT_MASK
    assert format_bits >> 13 == LEVEL_M
    mask = MASKS[format_bits >> 10 & 0b111]
    bits = [
        modules[y][x] ^ (mask(y, x) == 0)
        for y, x in _path(len(modules))
        if not _is_function(version, y, x)
    ]
    words = [_number(bits[start : start + 8]) for start in range(0, len(bits) - 7, 8)]
    data = _data(version, words)
    stream = [bool(word >> shift & 1) for word in data for shift in range(7, -1, -1)]
    assert _number(stream[:4]) == BYTES
    size = 8 if version < 10 else 16
    count = _number(stream[4 : 4 + size])
    start = 4 + size
    text = bytes(_number(stream[at : at + 8]) for at in range(start, start + 8 * count, 8))
    return text.decode()


def _format(modules: Modules) -> int:
    across = [modules[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)]
    return _number([*across, *(modules[y][8] for y in (7, 5, 4, 3, 2, 1, 0))])


def _path(size: int) -> Iterator[tuple[int, int]]:
    """Two columns at a time from the right, up and down; the column of the timing pattern not."""
    up = True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for y in range(size - 1, -1, -1) if up else range(size):
            yield y, right
            yield y, right - 1
        up = not up


def _is_function(version: int, y: int, x: int) -> bool:
    size = 17 + 4 * version
    finder = (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9)
    about = version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11))
    if finder or about or 6 in (y, x):
        return True
    centres = ALIGNED[version]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return any(
        abs(y - row) <= 2 and abs(x - column) <= 2
        for row in centres
        for column in centres
        if (row, column) not in corners
    )


def _data(version: int, words: list[int]) -> list[int]:
    """The codewords of data in the blocks' order, each block without an error."""
    correcting, sizes = BLOCKS[version]
    blocks: list[list[int]] = [[] for _ in sizes]
    left = iter(words)
    for place in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if place < size:
                block.append(next(left))
    whole = [list(block) for block in blocks]
    for _ in range(correcting):
        for block in whole:
            block.append(next(left))
    for block in whole:
        assert _syndromes(block, correcting) == [0] * correcting
    return [word for block in blocks for word in block]


def _syndromes(block: list[int], count: int) -> list[int]:
    powers = [1]
    for _ in range(254):
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0x11D if doubled > 255 else doubled)
    log = {power: exponent for exponent, power in enumerate(powers)}

    def value(root: int) -> int:
        found = 0
        for word in block:
            shifted = powers[(log[found] + root) % 255] if found else 0
            found = shifted ^ word
        return found

    return [value(root) for root in range(count)]


def _number(bits: Sequence[bool]) -> int:
    return int("".join("01"[bit] for bit in bits), 2)
