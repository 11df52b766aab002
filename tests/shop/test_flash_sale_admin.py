"""Staff pages for flash sales."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from inventory.models import StockMovement
from shop.models import FlashSale
from shop.services.flash_sales import end_flash_sale
from tests.shop.selling import HOUR, count_left, make_sale
from tests.shop.shopping import make_variant
from tests.shop.test_flash_sale_pages import buy
from tests.staff import address_of, make_manager, make_staff, page_of, press, press_for_many, said

pytestmark = pytest.mark.django_db(transaction=True)

SALES = "/admin/shop/flashsale/"
ADD = f"{SALES}add/"


def fill(**typed: str) -> dict[str, str]:
    """Return a filled-in form for ten units of MUG, from an hour ago until in an hour."""
    now = timezone.now()
    start, end = now - HOUR, now + HOUR
    return {
        "sku": "MUG",
        "name": "Noon deal",
        "starts_at_0": f"{start:%Y-%m-%d}",
        "starts_at_1": f"{start:%H:%M:%S}",
        "ends_at_0": f"{end:%Y-%m-%d}",
        "ends_at_1": f"{end:%H:%M:%S}",
        "price_amount": "9.00",
        "units": "10",
        "limit_per_customer": "2",
        "payment_minutes": "5",
        "locking_strategy": "combined",
        **typed,
    }


def change(sale, **typed: str) -> dict[str, str]:
    """Return the form of a sale as its page shows it, but for what is typed."""
    row = FlashSale.objects.get(pk=sale.id)
    form = fill(units=str(row.units), limit_per_customer=str(row.limit_per_customer))
    form |= {"initial-units": str(row.units), "name": row.name, "payment_minutes": ""}
    for name in ("starts_at", "ends_at"):
        form |= {
            f"{name}_0": f"{getattr(row, name):%Y-%m-%d}",
            f"{name}_1": f"{getattr(row, name):%H:%M:%S}",
        }
    return {**form, **typed}


def round_off(sale) -> None:
    """Let a sale begin and end at whole seconds, as a form writes them."""
    row = FlashSale.objects.get(pk=sale.id)
    FlashSale.objects.update(
        starts_at=row.starts_at.replace(microsecond=0), ends_at=row.ends_at.replace(microsecond=0)
    )


def test_staff_schedule_a_sale_with_all_it_takes():
    make_variant(sku="MUG", on_hand=30)
    manager = make_manager()
    assert "Of the variant to put on sale" in manager.get(ADD).content.decode()
    answer = manager.post(ADD, fill(), follow=True)
    assert "was added successfully" in said(answer)
    sale = FlashSale.objects.get()
    assert (sale.name, sale.units, sale.limit_per_customer, sale.payment_window_seconds) == (
        *("Noon deal", 10, 2, 300),
    )
    assert (sale.offer.price_amount, sale.offer.stock_item.sku) == (900, "MUG.SALE-1")
    assert sale.offer.stock_item.locking_strategy == "combined"
    assert StockMovement.objects.filter(actor="staff:anna", reason="set aside: Noon deal").count() == 2
    assert LogEntry.objects.get().object_id == str(sale.pk)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({"sku": "CUP"}, "No variant has this SKU."),
        ({"units": "31"}, "The variant has 30 available."),
        ({"units": "0"}, "greater than or equal to 1"),
        ({"price_amount": "9.001"}, "no more than 2 decimal places"),
        ({"price_amount": ""}, "This field is required."),
        ({"ends_at_0": "2020-01-01"}, "A sale ends after it starts."),
        ({"sku": "CUP", "ends_at_0": "2020-01-01"}, "A sale ends after it starts."),
        ({"starts_at_0": "2019-01-01", "ends_at_0": "2020-01-01"}, "This moment has passed."),
        ({"name": " "}, "This field is required."),
        ({"payment_minutes": "99999"}, "less than or equal to 10080"),
        ({"starts_at_1": "noon"}, "Enter a valid time."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(typed, text):
    make_variant(sku="MUG", on_hand=30)
    answer = make_manager().post(ADD, fill(**typed))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert text in page
    assert 'name="limit_per_customer" value="2"' in page
    assert not FlashSale.objects.exists()


def test_a_sale_that_overlaps_is_refused_beside_its_start():
    variant = make_variant(sku="MUG", on_hand=30)
    make_sale(variant, name="Morning deal")
    answer = make_manager().post(ADD, fill())
    assert "The variant is in “Morning deal” at that time." in answer.content.decode()


def test_staff_change_a_running_sale_and_its_start_stays():
    sale = make_sale(on_hand=30, units=10)
    round_off(sale)
    manager = make_manager()
    started = FlashSale.objects.get().starts_at
    typed = {"price_amount": "8.50", "units": "15", "limit_per_customer": "3", "name": "Better deal"}
    answer = manager.post(
        f"{SALES}{sale.id}/change/", change(sale, starts_at_0="2020-01-01", **typed), follow=True
    )
    assert "was changed successfully" in said(answer)
    row = FlashSale.objects.get()
    assert (row.offer.price_amount, row.units, row.limit_per_customer, row.name) == (
        *(850, 15, 3, "Better deal"),
    )
    assert row.starts_at == started
    assert count_left(sale) == (15, 15)


def test_what_nobody_changed_on_the_page_is_not_written():
    sale = make_sale(on_hand=30, units=10)
    round_off(sale)
    form = change(sale, limit_per_customer="4")
    # Meanwhile a colleague adds units.
    make_manager().post(f"{SALES}{sale.id}/change/", change(sale, units="20"))
    make_staff("change_flashsale", "view_flashsale").post(f"{SALES}{sale.id}/change/", form)
    row = FlashSale.objects.get()
    assert (row.units, row.limit_per_customer) == (20, 4)


def test_fewer_units_than_are_promised_are_refused():
    sale = make_sale(on_hand=30, units=10)
    round_off(sale)
    buy(sale, 4)
    answer = make_manager().post(f"{SALES}{sale.id}/change/", change(sale, units="3"), follow=True)
    assert f"{sale.sku} has 6 units that are not promised to orders" in said(answer)
    assert count_left(sale) == (20, 6)


def test_the_page_shows_where_the_units_are():
    sale = make_sale(on_hand=30, units=10, limit_per_customer=0)
    buy(sale, 4)
    manager = make_manager()

    def read() -> list[object]:
        return list(manager.get(f"{SALES}{sale.id}/change/").context["staff_panels"][0].rows[0])

    assert read() == [10, 0, 4, 6, 0]
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    assert read() == [10, 0, 4, 0, 6]


def test_the_list_shows_what_is_going_on():
    make_sale(name="Running deal", units=7)
    make_sale(name="Coming deal", starts_at=timezone.now() + HOUR / 2)
    ended = make_sale(name="Past deal")
    end_flash_sale(sale_id=ended.id, actor="test", now=timezone.now())
    page = make_manager().get(SALES).content.decode()
    for text in ("Running deal", "Coming deal", "Past deal", "to come", ">over<", ">open<", "$9.00"):
        assert text in page
    assert make_manager_search("Running") == 1


def make_manager_search(text: str) -> int:
    """Return how many sales a search finds."""
    return int(make_staff("view_flashsale").get(SALES, {"q": text}).context["cl"].result_count)


def test_ending_a_sale_asks_first_and_is_in_the_history():
    sale = make_sale(on_hand=30, units=10)
    row = FlashSale.objects.get()
    manager = make_manager()
    assert "End the sale now: done." in said(press(manager, row, "end"))
    assert count_left(sale) == (30, 0)
    assert "End the sale now" in LogEntry.objects.get().change_message
    again = press(manager, row, "end")
    assert "there was nothing to do any more" in said(again)


def test_a_sale_to_come_is_cancelled_and_a_running_one_is_not():
    coming = make_sale(starts_at=timezone.now() + HOUR / 2, on_hand=30, units=10)
    make_sale(units=5)
    rows = list(FlashSale.objects.order_by("id"))
    answer = press_for_many(make_manager(), rows, "cancel")
    assert "Cancel the sale: done." in said(answer)
    assert "nothing to do any more" in said(answer)
    assert count_left(coming) == (30, 0)
    assert FlashSale.objects.filter(ended_at=None).count() == 1


def test_a_sale_that_is_over_can_only_be_looked_at():
    sale = make_sale()
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    manager = make_manager()
    page = manager.get(f"{SALES}{sale.id}/change/")
    assert page.status_code == 200
    assert 'name="units"' not in page.content.decode()
    assert manager.post(f"{SALES}{sale.id}/change/", change(sale)).status_code == 403


def test_who_may_not_change_sales_cannot():
    make_variant(sku="MUG", on_hand=30)
    sale = make_sale()
    looker = make_staff("view_flashsale")
    assert looker.get(SALES).status_code == 200
    assert looker.get(ADD).status_code == 403
    assert looker.post(ADD, fill()).status_code == 403
    assert looker.post(f"{SALES}{sale.id}/change/", change(sale)).status_code == 403
    assert looker.post(address_of(FlashSale.objects.get(), "end")).status_code == 403
    assert make_manager().get(f"{SALES}{sale.id}/delete/").status_code == 403


def test_a_product_with_a_sale_keeps_its_variants_and_does_not_list_the_offer():
    sale = make_sale()
    product = FlashSale.objects.get().variant.product
    manager = make_manager()
    page = manager.get(page_of(product)).content.decode()
    assert sale.sku not in page
    answer = manager.post(f"/admin/shop/product/{product.pk}/delete/", {"post": "yes"})
    assert "Cannot delete product" in answer.content.decode()
    assert FlashSale.objects.exists()


def test_a_payment_window_of_whole_minutes_survives_another_change():
    sale = make_sale(payment_window_seconds=300)
    round_off(sale)
    form = change(sale, payment_minutes="5", limit_per_customer="1")
    make_manager().post(f"{SALES}{sale.id}/change/", form)
    row = FlashSale.objects.get()
    assert (row.payment_window_seconds, row.limit_per_customer) == (300, 1)
    assert row.ends_at - row.starts_at < dt.timedelta(hours=3)


def test_an_old_page_of_a_sale_does_not_bring_back_its_old_price():
    sale = make_sale(make_variant(sku="MUG", on_hand=30), price_amount=900)
    round_off(sale)
    manager = make_manager()
    page = manager.get(page_of(FlashSale.objects.get())).content.decode()
    assert 'name="initial-price_amount" value="9.00"' in page
    old = change(sale, **{"initial-price_amount": "9.00"}, price_amount="9.00", name="Later deal")
    manager.post(page_of(FlashSale.objects.get()), change(sale, price_amount="7.50"))
    manager.post(page_of(FlashSale.objects.get()), old)
    row = FlashSale.objects.select_related("offer").get()
    assert (row.name, row.offer.price_amount) == ("Later deal", 750)
