"""Pictures for the kitchen and the table."""

from shop.demo.drawing import Board, box, mix, oval, smooth, turn

_STEEL, _OAK, _DARK_OAK, _IRON, _BRASS = "#b9c3c6", "#c99a63", "#a8783f", "#2e3236", "#c9993f"


def draw_kettle(colour: str) -> Board:
    """Draw an enamel kettle."""
    board = Board("#e8dfd2")
    board.shadow(50, 77, 56)
    board.line(smooth((34, 40), (36, 22), (50, 15), (64, 22), (66, 40), closed=False), _IRON, 2.6)
    board.line([(43, 16.3), (57, 16.3)], _DARK_OAK, 5)
    board.fill(
        smooth((67, 62), (76, 56), (80, 42), (86, 39), (87, 42), (83, 50), (79, 66), (68, 72)),
        mix(colour, "#0b1020", 0.18),
    )
    body = smooth(
        (50, 36), (64, 39), (71, 52), (73, 68), (69, 77), (50, 78), (31, 77), (27, 68), (29, 52), (36, 39)
    )
    board.solid(body, colour)
    board.fill(box(27.5, 70, 72.5, 71.2, 0.5), mix(colour, "#ffffff", 0.55))
    board.solid(
        smooth((38, 38.5), (42, 33.5), (50, 32), (58, 33.5), (62, 38.5), (50, 40)),
        mix(colour, "#ffffff", 0.1),
    )
    board.solid(oval(50, 30, 6, 5), _IRON)
    return board


def draw_skillet(colour: str) -> Board:
    """Draw a cast-iron skillet from above."""
    board = Board("#d9e0dc", ground=None)
    handle = turn(box(46, 2, 54, 40, 4), 45, (50, 50))
    pan = oval(44, 56, 62)
    board.cast([(x + 2, y + 3) for x, y in pan])
    board.cast([(x + 2, y + 3) for x, y in handle])
    board.fill(handle, colour)
    board.tint(turn(box(50.5, 2, 54, 40, 2), 45, (50, 50)), "#000000", 0.25, within=handle)
    board.fill(turn(oval(50, 7.5, 3.6, 5), 45, (50, 50)), "#d9e0dc")
    board.fill(oval(13.5, 67, 10, 9), colour)
    board.fill(pan, colour)
    board.fill(oval(44, 56, 57), mix(colour, "#ffffff", 0.13))
    board.fill(oval(44, 56, 54), mix(colour, "#000000", 0.22))
    board.tint(smooth((24, 48), (32, 36), (46, 32), (40, 38), (30, 46), (24, 58)), "#ffffff", 0.1)
    return board


def draw_board(colour: str) -> Board:
    """Draw a cutting board with a lemon on it."""
    board = Board("#cfd9d4", ground=None)
    wood = turn(box(22, 14, 76, 88, 5), 12)
    board.cast([(x + 2, y + 2.5) for x, y in wood])
    board.fill(wood, colour)
    for offset in range(0, 54, 7):
        grain = turn(
            smooth(
                (24 + offset, 15), (25.5 + offset, 40), (23.5 + offset, 62), (25 + offset, 87), closed=False
            ),
            12,
        )
        board.line(grain, mix(colour, _DARK_OAK, 0.35), 0.45)
    board.tint(turn(box(70, 14, 76, 88), 12), "#3a2410", 0.12, within=wood)
    board.fill(turn(oval(49, 21, 6), 12), "#cfd9d4")
    board.cast(oval(43, 61, 23), strength=0.25)
    board.fill(oval(42, 60, 23), "#f0c838")
    board.fill(oval(42, 60, 20), "#fdf3c8")
    board.fill(oval(42, 60, 17.5), "#f6dc6b")
    for angle in range(0, 180, 36):
        board.line(turn([(42, 51), (42, 69)], angle, (42, 60)), "#fdf3c8", 1)
    return board


