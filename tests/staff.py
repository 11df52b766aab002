"""People who work in the shop, each with a browser of their own."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse


def log_in(user: User) -> Client:
    """Return a browser in which this user is logged in."""
    client = Client()
    client.force_login(user)
    return client


def make_manager() -> Client:
    """Return the browser of anna, who may do everything."""
    return log_in(User.objects.create_superuser("anna", "anna@example.com", "secret"))


def make_staff(*permissions: str) -> Client:
    """Return the browser of vera, who works here and has these permissions and no others."""
    user = User.objects.create_user("vera", "vera@example.com", "secret", is_staff=True)
    found = Permission.objects.filter(codename__in=permissions)
    assert len(found) == len(permissions)
    user.user_permissions.set(found)
    return log_in(user)


def press(client: Client, record: Any, action: str) -> Any:
    """Open what a button on a record's page asks, say yes, and return the page that comes then."""
    url = address_of(record, action)
    asked = client.get(url)
    assert asked.status_code == 200
    return client.post(url, {"action": action, "confirmed": "yes"}, follow=True)


def press_for_many(client: Client, records: list[Any], action: str) -> Any:
    """Choose records in their list, choose an action, say yes, and return the page that comes then."""
    url = reverse(f"admin:{records[0]._meta.label_lower.replace('.', '_')}_changelist")
    chosen = {"action": action, "_selected_action": [record.pk for record in records]}
    asked = client.post(url, chosen)
    assert "confirmed" in asked.content.decode()
    return client.post(url, {**chosen, "confirmed": "yes"}, follow=True)


def address_of(record: Any, action: str) -> str:
    """Return where a button on a record's page leads."""
    return reverse(f"admin:{record._meta.label_lower.replace('.', '_')}_do", args=[record.pk, action])


def page_of(record: Any) -> str:
    """Return the address of a record's page."""
    return reverse(f"admin:{record._meta.label_lower.replace('.', '_')}_change", args=[record.pk])


def said(response: Any) -> str:
    """Return the messages on a page."""
    return " / ".join(str(message) for message in response.context["messages"])
