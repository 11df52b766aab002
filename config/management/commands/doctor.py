"""Look the installation over."""

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.diagnosis import diagnose
from config.verdicts import Diagnosis, Verdict


class Command(BaseCommand):
    """`manage.py doctor`."""

    help = (
        "Look at database, Redis, migrations, worker, beat and secrets; say what to do about what is wrong. "
        "Exit status 1 if something is broken; warnings do not count. Example: manage.py doctor --json"
    )
    # It must be able to say what the system checks would stop it for.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look and report."""
        results = []
        for result in diagnose(now=timezone.now()):
            results.append(result)
            if not options["json"]:
                self._show(result)
        is_healthy = all(result.verdict is not Verdict.FAILURE for result in results)
        if options["json"]:
            checks = [dataclasses.asdict(result) for result in results]
            self.stdout.write(json.dumps({"healthy": is_healthy, "checks": checks}))
        if not is_healthy:
            sys.exit(1)

    def _show(self, result: Diagnosis) -> None:
        styles = {
            Verdict.OK: self.style.SUCCESS,
            Verdict.WARNING: self.style.WARNING,
            Verdict.FAILURE: self.style.ERROR,
        }
        self.stdout.write(
            f"{styles[result.verdict](f'{result.verdict:<8}')} {result.name:<12} {result.detail}"
        )
        if result.remedy:
            self.stdout.write(f"{'':<22}-> {result.remedy}")
