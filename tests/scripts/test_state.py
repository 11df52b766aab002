"""What a checkout remembers."""

import stat
from pathlib import Path

from scripts import state
from scripts.state import Endpoint


def test_the_environment_file_is_for_its_owner_only_and_keeps_what_it_is_not_told_about(
    tmp_path: Path,
) -> None:
    path = tmp_path / "env"
    state.update_env_file(path, {"SECRET_KEY": "a=b", "REDIS_URL": "redis://one"})

    state.update_env_file(path, {"REDIS_URL": "redis://two"})

    assert state.read_env_file(path) == {"SECRET_KEY": "a=b", "REDIS_URL": "redis://two"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["env"]


def test_an_endpoint_is_remembered(tmp_path: Path) -> None:
    state.write_endpoint(tmp_path / "endpoint.json", Endpoint(port=23456, password="x"))

    assert state.read_endpoint(tmp_path / "endpoint.json") == Endpoint(port=23456, password="x")


def test_a_damaged_memory_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text('{"port": 234')
    (tmp_path / "other.json").write_text('{"harbour": 1}')

    assert state.read_endpoint(tmp_path / "cut.json") is None
    assert state.read_endpoint(tmp_path / "other.json") is None
    assert state.read_endpoint(tmp_path / "none.json") is None
