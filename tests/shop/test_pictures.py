"""Pictures are shown in the sizes pages need, made when they are saved."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.forms import modelform_factory
from django.test import Client
from django.utils.datastructures import MultiValueDict
from PIL import Image
from pytest_django import Settings

from shop.admin_forms import ImageForm
from shop.models import Product, ProductImage
from tests.shop.shopping import make_product, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def draw(width: int = 1600, height: int = 1200, kind: str = "JPEG") -> bytes:
    content = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(content, kind)
    return content.getvalue()


def hang(product: Product, content: bytes, *, name: str = "mug.jpg", alt: str = "") -> ProductImage:
    image = ProductImage(product=product, alt=alt)
    image.file.save(name, ContentFile(content), save=True)
    return image


def test_a_saved_picture_is_there_in_three_sizes_as_webp(client: Client, media: Path):
    product = make_variant(make_product("Mug")).product
    hang(product, draw())
    view = client.get(f"/products/{product.slug}/").context["product"].image
    for address, width in ((view.small, 320), (view.medium, 640), (view.large, 1200)):
        answer = client.get(address)
        picture = Image.open(io.BytesIO(b"".join(answer)))
        assert (answer["Content-Type"], picture.format) == ("image/webp", "WEBP")
        assert picture.size == (width, width * 3 // 4)


def test_a_small_picture_is_not_blown_up(client: Client, media: Path):
    image = hang(make_product(), draw(200, 100, "PNG"), name="tiny.png")
    assert Image.open(media / image.large.name).size == (200, 100)


def test_pages_let_the_browser_choose_and_say_what_is_to_be_seen(client: Client):
    product = make_variant(make_product("Mug")).product
    hang(product, draw(40, 30), alt="A mug, blue")
    hang(product, draw(40, 30))
    page = client.get(f"/products/{product.slug}/").content.decode()
    assert 'alt="A mug, blue"' in page
    assert 'alt="Mug"' in page, "a picture without a text of its own is one of its product"
    assert " 640w, " in page
    assert 'loading="lazy"' in client.get("/products/").content.decode()


def test_a_damaged_picture_is_refused_with_a_message():
    cut = draw()[:3000]
    upload: UploadedFile[Any] = SimpleUploadedFile("cut.jpg", cut, "image/jpeg")
    files = MultiValueDict({"file": [upload]})
    form = modelform_factory(ProductImage, form=ImageForm, fields=["file"])({}, files)
    assert "damaged" in str(form.errors["file"])
