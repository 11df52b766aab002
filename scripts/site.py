"""Bringing translations, database, static files and demo catalogue of the shop up to date."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from scripts import paths
from scripts.commands import run_logged
from scripts.console import StepFailed, say

HAS_OWN_PRODUCTS = 3  # the exit status of load_demo in a shop that has products of its own


def compile_messages() -> None:
    """Compile the translations that changed."""
    run_logged(
        [paths.VENV_PYTHON, "-m", "scripts.catalogues", "compile"],
        log="messages.log",
        failure="the translations could not be compiled",
    )


def migrate(environment: Mapping[str, str]) -> None:
    """Apply the migrations the database does not have yet."""
    _manage(environment, "migrate", "--noinput", failure="the migrations could not be applied")


def collect_static(environment: Mapping[str, str]) -> None:
    """Collect and compress the static files, unless nothing changed since the last time."""
    root = Path(environment.get("STATIC_ROOT") or paths.LOCAL / "static")
    stamp = paths.LOCAL / "static.stamp"
    fingerprint = _fingerprint_static(root)
    if (root / "staticfiles.json").is_file() and stamp.is_file() and stamp.read_text() == fingerprint:
        return
    say("collecting the static files")
    stamp.unlink(missing_ok=True)
    _manage(environment, "collectstatic", "--noinput", failure="the static files could not be collected")
    stamp.write_text(fingerprint)


def load_demo(environment: Mapping[str, str]) -> bool:
    """Load the demo catalogue and log-ins, once for each database; say whether the shop has them.

    A shop with products of its own runs without.
    """
    database = hashlib.sha256(environment["DATABASE_URL"].encode()).hexdigest()[:16]
    stamp = paths.LOCAL / f"demo-{database}.stamp"
    if stamp.exists():
        return True
    say("loading the demo catalogue")
    try:
        _manage(environment, "load_demo", failure="the demo catalogue was not loaded")
    except StepFailed as failure:
        if failure.status == HAS_OWN_PRODUCTS:
            say("this shop has products of its own, so the demo is left out")
        else:
            say(str(failure))
        return False
    stamp.touch()
    return True


def _manage(environment: Mapping[str, str], command: str, *arguments: str, failure: str) -> None:
    run_logged(
        [paths.VENV_PYTHON, paths.MANAGE, command, *arguments],
        log=f"{command}.log",
        failure=failure,
        env=environment,
    )


def _fingerprint_static(root: Path) -> str:
    digest = hashlib.sha256(str(root).encode())
    for name in ("requirements.txt", "config/settings.py"):
        digest.update((paths.ROOT / name).read_bytes())
    for path in sorted(paths.ROOT.glob("[!.]*/static/**/*")):
        facts = path.stat()
        digest.update(f"{path.relative_to(paths.ROOT)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
