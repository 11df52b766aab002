"""By what staff narrow the list of stock items."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import StockItem
from inventory.selectors import express_available, list_strategies


class LowStockFilter(admin.SimpleListFilter):
    """Items of which no more can be promised than staff want to be told about."""

    title = gettext_lazy("stock level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("low", _("Low or sold out")), ("out", _("Sold out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> QuerySet[StockItem]:
        """See SimpleListFilter."""
        counted = queryset.alias(left=express_available())
        if self.value() == "low":
            return counted.filter(left__lte=F("low_stock_threshold"))
        return counted.filter(left=0) if self.value() == "out" else queryset


class StrategyFilter(admin.SimpleListFilter):
    """Items by how their buyers are kept apart."""

    title = gettext_lazy("locking strategy")
    parameter_name = "strategy"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return list(list_strategies())

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> QuerySet[StockItem]:
        """See SimpleListFilter."""
        return queryset.filter(locking_strategy=self.value()) if self.value() else queryset
