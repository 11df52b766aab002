"""`make check`: format, lint, types, architecture, migrations, links, and system checks as in production."""

import argparse
import secrets
import time
from collections.abc import Mapping

from scripts import commands, console, paths, signals
from scripts.environment import Needs, hold_servers, hold_setup, prepare

MANAGE = ("python", "manage.py")
CHECKS: Mapping[str, tuple[str, ...]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "architecture": ("lint-imports",),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "links": ("python", "-m", "scripts.docs"),
    "deployment": (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
}


def main() -> int:
    """Run `make check`."""
    parser = argparse.ArgumentParser(prog="make check", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CHECK", help=f"only these of {', '.join(CHECKS)}")
    names = parser.parse_args().names or list(CHECKS)
    signals.raise_on_signals()
    with hold_servers(user="make check") as pair:
        with hold_setup():
            environment = {**prepare(pair, Needs(dev=True)), **production_settings()}
        failed = [name for name in names if not passes(name, environment)]
    console.say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def production_settings() -> dict[str, str]:
    """Return an environment like the one of a real shop, so the deployment check judges what will run."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "shop.example.com",
        "SITE_URL": "https://shop.example.com",
        "DEBUG": "false",
        "SECURE_COOKIES": "true",
        "SECURE_SSL_REDIRECT": "true",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def passes(name: str, environment: Mapping[str, str]) -> bool:
    """Run one check, showing its output; say whether it passed."""
    program, *arguments = CHECKS[name]
    began = time.monotonic()
    status = commands.run_shown([paths.VENV / "bin" / program, *arguments], env=environment)
    console.say(f"{name}: {'ok' if status == 0 else 'FAILED'} ({time.monotonic() - began:.1f} s)")
    return status == 0


if __name__ == "__main__":
    console.run_main(main)
