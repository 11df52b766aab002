"""Reading request bodies and choosing how to answer: JSON, and nothing else."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, Final, NoReturn

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from shop.api.errors import BodyTooLarge, MalformedBody
from shop.api.problem_kinds import CONTENT_TYPE

MAX_BODY_BYTES: Final = 1_000_000
_ANYTHING: Final = "*/*"


class JsonParser(BaseParser):
    """Reads RFC 8259 JSON in UTF-8, of bounded size.

    Unlike DRF's own it survives what a stranger may send: endless bodies, endless nesting, NaN, and half of
    a surrogate pair, which no database column can hold.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value in the body. Raises BodyTooLarge, MalformedBody."""
        return decode_json(read_limited(stream, limit=MAX_BODY_BYTES))


class JsonNegotiation(DefaultContentNegotiation):
    """JSON for whoever takes JSON or problem documents, or does not say; `?format=` changes nothing."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return what to answer with. Raises NotAcceptable."""
        if request.META.get("HTTP_ACCEPT", _ANYTHING) in (_ANYTHING, JsonParser.media_type):
            # Nearly every program says so; DRF's way to the same answer costs as much as reading the body.
            return next(iter(renderers)), JsonParser.media_type
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the caller takes."""
        accepted = [
            kind.replace(CONTENT_TYPE, JsonParser.media_type) for kind in super().get_accept_list(request)
        ]
        return [kind for kind in accepted if kind] or [_ANYTHING]

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        """Leave every renderer in."""
        return list(renderers)


def decode_json(body: bytes) -> Any:
    """Return the value. Raises MalformedBody."""
    try:
        content = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedBody("a string holds half of a surrogate pair") from None
    except UnicodeDecodeError:
        raise MalformedBody("the body is not UTF-8") from None
    except RecursionError:
        raise MalformedBody("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"the body is not valid JSON: see line {error.lineno}, column {error.colno}"
        ) from None
    except ValueError:
        # What is left is Python's own bound on the digits of a number.
        raise MalformedBody("a number in the body is too long") from None
    return content


def read_limited(stream: IO[bytes] | None, *, limit: int) -> bytes:
    """Return the whole body. Raises BodyTooLarge without reading further than the limit."""
    body = stream.read(limit + 1) if stream is not None else b""
    if len(body) > limit:
        raise BodyTooLarge(limit)
    return body


def read_raw_body(request: Request, *, limit: int) -> bytes:
    """Return the body as it came, whatever its content type says. Raises BodyTooLarge."""
    return read_limited(request.stream, limit=limit)


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON")
