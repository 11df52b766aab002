"""An export of a shop with a large catalogue, of words and options as shops have them."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HEADER: Final = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Option1 Name", "Option1 Value"),
    *("Option2 Name", "Option2 Value", "Variant SKU", "Variant Inventory Qty", "Variant Price"),
)
_KINDS: Final = ("Kettle", "Mug", "Lamp", "Chair", "Blanket", "Knife", "Tent", "Jacket", "Scarf", "Bowl")
_LOOKS: Final = (
    "Enamel",
    "Oak",
    "Linen",
    "Steel",
    "Woollen",
    "Folding",
    "Striped",
    "Plain",
    "Large",
    "Little",
)
_CHINESE: Final = ("不锈钢水壶", "陶瓷杯", "台灯", "木椅", "毛毯", "菜刀", "帐篷", "外套", "围巾", "饭碗")
_COLOURS: Final = ("Red", "Green", "Blue", "Black", "White", "Sand")
_SIZES: Final = ("XS", "S", "M", "L", "XL")
_WORDS: Final = (
    *("made", "hand", "small", "numbers", "grows", "mined", "workshop", "meant", "used", "every", "day"),
    *("shape", "washes", "well", "mended", "something", "breaks", "takes", "years", "colour", "holds", "sun"),
    *("salt", "rain", "handles", "stay", "cool", "lids", "close", "tightly", "seams", "sewn", "twice"),
)


def write_export(path: Path, *, products: int, variants: int) -> None:
    """Write a file of so many products, which have so many variants among them; the same every time."""
    chance = random.Random(20261123)  # noqa: S311 - it only has to look like a shop
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADER)
        for number in range(products):
            count = variants * (number + 1) // products - variants * number // products
            writer.writerows(_list_rows(number, count, chance))


def _list_rows(number: int, variants: int, chance: random.Random) -> Iterator[list[object]]:
    kind = number % len(_KINDS)
    title = f"{chance.choice(_LOOKS)} {_KINDS[kind]} {number} {_CHINESE[kind]}"
    text = f"<p>{' '.join(chance.sample(_WORDS, 30))}</p>"
    price = chance.randrange(500, 30_000)
    about: list[object] = [title, text, f"Maker {number % 200}", f"{_KINDS[kind]}s"]
    for place in range(variants):
        colour, size = _COLOURS[place // len(_SIZES) % len(_COLOURS)], _SIZES[place % len(_SIZES)]
        sku = f"{_KINDS[kind][:3].upper()}-{number:05}-{place:02}"
        stock = chance.choice((0, 3, 12, 40))
        options = ("Size", size, "Colour", colour)
        cells = about if place == 0 else [""] * len(about)
        yield [f"product-{number}", *cells, *options, sku, stock, f"{(price + 100 * place) / 100:.2f}"]
