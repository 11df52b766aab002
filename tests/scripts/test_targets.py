"""Small decisions of the make targets."""

import os
from pathlib import Path

import pytest
from django.db import connection

from scripts import docs, environment, paths, run, site, test, venv
from scripts.console import StepFailed
from tests.shop.api.calls import make_variant


@pytest.mark.parametrize(
    ("wish", "arguments"),
    [
        ("", ["-n", "2"]),
        ("tests/orders -x", ["-n", "2", "tests/orders", "-x"]),
        ("-n0 tests", ["-n0", "tests"]),
        ("-n 4", ["-n", "4"]),
        ("--numprocesses=1", ["--numprocesses=1"]),
        ("--pdb -k 'two words'", ["--pdb", "-k", "two words"]),
    ],
)
def test_two_processes_run_the_tests_unless_told_otherwise(wish: str, arguments: list[str]) -> None:
    assert test.make_arguments(wish) == arguments


def test_the_test_database_has_a_name_that_fits_with_room_for_a_worker() -> None:
    name = test.name_database(63)

    assert name.startswith("test_holdfast_")
    assert len(f"{name}_gw99") <= 64


@pytest.mark.parametrize("wish", ["eighty", "-1", "65536"])
def test_a_port_that_is_none_is_refused(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", wish)

    with pytest.raises(StepFailed, match="PORT must be a number"):
        run.claim_port()


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    with run.claim_port() as listener:
        monkeypatch.setenv("PORT", str(listener.getsockname()[1]))

        with pytest.raises(StepFailed, match="Choose another: make run PORT="):
            run.claim_port()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    not paths.VENV_PYTHON.exists(), reason="programs of the shop need the virtual environment"
)
def test_a_shop_with_products_of_its_own_is_told_calmly_that_the_demo_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_variant()
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path)
    given = connection.settings_dict
    place = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
    url = f"mysql://{place}/{given['NAME']}"

    has_demo = site.load_demo(
        {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    )

    said = capsys.readouterr().err
    assert not has_demo
    assert "this shop has products of its own, so the demo is left out" in said
    assert "exit status" not in said


@pytest.mark.parametrize("has_demo", [True, False])
def test_the_banner_says_how_staff_log_in(has_demo: bool, capsys: pytest.CaptureFixture[str]) -> None:
    run.announce("http://127.0.0.1:8000", has_demo=has_demo)

    said = capsys.readouterr().out
    assert ("admin-holdfast" in said) is has_demo
    assert (".venv/bin/python manage.py createsuperuser" in said) is not has_demo


def test_the_real_environment_wins_unless_it_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "mine")
    monkeypatch.setenv("REDIS_URL", "")

    filled = environment.fill_in({"SECRET_KEY": "theirs", "REDIS_URL": "redis://theirs"})

    assert (filled["SECRET_KEY"], filled["REDIS_URL"]) == ("mine", "redis://theirs")


def test_a_virtual_environment_that_is_a_link_is_replaced_without_emptying_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "shared"
    target.mkdir()
    (target / "precious").touch()
    link = tmp_path / ".venv"
    link.symlink_to(target)
    monkeypatch.setattr(paths, "VENV", link)
    monkeypatch.setattr(paths, "LOGS", tmp_path)

    venv.make_venv()

    assert (target / "precious").exists()
    assert (link / "bin" / "python").exists()
    assert not link.is_symlink()


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A heading: with `code`, and more\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[fine](other.md) [fine](other.md#a-heading-with-code-and-more) [fine](https://example.com/x)\n"
        "[gone](missing.md) [gone](other.md#no-such-heading) `[code](missing.md)`\n"
    )

    assert list(docs.list_broken_links(page)) == ["missing.md", "other.md#no-such-heading"]
