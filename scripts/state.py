"""What a checkout remembers under `.local/`: ports, passwords and the environment file Django reads."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a private server listens and the password it wants."""

    port: int
    password: str


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


def read_endpoint(path: Path) -> Endpoint | None:
    """Return the remembered endpoint; `None` if there is none or the file is damaged."""
    try:
        return Endpoint(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_endpoint(path: Path, endpoint: Endpoint) -> None:
    """Remember an endpoint."""
    write_private(path, json.dumps(asdict(endpoint)) + "\n")


def make_secret() -> str:
    """Return a random secret that needs no quoting anywhere."""
    return secrets.token_hex(32)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the `NAME=value` lines of an environment file; empty if there is no file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def update_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Set these names in an environment file and leave the others as they are."""
    before = read_env_file(path)
    after = {**before, **values}
    if after != before:
        head = "# Written by make; the real environment wins over this file.\n"
        write_private(path, head + "".join(f"{name}={value}\n" for name, value in after.items()))
