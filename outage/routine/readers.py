"""Who reads the routine without signing in: whoever sits in the hospital's own network."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def reads(request: HttpRequest) -> bool:
    """Tell whether the routine may be shown: to signed-in people, and within ROUTINE_NETWORKS."""
    user = getattr(request, "user", None)  # a request may be refused before its user is set
    return bool(user and user.is_authenticated) or _is_near(request)


def _is_near(request: HttpRequest) -> bool:
    # TrustedProxyMiddleware has put the client's address here, or nothing that can be believed.
    address = request.META.get("REMOTE_ADDR", "")
    if not address:
        return False
    client = ipaddress.ip_address(address)
    return any(client in network for network in settings.ROUTINE_NETWORKS)
