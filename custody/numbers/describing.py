"""What a number says, in words, so that a person sees at a glance whose it can't be. Pure."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custody.numbers.identities import Identity, Sex

_SEXES: dict[Sex, Promise] = {
    Sex.WOMAN: gettext_lazy("woman"),
    Sex.MAN: gettext_lazy("man"),
    Sex.UNKNOWN: gettext_lazy("sex not stated"),
}


def in_words(identity: Identity) -> str:
    """Return sex and birth date in the language of the page: woman, born 14 March 1962."""
    words = {"sex": _SEXES[identity.sex]}
    if identity.birth_date is None:
        return _("%(sex)s, birth date not stated") % words
    born = date_format(identity.birth_date, "j F Y")
    return _("%(sex)s, born %(date)s") % (words | {"date": born})
