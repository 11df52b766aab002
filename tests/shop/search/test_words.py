"""Taking text and queries apart."""

import pytest

from shop.search.words import Wanted, split_query, split_text, strip_markup


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Blue  Kettle", {"blue", "kettle"}),
        ("Crème BRÛLÉE", {"creme", "brulee"}),
        ("T-shirt", {"t", "shirt", "tshirt"}),
        ("KET-1/RED", {"ket", "1", "red", "ket1red"}),
        ("the pot of gold", {"pot", "gold"}),
        ("ＡＢＣ１２", {"abc12"}),
        ("水壶", {"水", "壶", "水壶"}),
        ("不锈钢壶", {"不", "锈", "钢", "壶", "不锈", "锈钢", "钢壶"}),
        ("iPhone手机壳", {"iphone", "手", "机", "壳", "手机", "机壳"}),
        ("% 🛒", set()),
        ("", set()),
    ],
)
def test_text_is_found_by_its_words_and_pieces(text: str, terms: set[str]):
    assert split_text(text) == terms


def test_a_term_is_never_longer_than_its_column():
    assert max(map(len, split_text("x" * 500 + " " + "y" * 39 + "-" + "z" * 39))) == 40


def test_the_words_of_a_description_are_those_people_see():
    assert split_text(strip_markup('<p class="x">Fish&nbsp;&amp; <b>chips</b></p>')) == {"fish", "chips"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("kett", [("kett", True)]),
        ("KET-1", [("ket1", True)]),
        ("mugs", [("mug", True)]),
        ("glasses", [("glass", True)]),
        ("berries", [("berr", True)]),
        ("dress", [("dress", True)]),
        ("bus", [("bus", True)]),
        ("x", [("x", False)]),
        ("the mug", [("mug", True)]),
        ("the", []),
        ("%", []),
        ("水", [("水", False)]),
        ("钢水壶", [("钢水", False), ("水壶", False)]),
        ("mug mug", [("mug", True)]),
    ],
)
def test_a_query_asks_for_words_by_their_beginning(query: str, wanted: list[tuple[str, bool]]):
    assert split_query(query) == [Wanted(term, is_start=is_start) for term, is_start in wanted]


def test_a_query_asks_for_eight_terms_at_most():
    assert len(split_query(" ".join(f"word{number}" for number in range(50)))) == 8
