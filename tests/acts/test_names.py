"""The names of acts in the log: an application with an act that has no words does not start."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit import acts
from outage.models import PlanChange


class WithoutWords(TextChoices):
    """Django makes up words for it: "Set Aside"."""

    SET_ASIDE = "set_aside_untold"


class Again(TextChoices):
    """A name that the log has."""

    SIGN_IN = "sign_in", _("Signed in")


class Long(TextChoices):
    """A name that the column can't hold."""

    LONG = "l" * 41, _("Signed in")


@pytest.mark.parametrize("names", [WithoutWords, Again, Long])
def test_names_that_the_log_cannot_show_are_refused(names: type[TextChoices]) -> None:
    before = acts.choices()
    with pytest.raises(ImproperlyConfigured):
        acts.register(names)
    assert acts.choices() == before


def test_an_act_that_nobody_registered_is_not_written() -> None:
    with pytest.raises(ImproperlyConfigured):
        acts.stored(WithoutWords.SET_ASIDE)


def test_an_app_may_register_its_names_twice() -> None:
    acts.register(PlanChange.Act, "plan_")
    assert acts.stored(PlanChange.Act.CANCELLED) == "plan_cancelled"


STARTS = "import django; django.setup()"
WITHOUT_WORDS = """
from django.db.models import TextChoices
from outage import logged
logged.Logged = TextChoices("Logged", "SET_ASIDE")
"""


@pytest.mark.parametrize(("before", "fault"), [("", ""), (WITHOUT_WORDS, "has no words")])
def test_an_application_with_an_act_without_words_does_not_start(before: str, fault: str) -> None:
    run = [sys.executable, "-c", before + STARTS]
    started = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (started.returncode == 0, fault in started.stderr) == (not fault, True)