def draw_knife(colour: str) -> Board:
    """Draw a chef's knife lying diagonally."""
    board = Board("#dfd8e0", ground=None)
    blade = turn(
        smooth((30, 44), (60, 44), (80, 45.5), (96, 52.5), (80, 56.5), (58, 58.5), (30, 58.5), (29, 51)), -38
    )
    handle = turn(
        smooth((30, 43.5), (20, 44), (8, 43), (2, 46), (3, 52), (10, 51.5), (22, 52), (30, 52.5)), -38
    )
    for shape in (blade, handle):
        board.cast([(x + 1.6, y + 2.4) for x, y in shape])
    board.fill(blade, _STEEL)
    board.tint(turn(box(28, 42, 98, 48.5), -38), "#ffffff", 0.38, within=blade)
    board.tint(turn(box(28, 54.5, 98, 62), -38), "#304048", 0.14, within=blade)
    board.fill(handle, colour)
    board.tint(turn(box(0, 48.4, 30, 56), -38), "#000000", 0.25, within=handle)
    board.fill(turn(box(28, 43, 32.5, 54, 1), -38), "#8f9a9e")
    for x in (9, 17, 25):
        board.fill(turn(oval(x, 47.7, 2.4), -38), _BRASS)
    return board


def draw_dripper(colour: str) -> Board:
    """Draw a pour-over dripper on its glass server."""
    board = Board("#e9e3da")
    board.shadow(49, 80, 46)
    board.line(
        smooth((68, 55), (81, 54), (80, 72), (67, 73), closed=False), mix(board.wall, "#5e7f86", 0.45), 3
    )
    server = smooth((39, 48), (61, 48), (66, 58), (69, 72), (65, 80), (49, 81), (33, 80), (29, 72), (32, 58))
    board.fill(server, mix(board.wall, "#d7eaee", 0.7))
    board.tint(box(25, 62, 75, 82), "#3c1f10", 0.88, within=server)
    board.tint(box(35, 48, 39, 82), "#ffffff", 0.35, within=server)
    board.fill(box(36, 46, 64, 49.5, 1.5), _OAK)
    cone = [(27, 22), (73, 22), (57, 45), (43, 45)]
    board.solid(cone, colour)
    for x in (37, 45, 53, 61):
        board.line([(x, 25), (x + (50 - x) * 0.55, 43)], mix(colour, "#0b1020", 0.16), 0.7)
    board.solid(box(25, 19, 75, 24, 2), colour)
    board.solid(box(34, 43.5, 66, 47, 1.5), colour)
    board.line(smooth((71, 25), (82, 25), (80, 37), (65, 36), closed=False), colour, 2.8)
    return board


def draw_mug(colour: str) -> Board:
    """Draw a stoneware mug, its foot unglazed."""
    board = Board("#dfe5e3")
    board.shadow(47, 80, 50)
    board.line(
        smooth((68, 43), (83, 43), (84, 63), (67, 68), closed=False), mix(colour, "#0b1020", 0.14), 5.2
    )
    body = [
        (25, 32),
        *smooth((25, 32), (25.5, 60), (29, 79), closed=False),
        (66, 79),
        *smooth((66, 79), (70, 60), (70.5, 32), closed=False),
    ]
    board.solid(body, colour)
    board.tint(
        smooth((20, 70), (40, 67.5), (58, 69.5), (75, 67.5), (75, 85), (20, 85)), "#d8bd98", 0.92, within=body
    )
    board.tint(box(56, 66, 72, 82), "#0b1020", 0.13, within=body)
    board.fill(oval(47.7, 32, 45.6, 9), mix(colour, "#ffffff", 0.22))
    board.fill(oval(47.7, 32.4, 41.5, 6.8), mix(colour, "#0b1020", 0.34))
    board.fill(oval(47.7, 33.6, 37, 4.2), "#4a2a18")
    return board


