"""Pictures for the desk and the workshop."""

from shop.demo.drawing import Board, box, mix, oval, smooth, turn

_STEEL, _IRON, _BRASS, _OAK, _WALNUT = "#b7c1c5", "#34393d", "#c9993f", "#cb9c66", "#7a4e2d"


def draw_lamp(colour: str) -> Board:
    """Draw a jointed desk lamp, switched on."""
    board = Board("#d7dde6")
    board.tint([(24, 38), (50, 38), (66, 80), (6, 80)], "#fff3c4", 0.5)
    board.shadow(62, 80, 34)
    board.line([(62, 76), (74, 48)], _IRON, 2)
    board.line([(74, 48), (44, 27)], _IRON, 2)
    board.solid(oval(74, 48, 6.5), _BRASS)
    board.solid(smooth((45, 79.5), (48, 75), (62, 73.5), (76, 75), (79, 79.5), (62, 81.5)), colour)
    shade = turn(
        [
            (31, 18),
            (45, 18),
            *smooth((45, 18), (51, 26), (54, 38), closed=False),
            (22, 38),
            *smooth((22, 38), (25, 26), (31, 18), closed=False),
        ],
        0,
    )
    board.solid(shade, colour)
    board.fill(oval(38, 38, 32, 4.4), "#fff0b8")
    board.solid(box(34.5, 13.5, 41.5, 19, 1.5), mix(colour, "#0b1020", 0.25))
    return board


def draw_notebook(colour: str) -> Board:
    """Draw a sewn notebook with an elastic band and a pencil."""
    board = Board("#e5e0d2", ground=None)
    cover = turn(box(26, 14, 72, 84, 3), -9)
    pages = turn(box(28, 16, 74.5, 86, 2), -9)
    board.cast([(x + 2, y + 2.4) for x, y in pages])
    board.fill(pages, "#faf6ea")
    board.fill(cover, colour)
    board.tint(turn(box(26, 14, 33, 84), -9), "#0b1020", 0.2, within=cover)
    board.tint(turn(box(60, 14, 72, 84), -9), "#ffffff", 0.06, within=cover)
    board.fill(turn(box(65, 13.4, 67, 84.6), -9), mix(colour, "#0b1020", 0.55))
    board.fill(turn(box(41, 28, 57, 37, 1), -9), "#f4eedd")
    for y in (31.2, 33.8):
        board.line(turn([(43.5, y), (54.5, y)], -9), "#b9ad94", 0.5)
    pencil = turn(box(82, 18, 85.4, 74), 8, (83, 50))
    board.cast([(x + 1.2, y + 1.6) for x, y in pencil], strength=0.22)
    board.fill(pencil, "#d9a534")
    board.tint(turn(box(84.2, 18, 86, 74), 8, (83, 50)), "#5a3b00", 0.25, within=pencil)
    board.fill(turn([(82, 74), (85.4, 74), (83.7, 81)], 8, (83, 50)), "#ecd3a6")
    board.fill(turn([(83.1, 78.4), (84.3, 78.4), (83.7, 81)], 8, (83, 50)), _IRON)
    board.fill(turn(box(82, 14, 85.4, 18.5, 1), 8, (83, 50)), "#c76a5a")
    return board


def draw_pen(colour: str) -> Board:
    """Draw a brass fountain pen over a line of ink."""
    board = Board("#eeebe4", ground=None)
    stroke = smooth(
        (10, 79), (16, 71), (20, 80), (26, 72), (30, 80), (38, 74), (45, 78), (53, 75), closed=False
    )
    board.line(stroke, "#27406e", 1.1)
    barrel = turn(box(12, 46, 68, 54.5, 4), -38)
    board.cast([(x + 1.5, y + 3) for x, y in barrel])
    grip = turn([(24, 47), (24, 53.5), (12, 52.4), (12, 48)], -38)
    nib = turn(smooth((12, 47.8), (6, 48.4), (-1, 50.2), (6, 52), (12, 52.6)), -38)
    board.fill(nib, "#d6c189")
    board.line(turn([(0.5, 50.2), (9, 50.2)], -38), "#6f5a2c", 0.4)
    body = turn(box(23, 45, 100, 55, 4), -38)
    board.fill(body, colour)
    board.tint(turn(box(20, 46.2, 100, 48), -38), "#ffffff", 0.5, within=body)
    board.tint(turn(box(20, 52, 100, 56), -38), "#3b2605", 0.28, within=body)
    board.fill(grip, _IRON)
    board.fill(turn(box(58, 44.6, 60.5, 55.4, 0.8), -38), mix(colour, "#3b2605", 0.4))
    board.fill(turn(box(62, 43, 90, 45.6, 1.2), -38), mix(colour, "#3b2605", 0.25))
    return board


