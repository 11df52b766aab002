"""Pictures of tools: for the bench, the woods, and the edge of the desk."""

from shop.demo.drawing import Board, box, mix, oval, smooth, turn

_STEEL, _OAK, _WALNUT, _IRON, _BRASS = "#c3ccd0", "#c99a63", "#5d3d28", "#34393d", "#c9993f"


def draw_square(colour: str) -> Board:
    """Draw a try square on a board with a line drawn along it."""
    board = Board("#e4ddcf", ground=None)
    wood = box(-2, 30, 102, 92)
    board.fill(wood, "#d9b98a")
    for y in (38, 47, 58, 69, 80, 87):
        grain = smooth((-2, y), (30, y + 1.5), (66, y - 1.5), (102, y + 1), closed=False)
        board.line(grain, mix("#d9b98a", _WALNUT, 0.22), 0.5)
    board.line([(58, 34), (58, 90)], "#4a4f55", 0.5)
    stock, blade = box(14, 14, 60, 29, 1.2), box(44, 14, 56, 84, 0.4)
    for shape in (stock, blade):
        board.cast([(x + 1.6, y + 2.2) for x, y in shape])
    board.fill(blade, _STEEL)
    board.tint(box(44, 14, 47, 84), "#ffffff", 0.4, within=blade)
    for step in range(25):
        y = 33 + step * 2
        board.line([(56, y), (52.6 if step % 5 else 50.6, y)], "#5b656b", 0.3)
    board.fill(stock, colour)
    board.tint(box(14, 25, 60, 30), "#140a04", 0.25, within=stock)
    board.fill(box(14, 27.6, 60, 29.4), _BRASS)
    for x, height in ((47, 18.5), (53, 18.5), (50, 23.5)):
        board.fill(oval(x, height, 2.6), _BRASS)
    return board


def draw_chisels(colour: str) -> Board:
    """Draw three chisels side by side."""
    board = Board("#d3dbd6", ground=None)
    for x, width in ((26.0, 4.5), (50.0, 7.0), (75.0, 11.0)):
        blade = [
            *((x - width / 2, 88), (x - width / 2, 52), (x - 1.6, 47)),
            *((x + 1.6, 47), (x + width / 2, 52), (x + width / 2, 88)),
        ]
        handle = smooth(
            (x - 3, 47), (x - 5, 36), (x - 4.4, 22), (x - 4.8, 12), (x, 10), (x + 4.8, 12), (x + 4.4, 22),
            (x + 5, 36), (x + 3, 47), steps=8,
        )  # fmt: skip
        for shape in (blade, handle):
            board.cast([(px + 1.6, py + 2.4) for px, py in shape])
        board.fill(blade, _STEEL)
        board.tint(box(x - width / 2, 50, x - width / 4, 88), "#ffffff", 0.45, within=blade)
        board.tint(box(0, 82, 100, 88), "#6c7a82", 0.45, within=blade)
        board.solid(handle, colour)
        board.fill(box(x - 5, 13, x + 5, 16, 1), _BRASS)
        board.fill(box(x - 3.4, 44, x + 3.4, 48.5, 1), _BRASS)
    return board


def draw_twine(colour: str) -> Board:
    """Draw a ball of twine with a loose end."""
    board = Board("#e0e4dc")
    board.shadow(48, 78, 54, 8)
    board.line(smooth((66, 76), (78, 79), (84, 74), (92, 79), (99, 76), closed=False), colour, 1.5)
    ball = oval(47, 50, 58)
    board.fill(ball, colour)
    for angle, tone in ((20, 0.16), (78, 0.1), (140, 0.2)):
        for offset in range(-26, 27, 4):
            strand = turn(
                smooth((18, 50 + offset), (47, 50 + offset * 1.25 + 3), (76, 50 + offset), closed=False),
                angle,
                (47, 50),
            )
            inside = [(x, y) for x, y in strand if (x - 47) ** 2 + (y - 50) ** 2 < 27.6**2]
            if len(inside) > 1:
                board.line(inside, mix(colour, "#3a2410", tone), 0.7)
    board.tint(oval(36, 40, 26), "#ffffff", 0.12, within=ball)
    board.tint(smooth((70, 30), (80, 52), (66, 78), (40, 82), (58, 70)), "#1a0f06", 0.2, within=ball)
    band = box(16, 43, 78, 59)
    board.tint(band, "#f5efe2", 1, within=ball)
    board.line([(36, 48), (58, 48)], "#8a5630", 1.2)
    board.line([(40, 53), (54, 53)], "#8a5630", 0.7)
    return board


