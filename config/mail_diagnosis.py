"""What `doctor` says of mail: whether it leaves the house, and whether its links lead anywhere."""

from typing import Final

from django.conf import settings
from django.core import mail

from config.verdicts import Diagnosis, Verdict

# By the last part of the module: where mail goes instead of to people.
_STAYS_HERE: Final = {
    "console": "is written to the log, with the secret links of orders",
    "dummy": "is thrown away",
    "filebased": "is written to files",
}


def check_mail() -> Diagnosis:
    """Say where mail goes; a mail server is asked, no mail is sent."""
    where = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if where in _STAYS_HERE:
        is_trial = not settings.SECURE_COOKIES
        return Diagnosis(
            "mail",
            Verdict.OK if is_trial else Verdict.WARNING,
            f"it {_STAYS_HERE[where]}",
            "" if is_trial else "Set EMAIL_URL to your mail server, so that customers get it.",
        )
    if where == "smtp" and (problem := _find_problem()):
        return Diagnosis("mail", Verdict.WARNING, *problem)
    return Diagnosis("mail", Verdict.OK, f"sent by {where} as {settings.DEFAULT_FROM_EMAIL}")


def _find_problem() -> tuple[str, str] | None:
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        return "it comes from an address of this machine", "Set DEFAULT_FROM_EMAIL to one of your domain."
    if settings.SECURE_COOKIES and not settings.SITE_URL.startswith("https://"):
        return f"its links lead to {settings.SITE_URL}", "Set SITE_URL to the address customers see."
    try:
        with mail.get_connection():
            return None
    except OSError as error:
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        return f"{where}: {error}", "Start the mail server, or correct EMAIL_URL. Mail waits in the outbox."