def draw_clock(colour: str) -> Board:
    """Draw a wall clock at ten past ten."""
    board = Board("#cdd9d8", ground=None)
    board.cast(oval(53, 54, 70), blur=2.6)
    board.fill(oval(50, 50, 70), colour)
    board.tint(oval(50, 50, 70), "#ffffff", 0.16, within=turn(box(0, 0, 100, 36), -40))
    board.fill(oval(50, 50, 62), "#faf7f0")
    for hour in range(12):
        long = hour % 3 == 0
        board.line(turn([(50, 22.5), (50, 27 if long else 24.8)], hour * 30), _IRON, 1.5 if long else 0.8)
    board.line(turn([(50, 54), (50, 34)], -58), _IRON, 2.2)
    board.line(turn([(50, 55), (50, 26)], 62), _IRON, 1.5)
    board.line(turn([(50, 58), (50, 25)], 205), "#c4552d", 0.7)
    board.fill(oval(50, 50, 3.6), "#c4552d")
    return board


def draw_holdfast(colour: str) -> Board:
    """Draw a forged holdfast that clamps a piece of wood to a bench."""
    board = Board("#d9dfd4", ground=None)
    board.fill(box(0, 64, 100, 84), _OAK)
    board.fill(box(0, 84, 100, 100), mix(_OAK, "#2b1a08", 0.42))
    for y in (69, 75, 80):
        board.line(
            smooth((0, y), (30, y + 1), (62, y - 1), (100, y + 0.6), closed=False),
            mix(_OAK, _WALNUT, 0.3),
            0.5,
        )
    piece = box(10, 52, 56, 66, 0.6)
    board.cast(box(12, 64, 60, 68), strength=0.3)
    board.fill(piece, "#e3c08d")
    board.tint(box(10, 62, 56, 66), "#6b4418", 0.22, within=piece)
    board.fill(oval(70, 72, 12, 4), mix(_OAK, "#2b1a08", 0.6))
    arm = smooth(
        (70, 78), (70.5, 50), (70, 30), (64, 19), (52, 19), (42, 28), (35, 41), (30, 49), closed=False
    )
    board.line([(x + 0.8, y + 0.8) for x, y in arm], mix(colour, "#000000", 0.4), 6.2)
    board.line(arm, colour, 5.4)
    board.line([(x - 1.2, y - 0.6) for x, y in arm[:-4]], mix(colour, "#ffffff", 0.22), 1)
    board.solid(smooth((20, 51.5), (24, 47.5), (33, 46.5), (40, 48), (40, 52), (30, 52.5)), colour)
    board.fill(box(64, 74, 78, 84), _OAK)
    return board


def draw_mallet(colour: str) -> Board:
    """Draw a joiner's mallet."""
    board = Board("#e2dccd", ground=None)
    handle = turn(box(46, 34, 53, 96, 3), 32)
    head = turn(
        smooth((27, 15), (50, 12), (73, 15), (75, 26), (74, 38), (50, 40), (26, 38), (25, 26), steps=6), 32
    )
    for shape in (handle, head):
        board.cast([(x + 2, y + 3) for x, y in shape])
    board.fill(handle, _OAK)
    board.tint(turn(box(50.5, 34, 53, 96), 32), "#4c2c0c", 0.24, within=handle)
    board.fill(head, colour)
    for y in (20, 26, 32):
        grain = turn(smooth((27, y), (44, y - 1.4), (60, y + 1), (73, y - 0.4), closed=False), 32)
        board.line(grain, mix(colour, "#2b1604", 0.35), 0.5)
    board.tint(turn(box(24, 31, 76, 42), 32), "#1a0c02", 0.2, within=head)
    board.tint(turn(box(24, 10, 76, 16), 32), "#ffffff", 0.16, within=head)
    board.fill(turn(box(45.5, 12.3, 53.5, 16, 0.5), 32), mix(_OAK, "#ffffff", 0.2))
    return board


def draw_plane(colour: str) -> Board:
    """Draw a wooden smoothing plane with a curl of wood."""
    board = Board("#d5dee2")
    board.shadow(50, 81, 78)
    curl = smooth(
        (54, 58), (60, 44), (70, 36), (80, 40), (80, 50), (72, 53), (68, 46), (74, 43), closed=False
    )
    board.line(curl, "#e9cf9f", 2.4)
    board.line([(x + 0.5, y + 0.5) for x, y in curl], "#d0ab69", 0.5)
    board.solid(turn(box(38, 28, 43, 62, 1.5), -28, (42, 60)), _STEEL)
    board.solid(turn(box(42.5, 40, 47.5, 64, 1), -28, (42, 60)), mix(colour, "#ffffff", 0.12))
    horn = smooth((16, 60), (15, 48), (11, 40), (15, 36), (22, 40), (25, 50), (28, 60))
    board.solid(horn, mix(colour, "#2b1604", 0.25))
    body = box(11, 57, 89, 80, 3)
    board.solid(body, colour, shade=0.1)
    for y in (63, 69, 74):
        grain = smooth((13, y), (36, y - 1), (60, y + 1.2), (87, y - 0.4), closed=False)
        board.line(grain, mix(colour, "#2b1604", 0.22), 0.5)
    board.fill(box(11, 76.5, 89, 80, 1), mix(colour, "#2b1604", 0.5))
    board.solid(oval(45, 68, 5), _BRASS)
    return board
