"""Django's admin, under our Content-Security-Policy."""

from functools import wraps
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import TO_FIELD_VAR
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse


class Registers(AdminSite):
    """The registers. Django's own scripts there come from files, but carry no nonce."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  inherited
        """Let scripts of our own host run, and refuse requests that Django's views can't take."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _refuse_nonsense(request)
            response = guarded(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.add_post_render_callback(_forget_what_was_typed)
            return response

        # They write HTML as text, too, without a policy for it.
        untyped = csp_replace({"require-trusted-types-for": None, "trusted-types": None})
        return untyped(csp_update({"script-src": [SELF]})(answer))

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        """Send to the one page there is for one's own password."""
        return redirect("password")


def _forget_what_was_typed(response: HttpResponse) -> None:
    """Keep browsers from restoring ticks and choices by position: they could be another row's.

    Django's templates have no block in which the attribute could be set.
    """
    response.content = response.content.replace(b"<form ", b'<form autocomplete="off" ')


def _refuse_nonsense(request: HttpRequest) -> None:
    """Raise BadRequest for parameters with which Django's views would fail.

    These are a field without a name, and NUL, which PostgreSQL can't compare.
    """
    for fields in (request.GET, request.POST):
        if fields.get(TO_FIELD_VAR) == "":
            raise BadRequest(TO_FIELD_VAR)
    if any("\0" in part for named in request.GET.lists() for part in (named[0], *named[1])):
        raise BadRequest


class RegistersConfig(AdminConfig):
    """Puts ours in the place of Django's."""

    default_site = "befreg_reserv.pages.registers.Registers"

    def ready(self) -> None:
        """Register the pages of this room that others lead to."""
        super().ready()
        # Models aren't loaded before ready.
        from befreg_reserv.pages import browsers  # noqa: PLC0415

        browsers.register()
