"""The demo catalogue. Prices are in euro and include the tax.

The rate is 7 % for books and food, else 19 % (German VAT act, section 12).
"""

from decimal import Decimal
from typing import NamedTuple

FULL, REDUCED = Decimal("0.19"), Decimal("0.07")
PLENTY = 5000


class Good(NamedTuple):
    """One product, with its stock in pieces and the name of its category."""

    sku: str
    name: str
    price: Decimal
    description: str
    category: str
    tax_rate: Decimal
    stock: int


class Row(NamedTuple):
    """A good as it stands below, on the shelf of its category."""

    sku: str
    name: str
    price: str
    description: str
    stock: int = PLENTY


BOOKS = [
    Row("BOOK-ATLAS", "Atlas of Quiet Places", "39.00",
        "240 maps of where few people go: salt flats, peat bogs, the last lighthouse of the north. "
        "Printed on uncoated paper that takes a pencil.\n\nHardcover, 25 x 33 cm, 312 pages."),
    Row("BOOK-BREAD", "Bread in Five Steps", "24.90",
        "Sixty loaves from one dough. Each step has a picture, and each mistake has its page.\n\n"
        "Softcover with flaps, 208 pages."),
    Row("BOOK-CLOCKS", "How Clocks Work", "18.50",
        "From the sundial to caesium: what ticks, why it drifts, and who noticed first. With 90 "
        "drawings to follow by finger.\n\nHardcover, 176 pages."),
    Row("BOOK-HARBOUR", "The Harbour Novel", "14.00",
        "A family, a crane, a storm. Three generations count the ships, and one of them counts "
        "wrong.\n\nPaperback, 416 pages."),
    Row("BOOK-FIRST", "First Edition, signed", "189.00",
        "One of two hundred numbered copies, signed by its author, in a linen slipcase. When they "
        "are gone, they are gone.", 3),
]  # fmt: skip
FOOD = [
    Row("FOOD-COFFEE", "Coffee, 1 kg, whole beans", "21.90",
        "A dark roast, low in acid, with a note of cocoa. Roasted on Mondays, so that it rests "
        "before it is ground."),
    Row("FOOD-HONEY", "Lime blossom honey, 500 g", "9.80",
        "From hives in the gardens of the city, where the lime trees stand in rows. Light, minty, "
        "and set after a winter."),
    Row("FOOD-OLIVE", "Olive oil, 750 ml", "17.40",
        "One grove, one press, one day: picked in the morning, cold pressed by night. Green and "
        "peppery."),
    Row("FOOD-PASTA", "Spelt pasta, 500 g", "3.20",
        "Pressed through bronze and dried slowly, so that the surface is rough and holds its "
        "sauce. Cooks in nine minutes."),
    Row("FOOD-TEA", "Assam tea, 250 g", "11.50",
        "Second flush, malty and strong enough for milk. Whole leaves in a tin that closes."),
    Row("FOOD-TRUFFLE", "Winter truffle, 20 g", "64.00",
        "Black, and found by a dog named Otto. Ships in rice; keeps for a week, if you can "
        "wait.", 5),
]  # fmt: skip
KITCHEN = [
    Row("KITCHEN-BOARD", "Oak chopping board", "44.00",
        "End grain, which closes again after each cut. Oiled once a month it outlives the "
        "knife.\n\n40 x 30 x 4 cm."),
    Row("KITCHEN-KNIFE", "Chef's knife, 20 cm", "89.00",
        "Carbon steel that takes a fine edge and a dark patina, with a handle of walnut. Wash it "
        "by hand, and dry it at once."),
    Row("KITCHEN-MUG", "Stoneware mug", "16.00",
        "300 ml, thrown in one piece and glazed by hand. No two are alike, and all of them "
        "survive the dishwasher."),
    Row("KITCHEN-PAN", "Iron pan, 28 cm", "59.00",
        "Forged from one sheet, without a coating that wears off. Better with every year."),
    Row("KITCHEN-SCALE", "Kitchen scale", "34.90",
        "To the gram, up to 5 kg. Tares at a touch and turns itself off."),
]  # fmt: skip
DESK = [
    Row("DESK-BLOTTER", "Leather blotter", "72.00",
        "Vegetable tanned, so it darkens where your arm rests. 60 x 40 cm, with a back of felt."),
    Row("DESK-INK", "Ink, blue-black, 50 ml", "12.90",
        "Iron gall ink, fast to light and water. It is blue when it is written, and black the "
        "next morning."),
    Row("DESK-LAMP", "Reading lamp", "119.00",
        "Warm light on the page and none in the eyes. Three joints, a weighted foot, and a dimmer "
        "in the cable."),
    Row("DESK-NOTEBOOK", "Notebook, dotted, A5", "14.50",
        "192 numbered pages, thread-bound, so that it lies flat from the first to the last."),
    Row("DESK-PEN", "Fountain pen", "49.00",
        "Fills by a piston, holds ink for a week of letters, and starts at once. Nib of steel, "
        "fine."),
    Row("DESK-PENCIL", "Pencils, twelve", "9.60",
        "Cedar, from 2H for lines to 4B for shadows. In a tin that fits a coat."),
]  # fmt: skip
HOME = [
    Row("HOME-BLANKET", "Wool blanket", "129.00",
        "Merino, woven twice as dense as it looks. 140 x 200 cm, enough for two on a sofa."),
    Row("HOME-CANDLE", "Beeswax candles, six", "19.80",
        "Poured and dipped; eight hours each, without smoke. They smell of the hive."),
    Row("HOME-CHAIR", "Folding chair", "84.00",
        "Beech and canvas. Folds to the width of a hand, and carries 150 kg."),
    Row("HOME-CLOCK", "Wall clock, silent", "69.00",
        "A second hand that glides, and nothing that ticks. 30 cm, behind glass."),
    Row("HOME-VASE", "Glass vase, one of few", "149.00",
        "Blown in a mould that broke. A handful were made before it did.", 2),
    Row("HOME-SHELF", "Wall shelf, 80 cm", "54.00",
        "A board of ash on two brackets of steel. Carries 20 kg of the books above."),
]  # fmt: skip

SHELVES = {
    "Books": (BOOKS, REDUCED),
    "Food": (FOOD, REDUCED),
    "Kitchen": (KITCHEN, FULL),
    "Desk": (DESK, FULL),
    "Home": (HOME, FULL),
}
"""Goods and their tax rate by the name of the category, in the categories' order."""

_ROWS = [
    (place, Good(row.sku, row.name, Decimal(row.price), row.description, name, rate, row.stock))
    for name, (rows, rate) in SHELVES.items()
    for place, row in enumerate(rows)
]
CATALOGUE: list[Good] = [good for _place, good in sorted(_ROWS, key=lambda row: row[0])]
"""The first of each category, then the second: so the newest products are of all categories."""

SCARCE = {good.sku for good in CATALOGUE if good.stock < 10}
"""SKUs with little stock; orders of them are soon rejected."""
