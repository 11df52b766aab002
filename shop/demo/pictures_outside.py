"""Pictures for the wardrobe and the way."""

from shop.demo.drawing import Board, Shape, box, mix, oval, smooth

_IRON, _BRASS, _LEATHER, _STEEL = "#34393d", "#c9993f", "#8a5630", "#b7c1c5"


def draw_shirt(colour: str) -> Board:
    """Draw a T-shirt laid flat."""
    board = Board("#e3e6e1", ground=None)
    shirt = [
        (38, 17),
        (62, 17),
        (70, 20),
        (91, 36),
        (81, 49),
        (73, 43.5),
        (73.5, 86),
        (26.5, 86),
        (27, 43.5),
        (19, 49),
        (9, 36),
        (30, 20),
    ]
    board.cast([(x + 1.6, y + 2.2) for x, y in shirt])
    board.fill(shirt, colour)
    board.tint(
        smooth((60, 45), (66, 58), (64, 74), (68, 90), (80, 90), (76, 50)), "#0b1020", 0.1, within=shirt
    )
    board.tint(smooth((36, 50), (38, 66), (35, 88), (31, 88), (33, 62)), "#0b1020", 0.07, within=shirt)
    board.tint(smooth((30, 30), (44, 36), (52, 62), (46, 84), (40, 60)), "#ffffff", 0.06, within=shirt)
    seam = mix(colour, "#0b1020", 0.22)
    board.line(smooth((30, 21), (29, 32), (27, 43), closed=False), seam, 0.5)
    board.line(smooth((70, 21), (71, 32), (73, 43), closed=False), seam, 0.5)
    board.line([(27, 83.4), (73, 83.4)], seam, 0.4)
    board.fill(
        smooth((37.5, 16.5), (50, 15.5), (62.5, 16.5), (58, 24), (50, 26.5), (42, 24)),
        mix(colour, "#ffffff", 0.1),
    )
    board.fill(
        smooth((40.5, 16.5), (50, 15.5), (59.5, 16.5), (55.5, 22), (50, 23.6), (44.5, 22)),
        mix(colour, "#0b1020", 0.38),
    )
    return board


def draw_beanie(colour: str) -> Board:
    """Draw a ribbed beanie."""
    board = Board("#e0e3ea", ground=None)
    crown = smooth((23, 62), (24, 42), (34, 25), (50, 19), (66, 25), (76, 42), (77, 62), (50, 64))
    cuff = smooth((19, 60), (35, 57), (65, 57), (81, 60), (82, 78), (66, 82), (34, 82), (18, 78), steps=8)
    for shape in (crown, cuff):
        board.cast([(x + 2, y + 3) for x, y in shape])
    board.solid(crown, colour)
    for x in range(28, 76, 6):
        rib = smooth(
            (x, 62),
            (50 + (x - 50) * 0.92, 44),
            (50 + (x - 50) * 0.55, 29),
            (50 + (x - 50) * 0.1, 21),
            closed=False,
        )
        board.line(rib, mix(colour, "#0b1020", 0.17), 0.8)
    board.solid(cuff, mix(colour, "#ffffff", 0.1))
    for x in range(23, 81, 5):
        board.line([(x, 60.5), (50 + (x - 50) * 1.02, 79.5)], mix(colour, "#0b1020", 0.13), 0.9)
    label = box(55, 66, 67, 74, 0.6)
    board.fill(label, _LEATHER)
    board.line([(58, 70), (64, 70)], mix(_LEATHER, "#ffffff", 0.5), 0.8)
    return board


