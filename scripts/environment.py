"""The whole set-up every target begins with, and the environment the programs of the shop get."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from scripts import packages, paths, site, state, venv
from scripts.locks import hold_lock
from scripts.servers.pair import ServerPair

ENV_FILE = paths.LOCAL / "env"
SETUP_LOCK = paths.LOCAL / "setup.lock"
# The second one switches the sandbox's play money on: a checkout that was set up this way is for trying out.
SECRETS = ("SECRET_KEY", "SANDBOX_SECRET")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a target needs beyond the shop's own packages."""

    dev: bool = False
    browser: bool = False


@contextlib.contextmanager
def hold_servers(*, user: str) -> Iterator[ServerPair]:
    """Use the private servers (as far as the environment names no others) for the length of the block."""
    paths.make_local()
    pair = ServerPair(paths.LOCAL)
    if not pair.list_missing(os.environ):
        yield pair
        return
    with pair.hold(user=user):
        yield pair


@contextlib.contextmanager
def hold_setup() -> Iterator[None]:
    """Keep every other set-up of this checkout waiting."""
    with hold_lock(SETUP_LOCK, waiting_for="another make to finish its set-up"):
        yield


def prepare(pair: ServerPair, needs: Needs) -> dict[str, str]:
    """Do all set-up and return the environment for the shop's programs. Call it within `hold_setup`."""
    missing = pair.list_missing(os.environ)
    packages.ensure_packages(
        database="DATABASE_URL" in missing,
        redis="REDIS_URL" in missing,
        build=not venv.is_current(dev=needs.dev),
        browser=needs.browser,
    )
    venv.ensure_venv(dev=needs.dev)
    site.compile_messages()
    urls = pair.start(os.environ)
    written = state.read_env_file(ENV_FILE)
    secrets = {name: written.get(name) or state.make_secret() for name in SECRETS}
    state.update_env_file(ENV_FILE, {**urls, **secrets})
    return fill_in({**urls, **secrets})


def fill_in(local: dict[str, str]) -> dict[str, str]:
    """Return the process environment with what it leaves out, or leaves empty, taken from `local`."""
    given = {name: value for name, value in os.environ.items() if value or name not in local}
    return {**local, "PYTHONUNBUFFERED": "1", **given}
