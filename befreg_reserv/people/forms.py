"""Sign-in, and a password of one's own."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit import signing_in as told
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import allowed, hashing, pins, throttle, turns
from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.text import LineField


class SignInForm(AuthenticationForm):
    """vgr-id and password, tried at ``at`` in the browser with the throttle's ``mark``.

    ``wait``: in how many seconds the password may be tried again; 0 if it was checked. ``crowded``:
    the reason is that too many others are signing in, not failures of this vgr-id. ``turn``: the
    browser's, and then the one that it is to keep (``signing_in.turns``). ``till``: the mark of the
    enrolled workstation, or "". ``pin_of``: whose PIN opens the screen too; ``by_pin``: it did.
    """

    wait = 0
    crowded = False
    by_pin = False
    username = LineField(
        label=_("vgr-id"),
        max_length=MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}
        ),
        error_messages={"required": _("Write your vgr-id.")},
    )
    error_messages = {
        "invalid_login": _(
            "The vgr-id or the password is wrong. Mind upper and lower case in the password."
        ),
    }

    def clean_username(self) -> str:
        """Return the vgr-id in lower case."""
        return normalise(self.cleaned_data["username"])

    def __init__(
        self,
        *args: Any,
        at: datetime,
        mark: str = "",
        turn: str = "",
        till: str = "",
        pin_of: User | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.mark, self.turn = at, mark, turn
        self.till, self.pin_of = till, pin_of
        self.fields["password"].label = _("Password or PIN") if pin_of else _("Password")
        self.fields["password"].error_messages["required"] = _("Write your password.")

    def clean(self) -> dict[str, Any]:
        """Check the password, unless this try has to wait; or the PIN of who is locked out."""
        vgr_id, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not (vgr_id and password):
            return super().clean()
        own = self.pin_of if self.pin_of and self.pin_of.username == vgr_id else None
        if own and self.request and pins.SHAPE.fullmatch(password):
            return self._checked_pin(self.request, own, password)
        left = turns.left(self.turn, vgr_id, password, self.at)
        in_turn, mark = left == 0, self.till or self.mark
        # Asked first: while guesses are refused they take no place, and write nothing.
        if not in_turn and (wait := throttle.must_wait(vgr_id, mark, self.at)):
            raise self._must_wait(vgr_id, password, left or wait, has_turn=bool(left))
        known = throttle.knows(vgr_id, mark)
        places = hashing.OF_TURNS if in_turn else hashing.OF_STRANGERS
        with (hashing.OF_KNOWN if known else places).one() as found:
            if not found:
                raise self._crowded(vgr_id, password, has_turn=in_turn)
            if wait := throttle.count_try(vgr_id, mark, self.at, in_turn=in_turn):
                raise self._must_wait(vgr_id, password, wait)
            if known:
                return self._checked(vgr_id, mark)
            with hashing.even():
                return self._checked(vgr_id, mark)

    def _checked_pin(self, request: HttpRequest, person: User, pin: str) -> dict[str, Any]:
        if not self.till:
            raise forms.ValidationError(pins.unproved())
        with hashing.OF_KNOWN.one() as found:
            if not found:
                raise self._crowded(person.username, pin, has_turn=True)
            if not pins.is_right(request, person, pin, self.at):
                raise forms.ValidationError(pins.refusal(request))
        self.confirm_login_allowed(person)  # what closes the password closes the PIN
        self.user_cache, self.by_pin = person, True
        return self.cleaned_data

    def _must_wait(
        self, vgr_id: str, password: str, wait: int, *, has_turn: bool = False
    ) -> forms.ValidationError:
        self.wait = min(wait, int(turns.WAIT.total_seconds()))
        if not has_turn:
            self.turn = turns.give(vgr_id, password, self.at)
        return forms.ValidationError(throttle.refusal(self.wait))

    def _crowded(self, vgr_id: str, password: str, *, has_turn: bool) -> forms.ValidationError:
        self.wait, self.crowded = throttle.CROWDED_SECONDS, True
        if not has_turn:
            soon = timedelta(seconds=throttle.CROWDED_SECONDS)
            self.turn = turns.give(vgr_id, password, self.at, soon)
        return forms.ValidationError(throttle.crowded())

    def _checked(self, vgr_id: str, mark: str) -> dict[str, Any]:
        """Check the password; a wrong one ends its turn, and the log tells of one or of many."""
        tries = throttle.tells(vgr_id, mark, self.at)
        setattr(self.request, told.FAILURES, tries)
        try:
            return super().clean()
        except forms.ValidationError:
            turns.spend(self.turn)
            raise

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse a person whose right password opens nothing now: see ``allowed``.

        The log says so: somebody has the password, or the secret of an envelope.
        """
        super().confirm_login_allowed(user)
        if why := allowed.why_not(user):
            act, action = Logged.SIGN_IN_NOT_ALLOWED, trail.Action.ACCESS
            trail.record(user, act, actor=None, at=self.at, action=action)
            raise forms.ValidationError(str(why), code="not_allowed")

    def focus_password(self) -> None:
        """Begin at the password: the vgr-id is filled in."""
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password"].widget.attrs["autofocus"] = True


