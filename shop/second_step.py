"""The second step of signing in, where there are no pages to ask for it."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AbstractBaseUser


def needs_second_step(user: AbstractBaseUser) -> bool:
    """Say whether a password alone does not let this user in."""
    return bool(is_mfa_enabled(user))


def passes_second_step(user: AbstractBaseUser, *, code: str) -> bool:
    """Say whether this is a code of the user's app for now, or a recovery code, which is used up by that."""
    authenticators = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN)
    return any(authenticator.wrap().validate_code(code) for authenticator in authenticators)
