"""What staff do with several stock items at once."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from inventory import services
from inventory.backoffice import StaffAdmin
from inventory.errors import InventoryError
from inventory.models import StockItem
from inventory.wording import explain


def switch_strategy(name: str) -> Callable[[StaffAdmin, HttpRequest, QuerySet[StockItem]], None]:
    """Return the action that switches the chosen items to a strategy."""

    def switch(pages: StaffAdmin, request: HttpRequest, chosen: QuerySet[StockItem]) -> None:
        ids = list(chosen.values_list("id", flat=True))
        try:
            services.set_locking_strategy(stock_item_ids=ids, name=name)
        except InventoryError as error:
            pages.message_user(request, explain(error), messages.ERROR)
            return
        text = ngettext("%(count)d stock item switched.", "%(count)d stock items switched.", len(ids))
        pages.message_user(request, text % {"count": len(ids)}, messages.SUCCESS)

    return switch
