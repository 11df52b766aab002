"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
LOGS = LOCAL / "log"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
MANAGE = ROOT / "manage.py"


def make_local() -> None:
    """Create `.local/`, readable by its owner only: it holds secrets."""
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    (LOCAL / "static").mkdir(exist_ok=True)  # the web server's static files; tests look for the folder too
