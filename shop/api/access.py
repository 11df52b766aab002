"""Who may see and change an order."""

from rest_framework.request import Request

from orders.errors import OrderNotFound
from orders.selectors import check_order_token, get_order
from orders.types import OrderView

TOKEN_HEADER = "Order-Token"  # noqa: S105 - a name
TICKET_HEADER = "Queue-Ticket"
# Under this name it stands in META.
TICKET_META = "HTTP_QUEUE_TICKET"


def get_order_for(request: Request, *, number: str, permission: str = "orders.view_order") -> OrderView:
    """Return the order if the caller holds its token, is its customer, or is staff with the permission.

    Raises OrderNotFound to everybody else: that an order exists is nobody's business.
    """
    token = request.headers.get(TOKEN_HEADER, "")
    order = get_order(number=number)
    # The stored number decides, not the typed one, which the database matches more loosely.
    if (token and check_order_token(number=order.number, token=token)) or _is_owner(request, order):
        return order
    if is_staff(request, permission=permission):
        return order
    raise OrderNotFound(number)


def is_staff(request: Request, *, permission: str) -> bool:
    """Say whether the caller works here and may do this."""
    return bool(request.user.is_staff and request.user.has_perm(permission))


def _is_owner(request: Request, order: OrderView) -> bool:
    return request.user.is_authenticated and order.customer_id == request.user.pk
