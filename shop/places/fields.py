"""The columns of an area, for rules that hold in one."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.places.areas import Area, check_postal_codes
from shop.places.countries import list_country_codes
from shop.places.regions import find_region


class AreaFields(models.Model):
    """Where a rule holds; what is empty is anywhere."""

    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Two letters, such as DE; empty for everywhere.")
    )
    region = models.CharField(_("region"), max_length=60, blank=True)
    city = models.CharField(_("city"), max_length=500, blank=True)
    postal_codes = models.CharField(
        _("postal codes"),
        max_length=2000,
        blank=True,
        help_text=_("Separated by semicolons; SW1* and 1000...1999 stand for many."),
        validators=[check_postal_codes],
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return " ".join(part for part in self.area if part) or "*"

    def clean(self) -> None:
        """Write the area the way places are compared."""
        self.country = self.country.strip().upper()
        if self.country and self.country not in list_country_codes():
            raise ValidationError({"country": _("This is no country's two letters, such as DE for Germany.")})
        self.region = find_region(country=self.country, text=self.region)

    @property
    def area(self) -> Area:
        """The area as a value."""
        return Area(self.country, self.region, self.city, self.postal_codes)