def draw_plates(colour: str) -> Board:
    """Draw a stack of plates from above."""
    board = Board("#c9d3d6", ground=None)
    board.cast(oval(53, 54, 76), blur=2.4)
    board.fill(oval(50, 50, 76), colour)
    board.tint(oval(50, 50, 76), "#ffffff", 0.25, within=turn(box(0, 0, 100, 34), -35))
    board.fill(oval(50, 50, 71), mix(colour, "#ffffff", 0.14))
    board.cast(oval(51.5, 52, 56), strength=0.22)
    second = mix(colour, "#7d5a3c", 0.32)
    board.fill(oval(50, 50, 55), second)
    board.fill(oval(50, 50, 51), mix(second, "#ffffff", 0.16))
    board.fill(oval(50, 50, 38), mix(second, "#ffffff", 0.06))
    for x, y, size in (
        (43, 44, 0.9),
        (57, 41, 0.7),
        (60, 55, 1),
        (47, 60, 0.7),
        (40, 54, 0.8),
        (52, 49, 0.6),
        (55, 64, 0.8),
    ):
        board.fill(oval(x, y, size), mix(second, "#2b2118", 0.5))
    return board


def draw_carafe(colour: str) -> Board:
    """Draw a glass carafe and a tumbler."""
    board = Board("#e6e0ea")
    board.shadow(42, 82, 40)
    board.shadow(76, 84, 20)
    glass = mix(board.wall, "#ffffff", 0.5)
    body = [
        (35, 14),
        (49, 14),
        *smooth((48, 16), (48, 33), (58, 50), (60, 70), (57, 82), closed=False),
        *smooth((27, 82), (24, 70), (26, 50), (36, 33), (36, 16), closed=False),
    ]
    board.fill(body, glass)
    board.tint(box(20, 45, 62, 85), colour, 0.5, within=body)
    board.tint(box(51, 14, 62, 85), "#1c2c50", 0.12, within=body)
    board.tint(box(29, 14, 32.5, 85), "#ffffff", 0.65, within=body)
    board.fill(oval(42, 45.4, 27, 3), mix(colour, "#ffffff", 0.6))
    board.fill(oval(42, 14, 14.6, 2.6), mix(board.wall, "#6d7f96", 0.4))
    board.fill(box(38, 7, 46, 18, 1.5), _OAK)
    tumbler = [(67, 56), (85, 56), (83, 84), (69, 84)]
    board.fill(tumbler, glass)
    board.tint(box(65, 66, 87, 86), colour, 0.5, within=tumbler)
    board.tint(box(80, 54, 87, 86), "#1c2c50", 0.12, within=tumbler)
    board.fill(oval(76, 56, 18.2, 2.8), mix(board.wall, "#6d7f96", 0.3))
    return board


def draw_napkins(colour: str) -> Board:
    """Draw folded linen napkins, tied."""
    board = Board("#e4ded4", ground=None)
    for index in range(3, -1, -1):
        shift, angle = index * 1.6, -7 + index * 2
        cloth = turn(box(21 + shift, 20 + shift, 77 + shift, 78 + shift, 1.5), angle)
        board.cast([(x + 1, y + 1.4) for x, y in cloth], strength=0.18, blur=1)
        board.fill(cloth, mix(colour, "#2b2118", 0.07 * index))
    for position in (26, 72):
        board.line(turn([(position, 22), (position, 76)], -7), mix(colour, "#ffffff", 0.45), 0.8)
    board.line(turn([(49, 20), (49, 78)], -7), mix(colour, "#0b1020", 0.13), 0.6)
    twine = "#8f6f45"
    board.line(turn([(21, 49), (77, 49)], -7), twine, 1.5)
    board.line(
        turn(
            smooth(
                (49, 49),
                (40, 41),
                (35, 45),
                (41, 50),
                (49, 49),
                (58, 41),
                (63, 46),
                (56, 51),
                (49, 49),
                closed=False,
            ),
            -7,
        ),
        twine,
        1.4,
    )
    board.line(turn(smooth((49, 49), (45, 57), (43, 63), closed=False), -7), twine, 1.4)
    board.line(turn(smooth((49, 49), (54, 56), (56, 64), closed=False), -7), twine, 1.4)
    return board
