"""Pictures for the set table, and of what hangs by the door."""

from shop.demo.drawing import Board, box, mix, oval, smooth, turn

_STEEL, _OAK, _LEATHER, _IRON, _BRASS = "#c3ccd0", "#c99a63", "#8a5630", "#34393d", "#c9993f"


def draw_mill(colour: str) -> Board:
    """Draw a turned pepper mill and a few corns."""
    board = Board("#dde3df")
    board.shadow(50, 86, 34, 5)
    board.solid(oval(50, 12, 6), _BRASS)
    board.solid(
        smooth((50, 14), (59, 18), (61, 27), (57, 34), (50, 35), (43, 34), (39, 27), (41, 18)), colour
    )
    body = smooth(
        (42, 36), (58, 36), (60, 41), (55, 50), (56, 62), (63, 76), (63, 86), (37, 86), (37, 76), (44, 62),
        (45, 50), (40, 41), steps=8,
    )  # fmt: skip
    board.solid(body, colour)
    board.fill(box(41, 34.4, 59, 36.8, 0.6), _BRASS)
    board.fill(box(37.6, 80, 62.4, 81.2), mix(colour, "#0b0502", 0.4))
    for x, y in ((27, 82), (32, 86), (71, 84), (76, 80), (70, 88), (23, 87)):
        board.shadow(x, y + 1, 3, 1.4)
        board.fill(oval(x, y, 2.8), "#2d211b")
    return board


def draw_spoons(colour: str) -> Board:
    """Draw three wooden spoons, fanned."""
    board = Board("#e6e0d6", ground=None)
    for angle, width, tone in ((-20, 17, 0.22), (20, 14, 0.1), (0, 20, 0.0)):
        wood = mix(colour, "#3a2212", tone)
        handle = turn(box(48.2, 36, 51.8, 94, 1.6), angle, (50, 92))
        bowl = turn(oval(50, 24, width, 28), angle, (50, 92))
        for shape in (handle, bowl):
            board.cast([(x + 1.6, y + 2.2) for x, y in shape])
        board.fill(handle, wood)
        board.fill(bowl, wood)
        hollow = turn(oval(50, 24, width - 5, 22), angle, (50, 92))
        board.fill(hollow, mix(wood, "#2b1508", 0.24))
        board.tint(turn(oval(52, 26, width - 7, 19), angle, (50, 92)), wood, 0.75, within=hollow)
        grain = smooth((49.4, 40), (50.4, 60), (49.4, 90), closed=False)
        board.line(turn(grain, angle, (50, 92)), mix(wood, "#2b1508", 0.3), 0.4)
    return board


def draw_bowl(colour: str) -> Board:
    """Draw a footed bowl with three plums."""
    board = Board("#e9e3da")
    board.shadow(50, 80, 52, 7)
    for x, y, tone in ((38, 42, "#6a3550"), (60, 41, "#7d3f5c"), (49, 36, "#5a2c45")):
        plum = oval(x, y, 22)
        board.solid(plum, tone)
        board.tint(oval(x - 4, y - 5, 6, 4), "#ffffff", 0.25)
    shell = [*smooth((15, 45), (20, 62), (36, 75), (50, 77), (64, 75), (80, 62), (85, 45), closed=False)]
    board.solid(box(38, 73, 62, 81, 1.5), mix(colour, "#2b1508", 0.3))
    board.solid(shell, colour)
    board.tint(box(10, 45, 90, 49), mix(colour, "#ffffff", 0.55), 0.9, within=shell)
    for x, y in ((28, 56), (35, 66), (46, 60), (52, 70), (63, 58), (70, 64), (40, 54), (74, 54)):
        board.fill(oval(x, y, 0.9), mix(colour, "#2b1508", 0.55))
    return board