class PresentPassword:
    """What forms do that ask somebody who is signed in for their password, at ``at``.

    ``mark`` is the throttle's of the browser; ``wait`` is as in SignInForm; ``refused``: the
    password was wrong.
    """

    user: User
    at: datetime
    mark: str
    wait = 0
    refused = False

    def checked(self, typed: str) -> str:
        """Return the password if it is right, unless this try has to wait: as at sign-in."""
        self.wait = throttle.count_try(self.user.username, self.mark, self.at)
        if self.wait:
            raise forms.ValidationError(throttle.refusal_inside(self.wait))
        self.refused = not self.user.check_password(typed)
        if self.refused:
            raise forms.ValidationError(_("This isn't your present password."))
        self.mark = throttle.succeeded(self.user.username, self.mark, self.at)
        return typed


class OwnPasswordForm(PresentPassword, PasswordChangeForm):
    """The present password and a new one, tried at ``at`` in the browser with the mark.

    A one-time password was typed a moment ago, at sign-in, and isn't asked for again.
    """

    error_messages = {
        "password_mismatch": _("The two passwords differ. Write the new one twice, alike."),
    }

    def __init__(self, user: User, *args: Any, at: datetime, mark: str = "", **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.at, self.mark = at, mark
        for name, label in (
            ("old_password", _("Present password")),
            ("new_password1", _("New password")),
            ("new_password2", _("New password, once more")),
        ):
            self.fields[name].label, self.fields[name].help_text = label, ""
            self.fields[name].error_messages["required"] = _("Write the password.")
        self.fields["new_password1"].help_text = _(
            "At least 12 characters. Three or four words that nobody would guess are easy to"
            " remember and to type."
        )
        if user.must_change_password:
            del self.fields["old_password"]
            self.fields["new_password1"].widget.attrs["autofocus"] = True

    def clean_old_password(self) -> str:
        """Check the present password."""
        return self.checked(str(self.cleaned_data["old_password"]))

    def clean(self) -> dict[str, Any]:
        """Check the new password; the first field shows its errors."""
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password1")
        if self._is_the_present_one(self.cleaned_data.get("new_password1")):
            self.add_error("new_password1", _("This is the password you have. Choose another."))
        return self.cleaned_data

    def _is_the_present_one(self, new: str | None) -> bool:
        """Tell whether nothing would change; False unless the present one was typed correctly.

        Otherwise the answer would let somebody guess the present password.
        """
        if new is None or "old_password" in self.errors:
            return False
        old = self.cleaned_data.get("old_password")
        return new == old if old else self.user.check_password(new)
