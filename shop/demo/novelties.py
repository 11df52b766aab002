"""Products that came last; the very last ones open the home page."""

from typing import Final

from shop.demo import pictures_desk as desk
from shop.demo import pictures_kitchen as kitchen
from shop.demo import pictures_outside as outside
from shop.demo.kinds import DemoProduct, crossed, one, several

NOVELTIES: Final[tuple[DemoProduct, ...]] = (
    DemoProduct(
        *("LAMP", "Jointed Desk Lamp", "desk", "Halden & Sons", 11900),
        "<p>Two joints, one switch, and a shade that stays where it is put. The arm is balanced by "
        "friction, not springs.</p>"
        "<ul><li>Steel shade, brass joints</li><li>E14 bulb included</li><li>Reach 62 cm</li></ul>",
        desk.draw_lamp,
        (("Brick", "#b9482f"), ("Ink", "#2b3a55")),
        several("Colour", ("BRICK", "Brick", 9), ("INK", "Ink", 2)),
    ),
    DemoProduct(
        *("CLOCK", "Station Wall Clock", "desk", "Halden & Sons", 8400),
        "<p>Readable from across the room, silent from right below. A sweeping movement with no tick.</p>"
        "<ul><li>30 cm, glass front</li><li>One AA cell lasts about two years</li></ul>",
        desk.draw_clock,
        (("Fir", "#2d5a4c"),),
        one(14),
        "optimistic",
    ),
    DemoProduct(
        *("PEN", "Brass Fountain Pen", "desk", "Orrin", 6800),
        "<p>Turned from solid bar, unlacquered, so it darkens where you hold it. Takes standard "
        "cartridges.</p>"
        "<ul><li>Steel nib</li><li>38 g</li></ul>",
        desk.draw_pen,
        (("Brass", "#cfa349"),),
        several("Nib", ("F", "Fine", 6), ("M", "Medium", 11), ("B", "Broad", 0)),
    ),
    DemoProduct(
        *("NOTE", "Sewn Notebook", "desk", "Orrin", 1650),
        "<p>192 pages that lie flat because they are sewn, not glued. Ink does not show through.</p>"
        "<ul><li>A5, 100 g paper</li><li>Numbered pages and an index</li></ul>",
        desk.draw_notebook,
        (("Harbour", "#2f4a63"),),
        several("Ruling", ("PLAIN", "Plain", 42), ("LINED", "Lined", 60), ("DOTS", "Dotted", 3)),
    ),
    DemoProduct(
        *("NAPKIN", "Linen Napkins, Set of Four", "table", "Weft House", 3900),
        "<p>Washed linen that needs no iron. Hemmed with mitred corners, 45 by 45 cm.</p>",
        kitchen.draw_napkins,
        (("Sage", "#7f9a8c"), ("Oat", "#cdb892")),
        several("Colour", ("SAGE", "Sage", 17), ("OAT", "Oat", 8)),
    ),
    DemoProduct(
        *("CARAFE", "Carafe and Tumbler", "table", "Claro Glass", 4200),
        "<p>Mouth-blown, with an oak stopper. The tumbler holds a glass for the "
        "night.</p><ul><li>0.9 l</li></ul>",
        kitchen.draw_carafe,
        (("Clear", "#8cc5d6"),),
        one(2),
        "pessimistic",
    ),
    DemoProduct(
        *("PLATE", "Stoneware Plate", "table", "Kiln Row", 2400),
        "<p>Thrown and glazed in one workshop. Speckled where the clay's iron comes through; no "
        "two are alike.</p>"
        "<ul><li>Oven and dishwasher safe</li></ul>",
        kitchen.draw_plates,
        (("Chalk", "#e9e2d4"),),
        several("Size", ("20", "Side, 20 cm", 34), ("27", "Dinner, 27 cm", 28, 1000)),
    ),
    DemoProduct(
        *("MUG", "Stoneware Mug", "table", "Kiln Row", 2200),
        "<p>Holds a generous coffee and keeps it warm. The foot is left unglazed, so it grips the table.</p>"
        "<ul><li>350 ml</li><li>Dishwasher safe</li></ul>",
        kitchen.draw_mug,
        (("Ash", "#8d9aa0"), ("Clay", "#c07a55"), ("Moss", "#6f7f4f")),
        several("Colour", ("ASH", "Ash", 25), ("CLAY", "Clay", 3), ("MOSS", "Moss", 0)),
        "optimistic",
    ),
    DemoProduct(
        *("DRIP", "Pour-over Coffee Set", "kitchen", "Kiln Row", 7400),
        "<p>A porcelain dripper on a glass server for up to four cups. Takes common cone filters; "
        "forty are included.</p>",
        kitchen.draw_dripper,
        (("White", "#f3efe6"),),
        one(12),
    ),
    DemoProduct(
        *("BOARD", "Oak Cutting Board", "kitchen", "Timber & Tine", 4500),
        "<p>Cut from one plank with the grain along its length, oiled twice. Hang it by the hole to dry.</p>",
        kitchen.draw_board,
        (("Oak", "#cf9f68"),),
        several("Size", ("S", "Small", 20, -1300), ("M", "Medium", 15), ("L", "Large", 1, 1800)),
    ),
    DemoProduct(
        *("SOCK", "Wool Hiking Socks", "wardrobe", "Fell & Ferry", 2100),
        "<p>Terry-knit under the foot, thin over the instep. Merino with a little nylon where "
        "socks wear out first.</p>",
        outside.draw_socks,
        (("Brick", "#7a3f35"), ("Slate", "#46596b")),
        crossed(
            "Colour",
            (("BRICK", "Brick"), ("SLATE", "Slate")),
            "Size",
            (("36-38", (14, 9)), ("39-41", (22, 0)), ("42-44", (18, 16)), ("45-47", (2, 7))),
        ),
    ),
    DemoProduct(
        *("BEANIE", "Merino Beanie", "wardrobe", "Fell & Ferry", 3200),
        "<p>Ribbed, double at the cuff, and soft enough to forget. One size fits nearly everyone.</p>",
        outside.draw_beanie,
        (("Rust", "#b5532f"), ("Pine", "#2f5d50"), ("Night", "#2d3850")),
        several("Colour", ("RUST", "Rust", 13), ("PINE", "Pine", 19), ("NIGHT", "Night", 5)),
    ),
    DemoProduct(
        *("TEE", "Heavy Cotton T-shirt", "wardrobe", "Fell & Ferry", 2900),
        "<p>A heavy jersey that keeps its shape and its neckline. Cut straight, with room at the "
        "shoulders.</p>"
        "<ul><li>240 g organic cotton</li><li>Washed before cutting, so it will not shrink</li></ul>",
        outside.draw_shirt,
        (("Chalk", "#f2efe8"), ("Harbour", "#2c4a5e")),
        crossed(
            "Colour",
            (("CHALK", "Chalk"), ("HARBOUR", "Harbour")),
            "Size",
            (("S", (12, 10)), ("M", (30, 2)), ("L", (26, 21)), ("XL", (0, 8))),
        ),
    ),
    DemoProduct(
        *("BOTTLE", "Steel Vacuum Bottle", "outdoors", "North Fork", 3600),
        "<p>Hot for twelve hours, cold for a day. The cup is a real cup, not a lid.</p>",
        outside.draw_bottle,
        (("Lake", "#2f6f73"), ("Ember", "#b9532f")),
        crossed(
            "Colour", (("LAKE", "Lake"), ("EMBER", "Ember")), "Size", (("0.5 l", (24, 11)), ("1 l", (9, 3)))
        ),
    ),
    DemoProduct(
        *("BLANKET", "Striped Wool Blanket", "outdoors", "Weft House", 14900),
        "<p>Woven from undyed and dyed lambswool, then felted a little so the wind stays out. 140 "
        "by 200 cm.</p>",
        outside.draw_blanket,
        (("Fjord", "#3d5a73"),),
        one(0),
    ),
    DemoProduct(
        *("LANTERN", "Storm Lantern", "outdoors", "North Fork", 5400),
        "<p>Burns a whole evening on one filling and shrugs off gusts. Light it through the side, "
        "without lifting the glass.</p>",
        outside.draw_lantern,
        (("Signal", "#c2452d"),),
        one(3),
        "pessimistic",
    ),
    DemoProduct(
        *("PACK", "Waxed Canvas Backpack", "outdoors", "North Fork", 16500),
        "<p>Twenty-two litres behind a flap that sheds rain. Wax it again after a few winters and "
        "it starts over.</p>"
        "<ul><li>Fits a 15 inch computer</li><li>Brass and bridle leather</li></ul>",
        outside.draw_backpack,
        (("Olive", "#77704a"), ("Navy", "#2f3f58")),
        several("Colour", ("OLIVE", "Olive", 7), ("NAVY", "Navy", 1)),
        "optimistic",
    ),
    DemoProduct(
        *("KNIFE", "Chef's Knife, 20 cm", "kitchen", "Timber & Tine", 12900),
        "<p>Carbon steel that takes an edge like a razor and a patina like an old friend. Wipe it dry.</p>",
        kitchen.draw_knife,
        (("Walnut", "#4a2f22"),),
        one(6),
        "pessimistic",
    ),
    DemoProduct(
        *("SKILLET", "Cast-iron Skillet", "kitchen", "Ironmoor", 4800),
        "<p>Poured, milled smooth inside and seasoned twice. Works on every heat, the campfire included.</p>",
        kitchen.draw_skillet,
        (("Iron", "#33373b"),),
        several("Size", ("20", "20 cm", 18, -900), ("26", "26 cm", 23), ("30", "30 cm", 2, 1700)),
    ),
    DemoProduct(
        *("APRON", "Work Apron", "workshop", "Weft House", 5900),
        "<p>Heavy twill, cross-back straps, and pockets where hands look for them.</p>",
        outside.draw_apron,
        (("Spruce", "#4b5a52"), ("Tobacco", "#7a5a3c")),
        several("Colour", ("SPRUCE", "Spruce", 16), ("TOBACCO", "Tobacco", 4)),
    ),
    DemoProduct(
        *("PLANE", "Smoothing Plane", "workshop", "Timber & Tine", 15800),
        "<p>Beech body, tight mouth, and an iron that comes ready to use. The shavings are the proof.</p>",
        desk.draw_plane,
        (("Beech", "#c58f55"),),
        one(1),
        "optimistic",
    ),
    DemoProduct(
        *("MALLET", "Joiner's Mallet", "workshop", "Timber & Tine", 3800),
        "<p>The head is wedged on, so every blow tightens it. Faces cut to strike square from the bench.</p>",
        desk.draw_mallet,
        (("Beech", "#9a5f35"),),
        one(21),
    ),
    DemoProduct(
        *("KETTLE", "Enamel Kettle", "kitchen", "Ironmoor", 6400),
        "<p>Enamelled steel, fired twice, with a handle that stays cool. It whistles only if you "
        "ask it to.</p>"
        "<ul><li>1.6 l</li><li>Every stove, induction too</li></ul>",
        kitchen.draw_kettle,
        (("Cream", "#f1e9d6"), ("Forest", "#2f6b57"), ("Rust", "#b3502f")),
        several("Colour", ("CREAM", "Cream", 11), ("FOREST", "Forest", 3), ("RUST", "Rust", 0)),
    ),
    DemoProduct(
        *("HOLDFAST", "Forged Bench Holdfast", "workshop", "Ironmoor", 5200),
        "<p>One tap and the work stays put; one tap at the back and it is free. Forged from a "
        "single bar, no screw to lose.</p>"
        "<ul><li>For 19 mm holes</li><li>Reach 200 mm</li></ul>",
        desk.draw_holdfast,
        (("Forged", "#43494e"),),
        several("Set", ("1", "One", 40), ("2", "Pair", 18, 4300)),
        "pessimistic",
    ),
)