def draw_candles(colour: str) -> Board:
    """Draw a pair of candlesticks, one higher than the other."""
    board = Board("#2f3b40")
    for x, top in ((34, 40), (66, 30)):
        board.tint(oval(x, top - 10, 60), "#ffd98a", 0.1)
        board.tint(oval(x, top - 10, 32), "#ffd98a", 0.16)
        board.shadow(x, 86, 28, 5, strength=0.5)
        board.solid(box(x - 2.6, top - 4, x + 2.6, top + 22), "#f4ead4", shade=0.1)
        board.line([(x, top - 4), (x, top - 6.5)], _IRON, 0.5)
        board.fill(smooth((x, top - 17), (x + 2.4, top - 10), (x, top - 5), (x - 2.4, top - 10)), "#f5a73b")
        board.fill(smooth((x, top - 12), (x + 1.2, top - 8), (x, top - 5), (x - 1.2, top - 8)), "#fff3cf")
        board.solid(box(x - 5, top + 20, x + 5, top + 25, 1), colour)
        board.solid(box(x - 1.6, top + 25, x + 1.6, 80), colour)
        board.solid(oval(x, (top + 105) / 2, 6.4, 5), colour)
        board.solid(smooth((x - 13, 86), (x - 9, 82), (x, 79), (x + 9, 82), (x + 13, 86), (x, 88)), colour)
    return board


def draw_teapot(colour: str) -> Board:
    """Draw a stoneware teapot with a cane handle."""
    board = Board("#dfe4e0")
    board.shadow(50, 79, 60, 7)
    board.line(smooth((28, 44), (30, 22), (50, 12), (70, 22), (72, 44), closed=False), "#b98a4f", 2.8)
    for x in (37, 44, 50, 56, 63):
        y = 12 + (x - 50) ** 2 * 0.03
        board.line([(x - 1, y + 2.6), (x + 1, y - 1.6)], "#7a5528", 0.6)
    board.fill(smooth((70, 66), (80, 58), (84, 46), (90, 43), (92, 46), (88, 54), (84, 66), (72, 74)),
               mix(colour, "#0b1020", 0.2))  # fmt: skip
    body = smooth((50, 40), (68, 43), (77, 56), (74, 71), (62, 80), (38, 80), (26, 71), (23, 56), (32, 43))
    board.solid(body, colour)
    board.tint(box(20, 66, 80, 82), mix(colour, "#2b1a10", 0.6), 0.7, within=body)
    board.solid(
        smooth((36, 42), (42, 37), (50, 36), (58, 37), (64, 42), (50, 44)), mix(colour, "#ffffff", 0.12)
    )
    board.solid(oval(50, 34, 6.4, 5), mix(colour, "#0b1020", 0.3))
    return board


def draw_scarf(colour: str) -> Board:
    """Draw a folded scarf with fringes."""
    board = Board("#e3e0e6", ground=None)
    band = box(26, 10, 74, 46, 6)
    for left, right, bottom in ((30, 50, 84), (48, 70, 76)):
        end = [(left, 40), (right, 40), (right + 1, bottom), (left - 1, bottom)]
        board.cast([(x + 1.8, y + 2.2) for x, y in end])
        board.fill(end, mix(colour, "#0b1020", 0.06 if left == 30 else 0.0))
        for y in (bottom - 16, bottom - 11, bottom - 6):
            board.tint(box(left - 2, y, right + 2, y + 2.4), "#f3ead8", 0.85, within=end)
        board.tint(box(right - 4, 40, right + 2, bottom), "#0b1020", 0.12, within=end)
        for step in range(left, right + 1, 2):
            board.line(
                [(step, bottom), (step + (step % 3 - 1) * 0.6, bottom + 6)], mix(colour, "#f3ead8", 0.2), 0.8
            )
    board.cast([(x + 1.4, y + 2.4) for x, y in band])
    board.fill(band, mix(colour, "#ffffff", 0.07))
    for y in (19, 28, 37):
        fold = smooth((27, y), (42, y + 2.4), (58, y - 1.4), (73, y + 1.6), closed=False)
        board.line(fold, mix(colour, "#0b1020", 0.24), 0.9)
    board.tint(box(26, 40, 74, 46), "#0b1020", 0.14, within=band)
    return board


