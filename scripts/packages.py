"""System packages: what is really missing is installed with apt; elsewhere a message names it."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.commands import run_logged
from scripts.console import StepFailed, say
from scripts.servers.base import find_program
from scripts.servers.mariadb import is_mariadb

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
CLIENT_LIBRARIES = ("mysqlclient", "libmariadb", "mariadb")
CJK_FONTS = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
NO_SERVICES = (
    "The redis-server package also starts a system service on 127.0.0.1:6379, which is not used here; "
    "`sudo systemctl disable --now redis-server` turns it off."
)


@dataclass(frozen=True, slots=True)
class Capability:
    """Something the machine must have, how to see it, and the Debian packages that bring it, best first."""

    name: str
    is_there: Callable[[], bool]
    choices: Sequence[Sequence[str]]


def has_database_server() -> bool:
    """Say whether a database server and, for MariaDB, its installer can run."""
    server = find_program("mariadbd", "mysqld")
    if server is None or not is_mariadb(server):
        return server is not None
    return bool(find_program("mariadb-install-db") and find_program("my_print_defaults"))


def has_client_library() -> bool:
    """Say whether pkg-config finds a MySQL client library to build against."""
    if not shutil.which("pkg-config"):
        return False
    finds = (
        subprocess.run(["pkg-config", "--exists", name], check=False).returncode for name in CLIENT_LIBRARIES
    )
    return any(status == 0 for status in finds)


def has_python_headers() -> bool:
    """Say whether this Python can build extension modules."""
    return Path(sysconfig.get_paths()["include"], "Python.h").is_file()


def has_venv() -> bool:
    """Say whether this Python can make virtual environments with pip in them."""
    return bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"))


def has_cjk_fonts() -> bool:
    """Say whether Chinese characters can be drawn."""
    if Path(CJK_FONTS).exists():
        return True
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout.strip())


DATABASE = Capability(
    "a MariaDB or MySQL server",
    has_database_server,
    [["mariadb-server-core", "mariadb-client-core"], ["mariadb-server"]],
)
REDIS = Capability(
    "a Redis server", lambda: find_program("redis-server", "valkey-server") is not None, [["redis-server"]]
)
BUILD = (
    Capability(
        "a C compiler", lambda: bool(shutil.which("gcc") or shutil.which("cc")), [["gcc", "libc6-dev"]]
    ),
    Capability("pkg-config", lambda: shutil.which("pkg-config") is not None, [["pkg-config"]]),
    Capability("the MySQL client library", has_client_library, [["default-libmysqlclient-dev"]]),
    Capability("Python's header files", has_python_headers, [[f"{PYTHON}-dev"], ["python3-dev"]]),
    Capability("Python's venv module with pip", has_venv, [[f"{PYTHON}-venv"], ["python3-venv"]]),
)
BROWSER = (
    Capability("Chromium", lambda: shutil.which("chromium") is not None, [["chromium"]]),
    Capability("Chinese fonts", has_cjk_fonts, [["fonts-noto-cjk"]]),
)


def ensure_packages(*, database: bool, redis: bool, build: bool, browser: bool) -> None:
    """Install what is missing. Raises `StepFailed` naming it; only for the browser a warning is enough."""
    needed = [
        *([DATABASE] if database else ()),
        *([REDIS] if redis else ()),
        *(BUILD if build else ()),
    ]
    missing = [capability for capability in needed if not capability.is_there()]
    if missing:
        _install(missing)
        if REDIS in missing and Path("/run/systemd/system").is_dir():
            say(NO_SERVICES)
    if browser:
        try:
            _install([capability for capability in BROWSER if not capability.is_there()])
        except StepFailed as failure:
            say(f"no browser, so the browser tests cannot run here: {failure}")


def _install(missing: Sequence[Capability]) -> None:
    if not missing:
        return
    names = ", ".join(capability.name for capability in missing)
    first_choices = " ".join(package for capability in missing for package in capability.choices[0])
    if not shutil.which("apt-get"):
        raise StepFailed(f"missing: {names}. Install them (on Debian they are called: {first_choices})")
    apt = _find_apt(f"missing: {names}. As root: apt-get install --no-install-recommends {first_choices}")
    updated = any(_choose_known(capability) is None for capability in missing)
    if updated:
        _update(apt)
    packages = [package for capability in missing for package in _choose(capability)]
    say(f"installing system packages: {' '.join(packages)}")
    try:
        _run_apt(apt, packages)
    except StepFailed:
        if updated:
            raise
        _update(apt)  # the package lists may be older than the mirror
        _run_apt(apt, packages)
    still_missing = [capability.name for capability in missing if not capability.is_there()]
    if still_missing:
        raise StepFailed(f"still missing after installing {' '.join(packages)}: {', '.join(still_missing)}")


def _find_apt(advice: str) -> list[str]:
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "DPkg::Lock::Timeout=300"]
    if os.geteuid() == 0:
        return apt
    if shutil.which("sudo"):
        if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
            return ["sudo", "-n", *apt]
        if sys.stdin.isatty():
            say(f"{advice.partition('. ')[0]}; sudo may ask for your password")
            return ["sudo", *apt]
    raise StepFailed(advice)


def _choose_known(capability: Capability) -> Sequence[str] | None:
    return next(
        (choice for choice in capability.choices if all(_is_known(package) for package in choice)), None
    )


def _choose(capability: Capability) -> Sequence[str]:
    chosen = _choose_known(capability)
    if chosen is None:
        raise StepFailed(
            f"apt knows no package for {capability.name} (tried {capability.choices}); install it by hand"
        )
    return chosen


def _is_known(package: str) -> bool:
    found = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False
    )
    return found.returncode == 0 and bool(found.stdout.strip())


def _update(apt: Sequence[str]) -> None:
    say("updating apt's package lists")
    run_logged(
        [*apt, "update"],
        log="apt-update.log",
        failure="apt-get update failed",
        terminal=apt[:2] == ["sudo", "env"],
    )


def _run_apt(apt: Sequence[str], packages: Sequence[str]) -> None:
    # --no-remove: another database server on this machine is not replaced behind its owner's back.
    run_logged(
        [*apt, "install", "--no-install-recommends", "--no-remove", *packages],
        log="apt-install.log",
        failure=f"apt could not install {' '.join(packages)}",
        terminal=apt[:2] == ["sudo", "env"],
    )