def draw_apron(colour: str) -> Board:
    """Draw a work apron on its hook."""
    board = Board("#dcd6ca", ground=None)
    board.line(smooth((37, 31), (40, 16), (50, 8), (60, 16), (63, 31), closed=False), _LEATHER, 2)
    cloth = [
        (36, 28),
        (64, 28),
        *smooth((64, 28), (67, 42), (80, 50), closed=False),
        (82, 92),
        (18, 92),
        *smooth((20, 50), (33, 42), (36, 28), closed=False),
    ]
    board.cast([(x + 2, y + 2.4) for x, y in cloth])
    board.line(smooth((79, 51), (89, 58), (86, 72), closed=False), _LEATHER, 1.6)
    board.line(smooth((21, 51), (11, 58), (14, 72), closed=False), _LEATHER, 1.6)
    board.fill(cloth, colour)
    board.tint(
        smooth((66, 44), (72, 62), (69, 80), (73, 94), (86, 94), (84, 46)), "#0b1020", 0.13, within=cloth
    )
    for pocket in (box(31, 60, 69, 80, 1.5), box(43, 34, 57, 44, 1)):
        board.fill(pocket, mix(colour, "#ffffff", 0.09))
        board.line([pocket[0], pocket[-1]], mix(colour, "#0b1020", 0.3), 0.3)
    board.line([(50, 60.5), (50, 79.5)], mix(colour, "#0b1020", 0.3), 0.5)
    for x, y in ((37.5, 30), (62.5, 30), (22, 52), (78, 52), (32.6, 61.6), (67.4, 61.6)):
        board.fill(oval(x, y, 2), _BRASS)
    board.fill(oval(50, 8, 4), _IRON)
    return board


def draw_socks(colour: str) -> Board:
    """Draw a pair of hiking socks."""
    board = Board("#dbe3dc", ground=None)
    for shift_x, shift_y, share in ((14, -5, 0.14), (0, 0, 0.0)):
        tone = mix(colour, "#0b1020", share)
        sock = [(x + shift_x, y + shift_y) for x, y in _SOCK]
        board.cast([(x + 1.6, y + 2.2) for x, y in sock], strength=0.22)
        board.solid(sock, tone, shade=0.1)
        cuff = [(x + shift_x, y + shift_y) for x, y in box(32, 14, 55, 25, 1.5)]
        board.fill(cuff, mix(tone, "#f3ead8", 0.75))
        for x in range(35, 55, 3):
            board.line(
                [(x + shift_x, 15.5 + shift_y), (x + shift_x, 23.5 + shift_y)], mix(tone, "#f3ead8", 0.5), 0.5
            )
        for y in (31, 34.5):
            band = [(x + shift_x, z + shift_y) for x, z in box(30, y, 58, y + 1.6)]
            board.tint(band, "#f3ead8", 0.75, within=sock)
        heel = [(x + shift_x, y + shift_y) for x, y in oval(52, 75, 22)]
        toe = [(x + shift_x, y + shift_y) for x, y in oval(15, 80, 20, 26)]
        for part in (heel, toe):
            board.tint(part, "#f3ead8", 0.75, within=sock)
    return board


def draw_backpack(colour: str) -> Board:
    """Draw a waxed canvas backpack."""
    board = Board("#d8e0dd")
    board.shadow(50, 86, 60)
    board.line(smooth((43, 20), (44, 11), (56, 11), (57, 20), closed=False), _LEATHER, 2.4)
    body = smooth(
        (50, 17), (66, 20), (74, 34), (76, 62), (74, 82), (50, 86), (26, 82), (24, 62), (26, 34), (34, 20)
    )
    for side in (box(19.5, 56, 28, 80, 3), box(72, 56, 80.5, 80, 3)):
        board.solid(side, mix(colour, "#0b1020", 0.2))
    board.solid(body, colour)
    board.solid(box(32, 57, 68, 82, 4), mix(colour, "#ffffff", 0.07), shade=0.1)
    flap = smooth((27, 36), (32, 20), (50, 15.5), (68, 20), (73, 36), (71.5, 50), (50, 53.5), (28.5, 50))
    board.cast([(x + 0.6, y + 1.6) for x, y in flap], strength=0.25, blur=0.9)
    board.solid(flap, mix(colour, "#ffffff", 0.12))
    for x in (39, 61):
        board.fill(box(x - 1.8, 42, x + 1.8, 66, 1), _LEATHER)
        board.fill(box(x - 2.8, 55, x + 2.8, 60, 0.8), _BRASS)
        board.fill(box(x - 1.4, 56.3, x + 1.4, 58.7, 0.4), _LEATHER)
    board.fill(box(45, 24, 55, 30, 0.8), _LEATHER)
    return board


