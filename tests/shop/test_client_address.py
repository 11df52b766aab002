"""Where a request comes from: what can be believed of it, and what can be counted."""

import pytest

from shop.client_address import find_client_address, keep_if_countable


def find(remote, forwarded=None):
    meta = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return find_client_address(meta)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("", ""),
        ("unix:", ""),
        ("nonsense", ""),
    ],
)
def test_an_address_has_one_spelling(remote, expected):
    assert find(remote) == expected


@pytest.mark.parametrize("end", ["::1", ":ffff:ffff:ffff:ffff", ":1:2:3:4", "::1%eth0"])
def test_one_household_is_one_address(end):
    assert find(f"2001:db8:1:2{end}") == "2001:db8:1:2::/64"
    assert find("2001:db8:1:3::1") != "2001:db8:1:2::/64"


def test_the_longest_address_fits_its_column():
    assert len(find("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) <= 45


def test_without_proxies_nobody_is_believed_about_others(settings):
    settings.TRUSTED_PROXIES = 0
    assert find("203.0.113.7", "198.51.100.1") == "203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        (1, "made up, 198.51.100.1", "198.51.100.1"),
        (2, "10.9.9.9, 198.51.100.1, 192.0.2.5", "198.51.100.1"),
        (1, "198.51.100.1:50712", "198.51.100.1"),
        (1, "[2001:db8::1]:50712", "2001:db8::/64"),
        (1, "[2001:db8::1]", "2001:db8::/64"),
    ],
)
def test_behind_proxies_it_is_what_the_outermost_of_ours_saw(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert find("192.0.2.9", forwarded) == expected


@pytest.mark.parametrize(
    "forwarded", [None, "", "unknown", ", ", "198.51.100.1, _hidden", "1.2.3.4.5", "[", "\x00"]
)
def test_a_header_that_makes_no_sense_leaves_the_nearest_caller(settings, forwarded):
    settings.TRUSTED_PROXIES = 1
    assert find("192.0.2.9", forwarded) == "192.0.2.9"


def test_fewer_hops_than_proxies_of_ours_cannot_be(settings):
    settings.TRUSTED_PROXIES = 3
    assert find("192.0.2.9", "198.51.100.1, 192.0.2.5") == "192.0.2.9"


@pytest.mark.parametrize("own", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "", "unix:"])
def test_what_comes_from_this_machine_is_not_counted(own):
    assert keep_if_countable(find(own)) == ""


def test_everybody_else_is_counted():
    assert keep_if_countable(find("10.0.0.5")) == "10.0.0.5"
    assert keep_if_countable(find("2001:db8::1")) == "2001:db8::/64"
