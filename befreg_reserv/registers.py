"""Django's admin, under our Content-Security-Policy."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.shortcuts import redirect


class Registers(AdminSite):
    """The registers. Django's own scripts there come from files, but carry no nonce."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  inherited
        """Let the scripts of our own host run."""
        return csp_update({"script-src": [SELF]})(super().admin_view(view, cacheable))

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        """Send to the one page there is for one's own password."""
        return redirect("password")


class RegistersConfig(AdminConfig):
    """Puts ours in the place of Django's."""

    default_site = "befreg_reserv.registers.Registers"
