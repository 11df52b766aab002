"""Products that have long been on the shelves."""

from typing import Final

from shop.demo import pictures_bench as bench
from shop.demo import pictures_house as house
from shop.demo.kinds import DemoProduct, crossed, one, several

STAPLES: Final[tuple[DemoProduct, ...]] = (
    DemoProduct(
        *("TWINE", "Hemp Twine", "workshop", "Weft House", 900),
        "<p>Three-ply hemp, polished so it runs through the hand. Ties parcels, beans and boats.</p>"
        "<ul><li>100 m, about 2 mm thick</li></ul>",
        bench.draw_twine,
        (("Natural", "#c2a36b"),),
        one(85),
    ),
    DemoProduct(
        *("SPOON", "Olive Wood Spoons, Set of Three", "kitchen", "Timber & Tine", 2600),
        "<p>Carved from prunings of old trees. Rinse them by hand, oil them when they look dry.</p>",
        house.draw_spoons,
        (("Olive wood", "#b98a4f"),),
        one(31),
    ),
    DemoProduct(
        *("PENCIL", "Cedar Pencils, Set of Six", "desk", "Orrin", 1200),
        "<p>Incense cedar around a core that does not break in the sharpener.</p>",
        bench.draw_pencils,
        (("Fir", "#2f5d50"),),
        several("Hardness", ("HB", "HB", 48), ("2B", "2B", 27), ("4H", "4H", 0)),
    ),
    DemoProduct(
        *("BOOKEND", "Folded Steel Bookends", "desk", "Ironmoor", 3400),
        "<p>A pair, each bent from one sheet. The foot slides under the first book, so the last "
        "one cannot tip.</p>",
        bench.draw_bookends,
        (("Graphite", "#43494e"),),
        one(16),
        "optimistic",
    ),
    DemoProduct(
        *("SHEARS", "Paper Shears", "desk", "Halden & Sons", 4900),
        "<p>Hand-ground blades, a screw you can set yourself, and handles for a whole hand.</p>"
        "<ul><li>21 cm</li><li>Can be ground again for decades</li></ul>",
        bench.draw_shears,
        (("Black", "#2b3034"),),
        several("Hand", ("RIGHT", "Right", 12), ("LEFT", "Left", 2)),
    ),
    DemoProduct(
        *("CANDLE", "Brass Candlestick", "table", "Halden & Sons", 3600),
        "<p>Spun and turned brass with a foot heavy enough for long evenings. For common 22 mm candles.</p>",
        house.draw_candles,
        (("Brass", "#c9993f"),),
        several("Height", ("16", "16 cm", 14), ("22", "22 cm", 9, 900)),
    ),
    DemoProduct(
        *("BOWL", "Footed Bowl", "table", "Kiln Row", 5600),
        "<p>Wide enough for a week of fruit. The rim is dipped twice; where the glazes meet, they run.</p>"
        "<ul><li>28 cm</li><li>Dishwasher safe</li></ul>",
        house.draw_bowl,
        (("Sea", "#8fa3a0"), ("Sand", "#c9ab82")),
        several("Colour", ("SEA", "Sea", 7), ("SAND", "Sand", 3)),
        "pessimistic",
    ),
    DemoProduct(
        *("TEAPOT", "Cane-handled Teapot", "table", "Kiln Row", 8800),
        "<p>Pours without a drip, down to the last cup. The sieve is part of the body, so it "
        "cannot get lost.</p>"
        "<ul><li>0.8 l</li><li>Handle replaced free of charge</li></ul>",
        house.draw_teapot,
        (("Slate", "#6f7f84"),),
        one(5),
    ),
    DemoProduct(
        *("MILL", "Walnut Pepper Mill", "kitchen", "Timber & Tine", 7200),
        "<p>A hardened steel grinder in one piece of walnut. Coarse to dust with a turn of the knob.</p>",
        house.draw_mill,
        (("Walnut", "#5a3a26"),),
        several("Height", ("15", "15 cm", 19), ("22", "22 cm", 6, 1600)),
    ),
    DemoProduct(
        *("BELT", "Bridle Leather Belt", "wardrobe", "North Fork", 6900),
        "<p>Cut from one butt of oak-bark leather, edges waxed by hand. It stretches for a month, "
        "then never again.</p>",
        house.draw_belt,
        (("Chestnut", "#8a5630"), ("Black", "#3a3634")),
        crossed(
            "Colour",
            (("CHESTNUT", "Chestnut"), ("BLACK", "Black")),
            "Length",
            (("85", (8, 6)), ("95", (15, 12)), ("105", (0, 3))),
        ),
    ),
    DemoProduct(
        *("CAP", "Melton Wool Cap", "wardrobe", "Fell & Ferry", 4400),
        "<p>Dense wool that sheets off drizzle, lined with cotton. The strap at the back fits it to you.</p>",
        house.draw_cap,
        (("Slate", "#56616b"), ("Moss", "#5f6b49")),
        several("Colour", ("SLATE", "Slate", 18), ("MOSS", "Moss", 10)),
    ),
    DemoProduct(
        *("SCARF", "Lambswool Scarf", "wardrobe", "Weft House", 5800),
        "<p>Woven, washed and brushed with teasels. Long enough to go round twice.</p>"
        "<ul><li>30 by 190 cm</li></ul>",
        house.draw_scarf,
        (("Madder", "#8c3b32"), ("Harbour", "#34506b")),
        several("Colour", ("MADDER", "Madder", 9), ("HARBOUR", "Harbour", 0)),
        "optimistic",
    ),
    DemoProduct(
        *("CUP", "Enamel Camp Mug", "outdoors", "Ironmoor", 1800),
        "<p>Goes on the fire, survives the fall, and shows both. 350 ml, with a rim of bare steel.</p>",
        house.draw_camp_mug,
        (("Lake", "#2f5573"), ("Cream", "#efe6d2")),
        several("Colour", ("LAKE", "Lake", 44), ("CREAM", "Cream", 2)),
    ),
    DemoProduct(
        *("AXE", "Camp Hatchet", "outdoors", "Ironmoor", 9800),
        "<p>A forged head on a hickory haft, ground so that it splits and carves. Comes with a "
        "leather guard.</p>"
        "<ul><li>600 g head</li><li>38 cm long</li></ul>",
        bench.draw_axe,
        (("Hickory", "#c58f55"),),
        one(8),
        "pessimistic",
    ),
    DemoProduct(
        *("SQUARE", "Rosewood Try Square", "workshop", "Timber & Tine", 6200),
        "<p>True inside and out, and checked against its neighbour before it leaves the bench. The "
        "wood is reclaimed.</p>",
        bench.draw_square,
        (("Rosewood", "#5d3d28"),),
        several("Length", ("150", "150 mm", 22), ("230", "230 mm", 3, 1500)),
    ),
    DemoProduct(
        *("CHISEL", "Bench Chisels, Set of Three", "workshop", "Timber & Tine", 11800),
        "<p>6, 12 and 24 mm, sharpened and honed. The handles are ash and take a mallet every day.</p>",
        bench.draw_chisels,
        (("Ash", "#c58f55"),),
        one(11),
    ),
)
