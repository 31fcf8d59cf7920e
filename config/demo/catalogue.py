"""The demo catalogue. Prices are in euro and include VAT.

The rate is 7 % for books and food, else 19 % (German VAT act, section 12).
"""

from decimal import Decimal
from typing import NamedTuple

FULL, REDUCED = Decimal("0.19"), Decimal("0.07")
PLENTY = 5000


class Good(NamedTuple):
    """One product, with its stock in pieces."""

    sku: str
    name: str
    price: Decimal
    tax_rate: Decimal
    stock: int
    description: str


def _good(sku: str, name: str, price: str, about: str, tax: Decimal, stock: int = PLENTY) -> Good:
    return Good(sku, name, Decimal(price), tax, stock, about)


BOOKS = [
    _good("BOOK-ATLAS", "Atlas of Quiet Places", "39.00", "240 maps of where few go.", REDUCED),
    _good("BOOK-BREAD", "Bread in Five Steps", "24.90", "Sixty loaves, one dough.", REDUCED),
    _good("BOOK-CLOCKS", "How Clocks Work", "18.50", "From the sundial to caesium.", REDUCED),
    _good("BOOK-HARBOUR", "The Harbour Novel", "14.00", "A family, a crane, a storm.", REDUCED),
    _good("BOOK-FIRST", "First Edition, signed", "189.00", "Numbered, in a slipcase.", REDUCED, 3),
]
FOOD = [
    _good("FOOD-COFFEE", "Coffee, 1 kg, whole beans", "21.90", "Dark roast, low acid.", REDUCED),
    _good("FOOD-HONEY", "Lime blossom honey, 500 g", "9.80", "From city gardens.", REDUCED),
    _good("FOOD-OLIVE", "Olive oil, 750 ml", "17.40", "One grove, cold pressed.", REDUCED),
    _good("FOOD-PASTA", "Spelt pasta, 500 g", "3.20", "Slowly dried bronze cut.", REDUCED),
    _good("FOOD-TEA", "Assam tea, 250 g", "11.50", "Second flush, malty.", REDUCED),
    _good("FOOD-TRUFFLE", "Winter truffle, 20 g", "64.00", "While there are any.", REDUCED, 5),
]
KITCHEN = [
    _good("KITCHEN-BOARD", "Oak chopping board", "44.00", "End grain, 40 x 30 cm.", FULL),
    _good("KITCHEN-KNIFE", "Chef's knife, 20 cm", "89.00", "Carbon steel, walnut.", FULL),
    _good("KITCHEN-MUG", "Stoneware mug", "16.00", "300 ml, glazed by hand.", FULL),
    _good("KITCHEN-PAN", "Iron pan, 28 cm", "59.00", "Lasts longer than you.", FULL),
    _good("KITCHEN-SCALE", "Kitchen scale", "34.90", "To the gram, up to 5 kg.", FULL),
]
DESK = [
    _good("DESK-BLOTTER", "Leather blotter", "72.00", "Vegetable tanned, 60 x 40.", FULL),
    _good("DESK-INK", "Ink, blue-black, 50 ml", "12.90", "Fast to light and water.", FULL),
    _good("DESK-LAMP", "Reading lamp", "119.00", "Warm light, three joints.", FULL),
    _good("DESK-NOTEBOOK", "Notebook, dotted, A5", "14.50", "192 pages, lies flat.", FULL),
    _good("DESK-PEN", "Fountain pen", "49.00", "Piston filler, fine nib.", FULL),
    _good("DESK-PENCIL", "Pencils, twelve", "9.60", "Cedar, 2H to 4B.", FULL),
]
HOME = [
    _good("HOME-BLANKET", "Wool blanket", "129.00", "Merino, 140 x 200 cm.", FULL),
    _good("HOME-CANDLE", "Beeswax candles, six", "19.80", "Eight hours each.", FULL),
    _good("HOME-CHAIR", "Folding chair", "84.00", "Beech, carries 150 kg.", FULL),
    _good("HOME-CLOCK", "Wall clock, silent", "69.00", "A hand that glides.", FULL),
    _good("HOME-VASE", "Glass vase, one of few", "149.00", "Blown in a mould.", FULL, 2),
    _good("HOME-SHELF", "Wall shelf, 80 cm", "54.00", "Steel and ash.", FULL),
]

CATALOGUE: list[Good] = [*BOOKS, *FOOD, *KITCHEN, *DESK, *HOME]

SCARCE = {good.sku for good in CATALOGUE if good.stock < 10}
"""SKUs with little stock; orders of them are soon rejected."""
