"""A product's page saved again after it lost a race for a row: nothing that was sent is lost on the way."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from PIL import Image

from shop.models import Product, ProductImage, Variant
from tests.sessions import run_sql, second_session
from tests.shop.test_admin import make_product, open_form
from tests.staff import make_manager, page_of, said

pytestmark = pytest.mark.django_db(transaction=True)

_HOLD = "SELECT 1 FROM inventory_stockitem WHERE id = %s FOR UPDATE"
_SHORT_WAIT = "SET SESSION innodb_lock_wait_timeout = 1"


@pytest.fixture
def losing_once(settings, tmp_path):
    """Return a way to send a product's page that waits once in vain for a row somebody holds."""
    settings.MEDIA_ROOT = tmp_path

    def send(manager, product, form):
        stock_item_id = Variant.objects.get(product=product).stock_item_id
        lost = []
        with second_session() as other:
            run_sql("BEGIN", session=other)
            run_sql(
                "SELECT 1 FROM inventory_stockitem WHERE id = %s FOR UPDATE", stock_item_id, session=other
            )

            def look_on(execute, sql, params, many, context):
                try:
                    return execute(sql, params, many, context)
                except OperationalError:
                    lost.append(sql)
                    run_sql("ROLLBACK", session=other)
                    raise

            run_sql(_SHORT_WAIT)
            try:
                with connection.execute_wrapper(look_on):
                    response = manager.post(page_of(product), form, follow=True)
            finally:
                connection.close()
        assert len(lost) == 1
        return response

    return send


def fill_in(manager, product):
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(drawn, "PNG")
    return {
        **open_form(manager, page_of(product)),
        "name": "Green tea",
        "locking_strategy": "pessimistic",
        "images-TOTAL_FORMS": "1",
        "images-0-alt": "A cup",
        "images-0-position": "0",
        "images-0-file": SimpleUploadedFile("cup.png", drawn.getvalue(), "image/png"),
    }, drawn.getvalue()


def test_an_uploaded_picture_survives_a_retry(losing_once):
    product, manager = make_product("TEA-S"), make_manager()
    form, picture = fill_in(manager, product)
    assert "was changed successfully" in said(losing_once(manager, product, form))
    assert Path(ProductImage.objects.get().file.path).read_bytes() == picture


def test_an_upload_that_was_moved_away_is_asked_for_again_and_nothing_is_saved(losing_once, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    product, manager = make_product("TEA-S"), make_manager()
    form, _picture = fill_in(manager, product)
    assert "try again" in said(losing_once(manager, product, form))
    assert not ProductImage.objects.exists()
    assert Product.objects.get().name == "Tea"
