"""Compiling the translations."""

from scripts import paths
from scripts.commands import run_logged


def compile_messages() -> None:
    """Compile every catalogue that is newer than its compiled form."""
    for source in sorted(paths.ROOT.glob("**/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        hidden = any(part.startswith(".") for part in source.relative_to(paths.ROOT).parts)
        if hidden or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        run_logged(
            ["msgfmt", "--check-format", "-o", target, source],
            log="messages.log",
            failure=f"{source.relative_to(paths.ROOT)} could not be compiled",
        )
