"""The measurement: a large export is imported, then its lists are asked for, and a view that does nothing."""

import datetime as dt
import io
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from config.benchmark.catalogue.filling import write_export
from orders.benchmark.scratch import use_scratch_database
from orders.benchmark.server import describe_machine, describe_server
from shop.glances import Glances
from shop.services.importing import import_products

EMPTY: Final = "/api/nothing-but-django/"
MOST_QUERIES: Final = 10
MOST_TIMES_EMPTY: Final = 3.0
MOST_IMPORT_SECONDS: Final = 180.0
# Static files need not have been collected.
_PLAIN_STORAGES: Final = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
_WARM_UP: Final = 10


@dataclass(frozen=True, slots=True)
class PageFigures:
    """One kind of page: milliseconds (medians) of the first look at each page and of the next ones."""

    name: str
    queries: int
    first_ms: float
    next_ms: float
    next_times_empty: float


@dataclass(frozen=True, slots=True)
class CatalogueMeasurement:
    """What was measured; `failures` are bounds that were not kept."""

    server: str
    machine: str
    products: int
    variants: int
    import_seconds: float
    import_growth_mb: float
    empty_ms: float
    pages: tuple[PageFigures, ...]
    failures: list[str]


def measure_catalogue(
    *, products: int, variants: int, rounds: int, report_progress: Callable[[str], None]
) -> CatalogueMeasurement:
    """Measure in a database of its own, so many pages of each kind. Raises NoScratchDatabase."""
    with use_scratch_database(apps=()), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(path, products=products, variants=variants)
        report_progress(f"importing {variants} variants of {products} products")
        seconds, growth = _import(path, now=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE TABLE shop_product, shop_variant, shop_searchterm, shop_variantoption")
            cursor.fetchall()
        report_progress("asking for pages")
        with override_settings(
            ROOT_URLCONF="config.benchmark.urls", ALLOWED_HOSTS=["*"], STORAGES=_PLAIN_STORAGES
        ):
            empty, pages = _measure_pages(_list_addresses(products, rounds=rounds), rounds=rounds)
        return CatalogueMeasurement(
            server=describe_server(),
            machine=describe_machine(),
            products=products,
            variants=variants,
            import_seconds=seconds,
            import_growth_mb=growth,
            empty_ms=empty,
            pages=tuple(pages),
            failures=find_failures(seconds=seconds, pages=pages),
        )


def _import(path: Path, *, now: dt.datetime) -> tuple[float, float]:
    """Return how long it took, and by how many megabytes memory grew after the first tenth of the rows."""
    marks: list[float] = []

    def note(_rows: int, _share: float) -> None:
        marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    began = time.monotonic()
    report = import_products(path=path, now=now, on_progress=note)
    seconds = time.monotonic() - began
    if report.has_errors:
        raise RuntimeError(f"{report.remarks.errors.total} rows were refused")
    return seconds, marks[-1] - marks[len(marks) // 10]


def _list_addresses(products: int, *, rounds: int) -> Mapping[str, Sequence[str]]:
    """Return several addresses of each kind, so that the first look at one is nobody's second."""

    numbers = range(rounds + _WARM_UP)

    def spread(address: str, *, share: int) -> list[str]:
        most = max(products // share // 12, 1)
        return [f"{address}page={1 + number * 7 % most}&n={number}" for number in numbers]

    return {
        "all products": spread("/products/?", share=1),
        "a category": spread("/categories/kettles/?", share=10),
        "by price": spread("/products/?sort=price&", share=1),
        "in stock, of one size": spread("/products/?stock=on&o=Size:M&", share=2),
        "a word": spread("/products/?q=kettle&", share=10),
        "two words": [f"/products/?q=enamel+maker+{number}" for number in numbers],
        "Chinese": spread("/products/?q=%E6%B0%B4%E5%A3%B6&", share=10),
        "a SKU": [f"/products/?q=ket-{10 * number:05}-00" for number in numbers],
    }


def _measure_pages(addresses: Mapping[str, Sequence[str]], *, rounds: int) -> tuple[float, list[PageFigures]]:
    handler = WSGIHandler()
    empty = statistics.median([_time(handler, EMPTY) for _round in range(rounds + _WARM_UP)][_WARM_UP:])
    pages = []
    for name, kind in addresses.items():
        Glances.forget_all()
        with CaptureQueriesContext(connection) as captured:
            _time(handler, kind[0])
            # Here: the next request empties the log.
            queries = len(captured)
        first = statistics.median([_time(handler, address) for address in kind][_WARM_UP:])
        again = statistics.median([_time(handler, kind[-1]) for _round in range(rounds)])
        pages.append(PageFigures(name, queries, first, again, again / empty))
    return empty, pages


def _time(handler: WSGIHandler, address: str) -> float:
    path, _mark, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(),
    }
    answers: list[str] = []

    def note(status: str, *_rest: object) -> Callable[[bytes], object]:
        answers.append(status)
        return len

    began = time.perf_counter()
    response = handler(environ, note)
    for _part in response:
        pass
    took = (time.perf_counter() - began) * 1000
    response.close()
    if not answers[0].startswith("2"):
        raise RuntimeError(f"{address}: {answers[0]}")
    return took


def find_failures(*, seconds: float, pages: Sequence[PageFigures]) -> list[str]:
    """Say which bound was not kept."""
    failures = []
    if seconds > MOST_IMPORT_SECONDS:
        failures.append(f"the import took {seconds:.0f} seconds")
    for page in pages:
        if page.queries > MOST_QUERIES:
            failures.append(f"{page.name}: {page.queries} queries")
        if page.next_times_empty > MOST_TIMES_EMPTY:
            failures.append(f"{page.name}: {page.next_times_empty:.1f} times an empty view")
    return failures


def to_json(measured: CatalogueMeasurement) -> str:
    """Return the figures for programs."""
    return json.dumps(asdict(measured), indent=2)


def to_text(measured: CatalogueMeasurement) -> str:
    """Return the figures for people."""
    m = measured
    return "\n".join(
        [
            f"{m.server}, {m.machine}; {m.products:,} products, {m.variants:,} variants",
            f"import  {m.import_seconds:.0f} s, memory {m.import_growth_mb:+.0f} MB after its first tenth",
            f"a view that does nothing  {m.empty_ms:.2f} ms",
            *(
                f"{page.name:24} {page.queries:2} queries, first {page.first_ms:6.1f} ms, "
                f"then {page.next_ms:6.2f} ms ({page.next_times_empty:.1f}x)"
                for page in m.pages
            ),
        ]
    )