def draw_axe(colour: str) -> Board:
    """Draw a hatchet in a chopping block."""
    board = Board("#cfd8d0")
    board.shadow(50, 91, 76, 8)
    block = [(16, 66), (84, 66), (87, 92), (13, 92)]
    board.solid(block, "#8d6642", shade=0.12)
    for x in (24, 33, 45, 57, 68, 77):
        board.line([(x, 70), (x - 1, 91)], "#6b4a2c", 0.6)
    board.fill(oval(50, 66, 68, 12), "#d8b684")
    for width in (54, 38, 22):
        board.fill(oval(50, 66, width, width * 0.17), mix("#d8b684", "#8d6642", 0.35))
        board.fill(oval(50, 66, width - 3, (width - 3) * 0.17), "#d8b684")
    haft = turn(
        smooth((47, 8), (53, 7), (52.5, 26), (54, 46), (53, 64), (47, 64), (48, 44), (46, 26), steps=8), 34,
        (50, 62),
    )  # fmt: skip
    board.solid(haft, colour)
    head = turn(
        smooth((45, 50), (57, 50), (60, 57), (57, 64), (45, 64), (34, 70), (29, 64), (29, 50), (34, 45),
               steps=6),
        34,
        (50, 62),
    )  # fmt: skip
    board.fill(head, _IRON)
    edge = turn(smooth((33, 45), (29, 50), (29, 64), (34, 70), (36, 62), (35.6, 52), steps=6), 34, (50, 62))
    board.fill(edge, _STEEL)
    board.fill(oval(37, 65.5, 26, 4.4), mix("#d8b684", "#5a3a1e", 0.4))
    return board


def draw_shears(colour: str) -> Board:
    """Draw open paper shears over a cut sheet."""
    board = Board("#dfe2e6", ground=None)
    sheet = turn(box(14, 8, 70, 60), -8)
    board.cast([(x + 1.2, y + 1.8) for x, y in sheet], strength=0.16)
    board.fill(sheet, "#faf8f2")
    board.line(turn([(45, 6), (45, 34)], -8), "#c7c3b8", 0.7)
    for lean in (-1, 1):
        angle = 13 * lean + 10
        blade = turn([(48.4, 14), (51.6, 15), (53.4, 56), (46.6, 56)], angle, (50, 54))
        board.cast([(x + 1.4, y + 2) for x, y in blade])
        board.fill(blade, _STEEL if lean < 0 else mix(_STEEL, "#ffffff", 0.3))
        board.line(turn([(50, 16), (50, 54)], angle, (50, 54)), "#8b979d", 0.4)
        shank = turn(smooth((47, 52), (53, 52), (51 - 5 * lean, 70), (47 - 5 * lean, 70)), angle, (50, 54))
        board.fill(shank, colour)
        x, y = turn([(50 - 7 * lean, 79)], angle, (50, 54))[0]
        board.cast(oval(x + 1.4, y + 2, 17, 23), strength=0.22)
        ring = [*oval(x, y, 18, 24)]
        board.line([*ring, ring[0]], colour, 4)
    board.fill(oval(50, 55, 4.6), _BRASS)
    board.line([(48.8, 55), (51.2, 55)], "#6e5220", 0.5)
    return board


def draw_pencils(colour: str) -> Board:
    """Draw six pencils in a row."""
    board = Board("#ece7dc", ground=None)
    for place in range(6):
        x, top = 20 + place * 12, 12 + (place * 5) % 8
        tone = mix(colour, ("#ffffff", "#0b1020")[place % 2], 0.08 * (place % 3))
        body = box(x - 3.6, top + 14, x + 3.6, 88, 0.6)
        board.cast([(px + 1.6, py + 2.2) for px, py in body])
        board.fill([(x - 3.6, top + 14.4), (x, top), (x + 3.6, top + 14.4)], "#e8c999")
        board.fill([(x - 0.9, top + 3.6), (x, top), (x + 0.9, top + 3.6)], _IRON)
        board.fill(body, tone)
        board.tint(box(x - 3.6, 0, x - 1.3, 100), "#ffffff", 0.2, within=body)
        board.tint(box(x + 1.3, 0, x + 3.6, 100), "#0b1020", 0.2, within=body)
        board.fill(box(x - 3.6, 79, x + 3.6, 82), _BRASS)
        board.fill(box(x - 3.6, 82, x + 3.6, 88, 1), mix(tone, "#0b1020", 0.45))
    return board


def draw_bookends(colour: str) -> Board:
    """Draw books between two bookends."""
    board = Board("#dfd9d0")
    board.shadow(50, 82, 84, 6)
    spines = (("#2f4a63", 9, 46), ("#b5532f", 7, 40), ("#e6ddc8", 11, 50), ("#2f5d50", 8, 43),
              ("#7a3f35", 10, 47), ("#c9993f", 6, 38))  # fmt: skip
    left = 24.0
    for tone, width, height in spines:
        spine = box(left, 80 - height, left + width, 80, 0.6)
        board.solid(spine, tone, shade=0.12)
        board.fill(box(left, 80 - height + 5, left + width, 80 - height + 6), mix(tone, "#f5e9c8", 0.55))
        board.fill(box(left, 72, left + width, 73), mix(tone, "#f5e9c8", 0.55))
        left += width + 0.3
    for side in ([(24, 80), (24, 46), (8, 80)], [(76.8, 80), (76.8, 46), (93, 80)]):
        board.solid(side, colour)
    board.fill(box(6, 79, 95, 82, 0.5), mix(colour, "#0b1020", 0.25))
    return board
