"""Staff choose countries by their names, and no other country comes of it."""

import pytest
from django.core.exceptions import ValidationError

from shop.delivery.models import ShippingZone, ZoneArea
from tests.shop.pricing.making import make_zone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["delivery", "tax"])
def test_a_country_is_chosen_by_its_name(admin_client, path):
    page = {"delivery": "/admin/shop/shippingzone/add/", "tax": "/admin/shop/taxrate/add/"}[path]
    assert '<option value="DE">Germany</option>' in admin_client.get(page).content.decode()


def test_what_is_no_country_is_refused():
    area = ZoneArea(zone=make_zone({"country": "DE"}), country="zz")
    with pytest.raises(ValidationError, match="no country"):
        area.full_clean()
    area.country = "de"
    area.full_clean()
    assert area.country == "DE"
    assert ShippingZone.objects.count() == 1
