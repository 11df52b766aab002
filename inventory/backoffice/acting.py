"""Doing what a button says, record by record, and saying what came of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.backoffice.parts import StaffAction
from inventory.errors import StockBusy

_ACTOR_LENGTH: Final = 100


def get_actor(request: HttpRequest) -> str:
    """Return who acts, as the ledger and the orders note it."""
    return f"staff:{request.user.get_username()}"[:_ACTOR_LENGTH]


def run_action(pages: Any, request: HttpRequest, action: StaffAction, records: Sequence[Any]) -> None:
    """Do it, record by record; what fails for one does not hold up the others."""
    actor, now = get_actor(request), timezone.now()
    done = 0
    for record in records:
        # The button was hidden, or shown before somebody else was faster; the list offers it for all.
        if not action.is_possible(record):
            pages.message_user(request, f"{record}: {action.why_not(record)}", messages.WARNING)
            continue
        try:
            was_done = action.run(record, actor, now)
        except action.errors as error:
            pages.message_user(request, f"{record}: {action.explain(error)}", messages.ERROR)
            continue
        if was_done:
            pages.log_change(request, record, str(action.label))
            done += 1
        else:
            text = _("%(record)s: there was nothing to do any more.") % {"record": record}
            pages.message_user(request, text, messages.WARNING)
    if done:
        text = ngettext("%(action)s: done.", "%(action)s: done for %(count)d.", done)
        pages.message_user(request, text % {"action": action.label, "count": done}, messages.SUCCESS)


def rewind_uploads(request: HttpRequest) -> None:
    """Let uploads be read from their start: an attempt that lost its race has used them up.

    Raises StockBusy if that attempt moved one away: it cannot be saved again, and must be sent again.
    """
    for _name, uploads in request.FILES.lists():
        for upload in uploads:
            if isinstance(upload, TemporaryUploadedFile) and not Path(upload.temporary_file_path()).exists():
                raise StockBusy("an upload was used up by an attempt that lost its race")
            upload.seek(0)
