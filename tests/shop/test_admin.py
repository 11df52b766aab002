"""Staff pages for the catalogue."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from inventory.models import StockItem, StockMovement
from inventory.selectors import get_stock_level
from inventory.services import set_locking_strategy
from shop.models import Category, Product, ProductImage, Variant
from tests.builders import buy, make_stock_item
from tests.staff import make_manager, make_staff, page_of, said

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "/admin/shop/product/"
ADD = f"{PRODUCTS}add/"


def make_product(*skus: str, on_hand: int = 5, price: int = 1250, name: str = "Tea") -> Product:
    """Return a product with a variant for each SKU."""
    product = Product.objects.create(name=name, slug=f"{name}-{'-'.join(skus) or 'none'}".lower())
    for position, sku in enumerate(skus):
        level = make_stock_item(sku=sku, on_hand=on_hand)
        Variant.objects.create(product=product, stock_item_id=level.id, price_amount=price, position=position)
    return product


def open_form(client, address: str) -> dict[str, str]:
    """Return what a browser would send if the page were saved as it came."""
    response = client.get(address)
    assert response.status_code == 200
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            sent[bound.html_name] = "" if value is None or value is False else str(value)
            if value is False:
                del sent[bound.html_name]
            if bound.field.show_hidden_initial:
                sent[bound.html_initial_name] = str(value or "")
    return sent


def add_variant(form: dict[str, str], sku: str, **typed: str) -> dict[str, str]:
    """Fill in one more row of new variants, as the page's script would make it."""
    prefix = "variants-2" if "variants-2-TOTAL_FORMS" in form else "variants"
    is_first_row_free = form.get(f"{prefix}-0-sku") == ""
    number = 0 if is_first_row_free else int(form[f"{prefix}-TOTAL_FORMS"])
    row = {"sku": sku, "price_amount": "1", "position": "0", "is_active": "on", **typed}
    named = {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return {**form, **named, f"{prefix}-TOTAL_FORMS": str(number + 1)}


def test_a_new_variant_gets_its_stock_item_with_the_first_units():
    manager = make_manager()
    form = {**open_form(manager, ADD), "name": "Tea", "slug": "tea"}
    form = add_variant(
        form, "TEA-S", price_amount="12.50", initial_quantity="7", options="Size: S\nKind: Green"
    )
    response = manager.post(ADD, form, follow=True)
    assert "was added successfully" in said(response)
    variant = Variant.objects.get()
    level = get_stock_level(sku="TEA-S")
    assert (variant.stock_item_id, variant.price_amount) == (level.id, 1250)
    assert variant.options == [["Size", "S"], ["Kind", "Green"]]
    assert (level.on_hand, level.available, level.locking_strategy) == (7, 7, "conditional")
    assert StockMovement.objects.get().actor == "staff:anna"


def test_the_strategy_of_a_new_product_is_that_of_its_stock():
    manager = make_manager()
    form = {**open_form(manager, ADD), "name": "Tea", "slug": "tea", "locking_strategy": "optimistic"}
    manager.post(ADD, add_variant(form, "TEA-S"))
    assert get_stock_level(sku="TEA-S").locking_strategy == "optimistic"


def test_one_selector_sets_the_strategy_of_all_variants():
    product = make_product("TEA-S", "TEA-M")
    manager = make_manager()
    manager.post(
        page_of(product), {**open_form(manager, page_of(product)), "locking_strategy": "pessimistic"}
    )
    assert set(StockItem.objects.values_list("locking_strategy", flat=True)) == {"pessimistic"}


def test_units_in_slices_are_counted_with_the_others():
    product = make_product("TEA-S", on_hand=500)
    item = get_stock_level(sku="TEA-S")
    set_locking_strategy(stock_item_ids=[item.id], name="pooled")
    buy((item, 30))
    manager = make_manager()
    assert 'field-show_available">470<' in manager.get(PRODUCTS).content.decode()
    assert "470 available of 500" in manager.get(page_of(product)).content.decode()


def test_strategies_that_differ_are_shown_as_mixed_and_left_alone():
    product = make_product("TEA-S", "TEA-M")
    StockItem.objects.filter(sku="TEA-M").update(locking_strategy="optimistic")
    manager = make_manager()
    assert "Mixed" in manager.get(page_of(product)).content.decode()
    assert "mixed" in manager.get(PRODUCTS).content.decode()
    form = open_form(manager, page_of(product))
    assert form["locking_strategy"] == ""
    manager.post(page_of(product), {**form, "name": "Green tea"})
    assert Product.objects.get().name == "Green tea"
    assert list(StockItem.objects.order_by("sku").values_list("locking_strategy", flat=True)) == [
        *("optimistic", "conditional"),
    ]


def test_a_page_that_shows_an_old_strategy_does_not_bring_it_back():
    product = make_product("TEA-S")
    manager = make_manager()
    form = open_form(manager, page_of(product))
    StockItem.objects.update(locking_strategy="optimistic")
    manager.post(page_of(product), form)
    assert get_stock_level(sku="TEA-S").locking_strategy == "optimistic"


def test_a_product_page_opened_before_a_sale_and_saved_after_it_leaves_stock_as_the_sale_did():
    product = make_product("TEA-S")
    manager = make_manager()
    form = open_form(manager, page_of(product))
    buy((get_stock_level(sku="TEA-S"), 3))
    sold = get_stock_level(sku="TEA-S")
    stale = {"variants-0-stock_item": "1", "variants-0-show_stock": "5", "variants-0-price_amount": "20"}
    manager.post(page_of(product), {**form, **stale})
    assert Variant.objects.get().price_amount == 2000
    assert get_stock_level(sku="TEA-S") == sold


def test_two_people_who_change_different_things_on_one_page_both_get_what_they_wanted():
    product = make_product("TEA-S")
    manager = make_manager()
    old = open_form(manager, page_of(product))
    manager.post(page_of(product), {**old, "name": "Green tea", "variants-0-price_amount": "25"})
    changed = {"description": "Fresh.", "variants-0-options": "Size: S", "is_published": "on"}
    assert "was changed" in said(manager.post(page_of(product), {**old, **changed}, follow=True))
    variant = Variant.objects.select_related("product").get()
    assert (variant.product.name, variant.price_amount) == ("Green tea", 2500)
    assert (variant.product.description, variant.options) == ("Fresh.", [["Size", "S"]])


def test_a_page_that_was_left_alone_brings_back_nothing_old():
    product = make_product("TEA-S")
    manager = make_manager()
    old = open_form(manager, page_of(product))
    Product.objects.update(name="Green tea", is_published=not product.is_published)
    Variant.objects.update(price_amount=2500, is_active=False)
    manager.post(page_of(product), old)
    row, variant = Product.objects.get(), Variant.objects.get()
    assert (row.name, row.is_published) == ("Green tea", not product.is_published)
    assert (variant.price_amount, variant.is_active) == (2500, False)


def test_a_variant_may_take_over_stock_that_nothing_is_sold_from():
    product = make_product("TEA-S")
    left = make_stock_item(sku="TEA-M", on_hand=4)
    manager = make_manager()
    manager.post(page_of(product), add_variant(open_form(manager, page_of(product)), "TEA-M"))
    assert Variant.objects.get(stock_item_id=left.id).product_id == product.id
    assert get_stock_level(sku="TEA-M") == left


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("TEA-S", {})], "There is stock under this SKU already"),
        ([("LEFT", {"initial_quantity": "1"})], "There is stock under this SKU already"),
        ([("NEW", {}), ("NEW", {})], "in the list twice"),
        ([("NEW", {"price_amount": "12.345"})], "no more than 2 decimal places"),
        ([("NEW", {"price_amount": "-1"})], "greater than or equal to 0"),
        ([("NEW", {"price_amount": "9" * 40})], "less than or equal to"),
        ([("NEW", {"price_amount": "1e400"})], "less than or equal to"),
        ([("NEW", {"price_amount": "NaN"})], "Enter a number"),
        ([("NEW", {"initial_quantity": "9" * 40})], "less than or equal to"),
        ([("NEW", {"initial_quantity": "-1"})], "greater than or equal to 0"),
        ([("NEW", {"position": "9" * 40})], "less than or equal to"),
        ([("NEW", {"options": "Size M"})], "Name: value"),
        ([("NEW", {"options": "Size: M\0"})], "Null characters"),
        ([("N\0W", {})], "Null characters"),
        ([("N" * 101, {})], "at most 100"),
    ],
)
def test_what_cannot_be_a_variant_is_explained_and_nothing_is_saved(rows, words):
    product = make_product("TEA-S")
    make_stock_item(sku="LEFT", on_hand=1)
    manager = make_manager()
    form = {**open_form(manager, page_of(product)), "name": "Other"}
    for sku, typed in rows:
        form = add_variant(form, sku, **typed)
    response = manager.post(page_of(product), form)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert (Variant.objects.count(), StockItem.objects.count(), Product.objects.get().name) == (1, 2, "Tea")