def draw_bottle(colour: str) -> Board:
    """Draw a vacuum bottle and its cup."""
    board = Board("#e4e0d9")
    board.shadow(44, 85, 32)
    board.shadow(75, 86, 20, 4)
    body = [
        (36, 30),
        (52, 30),
        *smooth((52, 30), (57, 36), (58.5, 44), closed=False),
        *smooth((58.5, 80), (57.5, 84.5), (53, 85.5), closed=False),
        *smooth((35, 85.5), (30.5, 84.5), (29.5, 80), closed=False),
        *smooth((29.5, 44), (31, 36), (36, 30), closed=False),
    ]
    board.solid(body, colour)
    board.fill(box(29.5, 77, 58.5, 79, 0), mix(colour, "#0b1020", 0.3))
    board.solid(box(36, 25.5, 52, 31, 0.8), _STEEL)
    board.solid(box(34, 12, 54, 26, 2.5), mix(colour, "#0b1020", 0.35))
    cup = [(66, 66), (84, 66), (82, 86), (68, 86)]
    board.solid(cup, _STEEL)
    board.fill(oval(75, 66, 18, 3.4), "#dfe6e8")
    board.fill(oval(75, 66.5, 15.4, 2.4), "#4a2a18")
    return board


def draw_lantern(colour: str) -> Board:
    """Draw a camp lantern, lit."""
    board = Board("#39474f")
    board.tint(oval(50, 52, 92), "#ffd98a", 0.1)
    board.tint(oval(50, 52, 66), "#ffd98a", 0.16)
    board.shadow(50, 86, 46, strength=0.5)
    board.line(smooth((31, 36), (34, 12), (50, 5), (66, 12), (69, 36), closed=False), "#aeb7ba", 1.2)
    glass = smooth((39, 36), (61, 36), (65, 50), (61, 66), (39, 66), (35, 50))
    board.fill(glass, "#ffe9b5")
    board.tint(oval(50, 56, 20, 24), "#fff8e2", 0.9)
    board.fill(smooth((50, 45), (53.5, 53), (53, 59), (50, 61), (47, 59), (46.5, 53)), "#f19a2c")
    board.fill(smooth((50, 51), (51.6, 56), (50, 60), (48.4, 56)), "#fff1c4")
    for x in (33, 67):
        board.line([(x, 34), (x, 70)], mix(colour, "#0b1020", 0.25), 1.8)
    for y in (44, 58):
        board.line([(33, y), (67, y)], mix(colour, "#0b1020", 0.25), 0.7)
    board.solid([(38, 27), (62, 27), (68, 35), (32, 35)], colour)
    board.solid(box(43, 18, 57, 28, 2), colour)
    board.solid(smooth((30, 84), (31, 72), (40, 67), (60, 67), (69, 72), (70, 84), (50, 87), steps=8), colour)
    board.solid(box(66, 73, 76, 77, 1.4), _BRASS)
    return board


def draw_blanket(colour: str) -> Board:
    """Draw a folded, striped wool blanket."""
    board = Board("#d9d4cb")
    board.shadow(50, 83, 78, 7)
    for index in range(4):
        top = 69 - index * 13
        fold = box(14 + index * 0.6, top, 86 - index * 0.6, top + 14, 6)
        tone = mix(colour, "#0b1020", 0.1 - index * 0.025)
        board.solid(fold, tone, shade=0.12)
        board.tint(box(10, top + 11.5, 90, top + 14), "#0b1020", 0.16, within=fold)
        for x, width, stripe in (
            (24, 5, "#f1e7d2"),
            (31, 1.6, "#c4552d"),
            (66, 5, "#f1e7d2"),
            (63, 1.6, "#c4552d"),
        ):
            board.tint(box(x, top, x + width, top + 14), stripe, 0.9, within=fold)
            board.tint(box(x, top + 11.5, x + width, top + 14), "#0b1020", 0.16, within=fold)
    for x in range(17, 84, 3):
        board.line([(x, 81.5), (x + 0.3, 86)], mix(colour, "#f1e7d2", 0.35), 0.7)
    return board


_SOCK: Shape = [
    (32, 15),
    (55, 15),
    *smooth(
        (55.5, 40),
        (58, 60),
        (60, 72),
        (56, 84),
        (44, 88),
        (28, 92),
        (12, 91),
        (7, 84),
        (12, 76),
        (26, 70),
        (32, 60),
        (32, 40),
        closed=False,
    ),
]