def draw_belt(colour: str) -> Board:
    """Draw a rolled bridle belt."""
    board = Board("#dcdfd6", ground=None)
    for size, tone in ((66, 0.32), (57, 0.0), (44, 0.28), (36, 0.06), (24, 0.34)):
        ring = oval(46, 50, size)
        if size == 66:
            board.cast([(x + 2, y + 3) for x, y in ring])
        board.fill(ring, mix(colour, "#120804", tone))
    board.fill(oval(46, 50, 18), board.wall)
    tongue = box(44, 78, 92, 86, 2)
    board.cast([(x + 1, y + 2) for x, y in tongue])
    board.fill(tongue, colour)
    for x in (60, 66, 72):
        board.fill(oval(x, 82, 1.6), mix(colour, "#120804", 0.7))
    board.line([(45, 79.4), (78, 79.4)], mix(colour, "#f0d9b0", 0.45), 0.35)
    board.line([(45, 84.6), (78, 84.6)], mix(colour, "#f0d9b0", 0.45), 0.35)
    frame = box(78, 74.5, 91, 89.5, 2.5)
    board.line([*frame, frame[0]], _BRASS, 2.4)
    board.line([(79, 82), (92, 82)], mix(_BRASS, "#ffffff", 0.25), 1.5)
    return board


def draw_cap(colour: str) -> Board:
    """Draw a wool cap with a small brim."""
    board = Board("#e6e3da", ground=None)
    brim = smooth((20, 62), (36, 58), (58, 60), (66, 66), (50, 76), (26, 78), (12, 72))
    crown = smooth((26, 60), (28, 42), (42, 29), (60, 27), (78, 36), (86, 52), (84, 64), (60, 68), (40, 65))
    for shape in (brim, crown):
        board.cast([(x + 2, y + 3) for x, y in shape])
    board.solid(brim, mix(colour, "#0b1020", 0.22))
    board.solid(crown, colour)
    for curve in (
        ((58, 27), (48, 40), (44, 64)),
        ((60, 27), (68, 44), (66, 67)),
        ((61, 27), (79, 44), (82, 64)),
    ):
        board.line(smooth(*curve, closed=False), mix(colour, "#0b1020", 0.26), 0.6)
    board.fill(oval(59, 27.5, 5, 3.2), mix(colour, "#0b1020", 0.3))
    board.line(
        smooth((18, 70), (34, 72.5), (52, 71), (62, 66.5), closed=False), mix(colour, "#ffffff", 0.25), 0.5
    )
    return board


def draw_camp_mug(colour: str) -> Board:
    """Draw an enamel mug, chipped where it has been."""
    board = Board("#d6dfd9")
    board.shadow(47, 80, 46, 6)
    handle = smooth((68, 42), (82, 42), (86, 54), (80, 66), (67, 68), closed=False)
    board.line(handle, mix(colour, "#0b1020", 0.22), 4)
    board.line([(x - 0.6, y - 0.8) for x, y in handle], mix(colour, "#ffffff", 0.25), 0.8)
    body = [(24, 34), (70, 34), *smooth((70, 34), (69, 70), (66, 80), closed=False), (28, 80),
            *smooth((28, 80), (25, 70), (24, 34), closed=False)]  # fmt: skip
    board.solid(body, colour)
    for x, y, size in (
        (33, 50, 1),
        (58, 44, 0.8),
        (44, 66, 1.2),
        (61, 70, 0.9),
        (38, 73, 0.7),
        (50, 54, 0.8),
    ):
        board.fill(oval(x, y, size), mix(colour, "#ffffff", 0.7))
    board.fill(oval(47, 34, 46, 9), _IRON)
    board.fill(oval(47, 34.4, 43, 7.4), "#f3efe6")
    board.fill(oval(47, 35.4, 39, 5.2), "#4a2a18")
    return board