@pytest.mark.parametrize(
    ("currency", "typed", "amount", "shown"),
    [("USD", "12.5", 1250, "12.50"), ("JPY", "1250", 1250, "1250"), ("KWD", "1.250", 1250, "1.250")],
)
def test_prices_are_typed_with_the_decimals_of_the_currency(settings, currency, typed, amount, shown):
    settings.SHOP_CURRENCY = currency
    product = make_product("TEA-S")
    manager = make_manager()
    form = open_form(manager, page_of(product))
    manager.post(page_of(product), {**form, "variants-0-price_amount": typed})
    assert Variant.objects.get().price_amount == amount
    assert open_form(manager, page_of(product))["variants-0-price_amount"] == shown


def test_a_removed_variant_leaves_its_stock_and_its_siblings():
    product = make_product("TEA-S", "TEA-M")
    manager = make_manager()
    manager.post(page_of(product), {**open_form(manager, page_of(product)), "variants-0-DELETE": "on"})
    assert [variant.stock_item.sku for variant in Variant.objects.all()] == ["TEA-M"]
    assert get_stock_level(sku="TEA-S").on_hand == 5


def test_pictures_are_kept_and_descriptions_cleaned(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    product = make_product("TEA-S")
    manager = make_manager()
    form = open_form(manager, page_of(product))
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(drawn, "PNG")
    form |= {
        "description": '<p onclick="x()">Good</p><script>alert(1)</script>',
        "images-TOTAL_FORMS": "1",
        "images-0-alt": "A cup",
        "images-0-position": "0",
    }
    picture = SimpleUploadedFile("cup.png", drawn.getvalue(), "image/png")
    response = manager.post(page_of(product), {**form, "images-0-file": picture}, follow=True)
    assert "was changed successfully" in said(response)
    assert ProductImage.objects.get().alt == "A cup"
    assert Product.objects.get().description == "<p>Good</p>"


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_what_is_no_picture_is_refused(content):
    product = make_product("TEA-S")
    manager = make_manager()
    form = open_form(manager, page_of(product)) | {"images-TOTAL_FORMS": "1", "images-0-position": "0"}
    file = SimpleUploadedFile("cup.png", content, "image/png")
    assert manager.post(page_of(product), {**form, "images-0-file": file}).status_code == 200
    assert not ProductImage.objects.exists()


def test_the_list_shows_prices_and_stock_and_is_searched_and_filtered():
    shelf = Category.objects.create(name="Drinks", slug="drinks")
    tea = make_product("TEA-S", "TEA-M", name="Tea")
    Variant.objects.filter(stock_item__sku="TEA-M").update(price_amount=2000)
    Product.objects.filter(id=tea.id).update(category=shelf)
    milk = make_product("MILK", name="Milk")
    Product.objects.filter(id=milk.id).update(is_published=False)
    empty = make_product(name="Empty")
    manager = make_manager()

    def find(**query: str) -> list[int]:
        return [product.pk for product in manager.get(PRODUCTS, query).context["cl"].result_list]

    page = manager.get(PRODUCTS).content.decode()
    assert "$12.50 – $20.00" in page
    assert re.search(r'field-show_available">10<', page)
    assert find() == [empty.pk, milk.pk, tea.pk]
    assert find(q="TEA-") == [tea.pk]
    assert find(q="milk") == [milk.pk]
    assert find(category__id__exact=str(shelf.pk)) == [tea.pk]
    assert find(is_published__exact="0") == [milk.pk]
    assert find(variants="none") == [empty.pk]


@pytest.mark.parametrize(
    ("permissions", "may_add", "may_switch"),
    [
        (("view_product", "view_variant"), False, False),
        (("change_product", "change_variant", "add_variant"), False, False),
        (("change_product", "change_variant", "add_variant", "add_stockitem"), True, False),
        (("change_product", "change_variant", "change_stockitem"), False, True),
        (("view_product", "change_stockitem", "add_stockitem", "add_variant"), False, False),
    ],
)
def test_stock_is_made_and_switched_only_by_those_who_may(permissions, may_add, may_switch):
    product = make_product("TEA-S")
    form = open_form(make_manager(), page_of(product))
    typed = add_variant({**form, "locking_strategy": "optimistic"}, "TEA-M")
    alone = {name.replace("variants-2", "variants"): value for name, value in typed.items()}
    vera = make_staff(*permissions)
    page = vera.get(page_of(product))
    assert page.status_code == 200
    for sent in (typed, alone):
        vera.post(page_of(product), sent)
    assert StockItem.objects.filter(sku="TEA-M").exists() == may_add
    assert (get_stock_level(sku="TEA-S").locking_strategy == "optimistic") == may_switch


def test_a_category_is_never_below_itself():
    drinks = Category.objects.create(name="Drinks", slug="drinks")
    tea = Category.objects.create(name="Tea", slug="tea", parent=drinks)
    manager = make_manager()
    form = {"name": "Drinks", "slug": "drinks", "position": "0"}
    for parent in (drinks, tea):
        response = manager.post(page_of(drinks), {**form, "parent": str(parent.pk)})
        assert "cannot be below itself" in response.content.decode()
    assert manager.post(page_of(tea), {**form, "slug": "tea", "parent": ""}).status_code == 302


def test_the_list_and_the_page_ask_as_many_questions_for_thirty_as_for_three(django_assert_max_num_queries):
    manager = make_manager()
    made = 0
    for number in (3, 27):
        for _product in range(number):
            made += 1
            make_product(f"S-{made}", f"M-{made}", name=f"Tea {made}")
        big = make_product(*(f"V{number}-{index}" for index in range(number)), name=f"Big {number}")
        with django_assert_max_num_queries(9):
            manager.get(PRODUCTS)
        with django_assert_max_num_queries(12):
            manager.get(page_of(big))


def test_the_index_groups_the_shop_first_and_bears_its_name(settings):
    page = make_manager().get("/admin/")
    labels = [app["app_label"] for app in page.context["app_list"]]
    assert labels[:4] == ["shop", "orders", "payments", "inventory"]
    assert "auth" in labels
    assert settings.SHOP_NAME in page.content.decode()
    assert f'href="{reverse("shop:home")}"' in page.content.decode()


def test_the_admin_needs_no_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize(
    "address",
    [
        "product/%00/change/",
        "product/99999999999999999999999/change/",
        "product/?q=%00",
        "product/?q=" + "a+" * 3000,
        "product/?category__id__exact=99999999999999999999999",
        "product/?category__id__exact=%00",
        "product/?is_published__exact=%00",
        "product/?variants=" + "x" * 5000,
        "product/add/?name=%00&category=%00",
        "category/autocomplete/?app_label=shop",
        "category/99999999999999999999999/change/",
    ],
)
def test_strange_addresses_are_answered(address):
    assert make_manager().get(f"/admin/shop/{address}", follow=True).status_code in (200, 400, 404)


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "a\0b"},
        {"name": "x" * 300},
        {"slug": "\0"},
        {"category": "99999999999999999999999"},
        {"category": "\0"},
        {"description": "\0"},
        {"locking_strategy": "\0"},
        {"variants-TOTAL_FORMS": "999999999999"},
        {"variants-TOTAL_FORMS": "\0"},
        {"variants-0-id": "99999999999999999999999"},
        {"variants-0-id": "\0"},
        {"variants-2-INITIAL_FORMS": "1", "variants-2-TOTAL_FORMS": "1", "variants-2-0-id": "1"},
        {"variants-0-price_amount": "\0"},
    ],
)
def test_strange_input_is_answered_and_changes_nothing(typed):
    product = make_product("TEA-S")
    manager = make_manager()
    response = manager.post(page_of(product), {**open_form(manager, page_of(product)), **typed})
    assert response.status_code == 200
    assert (Product.objects.get().name, Variant.objects.get().price_amount) == ("Tea", 1250)
