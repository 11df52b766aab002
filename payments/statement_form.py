"""The file staff upload with a bank's statement, and the same file carried through the preview, signed."""

import base64
import binascii
from typing import Any, Final

from django import forms
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.errors import UnreadableStatement
from payments.services import import_statement
from payments.statements.importing import UNREADABLE, LineResult

# The file travels through the preview in a field, and must fit settings.DATA_UPLOAD_MAX_MEMORY_SIZE there.
MAX_UPLOAD_BYTES: Final = 1_000_000
# Each line is a transaction, and somebody is waiting.
MAX_LINES: Final = 500
PREVIEW_SECONDS: Final = 3600
_MOST_PROBLEMS: Final = 20
_SALT: Final = "payments.statement"


class StatementForm(forms.Form):
    """A bank's CSV export. A valid form knows what each line would do: `results`."""

    file = forms.FileField(
        label=gettext_lazy("Bank statement"),
        help_text=gettext_lazy(
            "The bank's CSV export, up to 1 MB and 500 lines. Nothing is booked before you have seen it."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results: list[LineResult] = []
        self.content = b""

    def clean_file(self) -> Any:
        """Read the whole file, and refuse it if any of it cannot be read."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB. Please export fewer days at once."))
        self.content = upload.read()
        try:
            self._foresee()
        except UnreadableStatement as error:
            text = _("This is no statement that can be read: %(problem)s.")
            raise forms.ValidationError(text % {"problem": error}) from error
        problems = [result for result in self.results if result.outcome == UNREADABLE]
        if problems:
            raise forms.ValidationError([describe_problem(result) for result in problems[:_MOST_PROBLEMS]])
        if not self.results:
            raise forms.ValidationError(_("There are no lines below the header."))
        return upload

    def _foresee(self) -> None:
        for result in import_statement(content=self.content, dry_run=True, now=timezone.now()):
            self.results.append(result)
            if len(self.results) > MAX_LINES:
                text = _("There are more than %(most)d lines. Please export fewer days at once.")
                raise forms.ValidationError(text % {"most": MAX_LINES})


def describe_problem(result: LineResult) -> str:
    """Return which line cannot be read, and why."""
    return _("line %(line)d: %(problem)s") % {"line": result.line, "problem": result.detail}


def seal_statement(content: bytes, *, actor: str) -> str:
    """Return a file as text that only the same person can send back, and only unchanged."""
    text = base64.b64encode(content).decode()
    return signing.dumps(text, salt=f"{_SALT}:{actor}", compress=True)


def open_statement(sealed: str, *, actor: str) -> bytes | None:
    """Return the file of a preview; None if it is not one, or an hour old."""
    try:
        text = signing.loads(sealed, salt=f"{_SALT}:{actor}", max_age=PREVIEW_SECONDS)
        return base64.b64decode(text)
    except (signing.BadSignature, binascii.Error):
        return None
