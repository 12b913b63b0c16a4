"""The story of a planned outage beside a drill: who is in it, and what they do until it ends.

``test_scenario`` tells it to its end.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.forms import Form
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.people.models import User, Ward
from custody.afterwards.report.figures import Report
from custody.models import Handout, PreparedNumber
from outage.models import Outage, Plan
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

OK, SEE_OTHER, BAD_FORM, CONFLICT = 200, 302, 400, 409
IVA, EYE = "Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"
MATERNITY = "Kvinnokliniken / Förlossning"
# Created in Befreg beforehand, on a birth date of their own; and the real numbers of afterwards.
PREPARED = {IVA: ["19850613K063", "19850613K089", "19850613M077"], EYE: ["19850613M093"]}
REAL = {
    "K064": "19450829K088",
    "K148": "20210325K069",
    "K122": "19610203K067",
    "M136": "19810829M071",
    "M094": "19610203M071",
    "M110": "19610203M097",
}
REGISTERED_LATE = "19610203K083"


@dataclass
class Story:
    """Who sits where, and what has come to be."""

    cast: Cast
    sign_in: SignIn
    maternity: Ward
    frida: User
    clients: dict[str, Client] = field(default_factory=dict)
    plan: Plan = field(init=False)
    real: Outage = field(init=False)
    drill: Outage = field(init=False)

    def get(self, who: User, url: str, status: int = OK) -> Any:
        """Return the page as the person sees it."""
        answer = self._client(who).get(url)
        assert answer.status_code == status, text_of(answer)
        return answer

    def send(self, who: User, url: str, status: int = SEE_OTHER, /, **fields: Any) -> Any:
        """Send a form; it comes back with a fault or a question, or leads on."""
        answer = self._client(who).post(url, fields)
        assert answer.status_code == status, text_of(answer)
        return answer

    def _client(self, who: User) -> Client:
        return self.clients.setdefault(who.username, self.sign_in(who))

    def handout(self, last_four: str) -> Handout:
        """Return the handout of a number."""
        return Handout.objects.get(number__value__endswith=last_four)


def hidden(form: Form) -> dict[str, Any]:
    """Return what a shown form sends by itself."""
    shown = {field.name: field.value() for field in form.hidden_fields()}
    return {name: value for name, value in shown.items() if value is not None}


def typed(at: datetime) -> str:
    """Return a time as people type it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def report_of(story: Story, outage: Outage) -> Report:
    """Return what the report's page is made of, as the auditor sees it."""
    page = story.get(story.cast.gunde, reverse("outage:report", args=[outage.pk]))
    made: Report = page.context["report"]
    return made


# --- before ---------------------------------------------------------------------------------------


def announce(story: Story) -> None:
    """The administrator announces the outage to three wards."""
    begins = timezone.now() + timedelta(minutes=20)
    story.send(
        story.cast.adele,
        reverse("outage:plan-new"),
        planned_start=typed(begins),
        planned_end=typed(begins + timedelta(hours=2)),
        wards=f"{IVA}\n{EYE}\n{MATERNITY}",
        reason="Upgrade of Befreg",
        confirmed="1",
    )
    story.plan = Plan.objects.get()
    for member in (story.cast.wilma, story.cast.vidar, story.frida):
        door = text_of(story.get(member, reverse("ward:open")))
        assert "Upgrade of Befreg" in door
        assert "Say what your ward needs" in door


def state_needs(story: Story) -> None:
    """One ward needs numbers, one will register late, one needs nothing."""
    for who, ward, need in (
        (story.cast.wilma, story.cast.iva, {"women": "2", "men": "1"}),
        (story.cast.vidar, story.cast.eye, {"men": "1", "registers_late": "on"}),
        (story.frida, story.maternity, {}),
    ):
        story.send(who, reverse("outage:plan-need", args=[story.plan.pk, ward.pk]), **need)
    page = text_of(story.get(story.cast.adele, story.plan.get_absolute_url()))
    assert "3 of 3 have answered, 0 have not." in page
    assert "In all 2 2 1 " in page


def change(story: Story) -> None:
    """The administrator moves the window, and the wards read why."""
    url = reverse("outage:plan-change", args=[story.plan.pk])
    shown = story.get(story.cast.adele, url).context["form"]
    ticks = dict.fromkeys(shown["ticked"].value(), "on")
    terms = {"planned_start": shown["planned_start"].value()} | ticks
    end = typed(story.plan.planned_end + timedelta(hours=1))
    story.send(story.cast.adele, url, BAD_FORM, **terms, planned_end=end)
    terms |= {"planned_end": end, "reason": "One more server"}
    assert "Wards 3" in text_of(story.send(story.cast.adele, url, OK, **terms))
    story.send(story.cast.adele, url, **terms, confirmed="1")
    assert "“One more server”" in text_of(story.get(story.frida, reverse("ward:open")))
    page = text_of(story.get(story.cast.adele, story.plan.get_absolute_url()))
    assert "3 of 3 have answered" in page


def prepare(story: Story) -> None:
    """Numbers created in Befreg beforehand are set aside for two wards; each sees its own."""
    enter = reverse("outage:prepare", args=[story.plan.pk])
    twice = "\n".join([PREPARED[IVA][0]] * 2)
    story.send(story.cast.adele, enter, BAD_FORM, ward=IVA, text=twice)
    for ward, numbers in PREPARED.items():
        story.send(story.cast.adele, enter, ward=ward, text="\n".join(numbers))
    story.send(story.cast.adele, enter, BAD_FORM, ward=MATERNITY, text=PREPARED[EYE][0])
    assert PreparedNumber.objects.count() == 4
    listed = reverse("outage:prepared-list", args=[story.plan.pk, story.cast.iva.pk])
    assert len(story.get(story.cast.wilma, listed).context["rows"]) == 3
    story.get(story.cast.vidar, listed, 404)


# --- while it lasts -------------------------------------------------------------------------------


def start(story: Story) -> None:
    """The till starts what was planned; a person starts it, never the clock."""
    url = reverse("outage:plan-start", args=[story.plan.pk])
    story.send(story.cast.tilda, url, text="Befreg doesn't answer")
    story.real = Outage.objects.get()
    assert (story.real.drill, story.real.plan, story.real.kind) == (False, story.plan, "planned")


def start_drill(story: Story) -> None:
    """A drill begins beside it."""
    index = story.get(story.cast.tilda, f"{reverse('outage:index')}?drill=1")
    (checklist,) = index.context["checklists"]
    assert checklist.drill
    story.send(story.cast.tilda, reverse("outage:start"), **hidden(checklist.form))
    story.drill = Outage.objects.get(drill=True)
    assert Outage.objects.filter(ended_at=None).count() == 2


def board_of(outage: Outage) -> dict[str, bool]:
    """Return what tells the addresses of reality and drill apart."""
    return {"drill": outage.drill}


def take_call(story: Story, outage: Outage, caller: User, ward: str, sex: str) -> Handout:
    """Take a call; the answer is the number's own page."""
    call = story.get(story.cast.tilda, reverse("till:call", kwargs=board_of(outage)))
    said = {"sex": sex, "caller": caller.username, "ward": ward, "callback": "2102"}
    asked = {**hidden(call.context["form"]), **said}
    form = reverse("till:hand-out", kwargs=board_of(outage))
    answer = story.send(story.cast.tilda, form, **asked)
    page = story.get(story.cast.tilda, answer.url)
    handout: Handout = page.context["handout"]
    assert ('<body class="drill"' in page.content.decode()) == outage.drill
    # Sent twice, it is one number.
    assert story.send(story.cast.tilda, form, **asked).url == answer.url
    return handout


def hand_out(story: Story) -> None:
    """Real numbers in the real one, training numbers in the drill, each in its own order."""
    cast = story.cast
    calls = [
        (story.real, cast.wilma, IVA, "K"),
        (story.drill, cast.wilma, IVA, "K"),
        (story.real, cast.wilma, IVA, "M"),
        (story.real, cast.vidar, EYE, "K"),
        (story.drill, cast.vidar, EYE, "M"),
        (story.real, story.frida, MATERNITY, "K"),
    ]
    given = [take_call(story, *call).number.last_four for call in calls]
    assert given == ["K064", "K007", "M136", "K148", "M011", "K080"]


def keep_apart(story: Story) -> None:
    """Neither of the two touches the other: stock, board, report."""
    for outage, left, given in ((story.real, [2, 4], 4), (story.drill, [4, 2], 2)):
        board = story.get(story.cast.tilda, reverse("till:board", kwargs=board_of(outage)))
        assert [row.left for row in board.context["stock"].rows] == left
        unread = board.context["not_read_back"]
        assert {handout.outage for handout in unread} == {outage}
        assert len(unread) == given
        assert report_of(story, outage).given == given


def read_back(story: Story) -> None:
    """Each caller reads back, the first of them wrong at first."""
    for last_four in ("K064", "M136", "K148", "K080", "K007", "M011"):
        url = reverse("till:read-back", args=[story.handout(last_four).pk])
        if last_four == "K064":
            wrong = story.send(story.cast.tilda, url, BAD_FORM, typed="K046")
            assert wrong.context["wrong"].differing == "3, 4"
        story.send(story.cast.tilda, url, typed=last_four.lower())
    board = story.get(story.cast.tilda, reverse("till:board"))
    assert not board.context["not_read_back"]


def list_late(story: Story) -> None:
    """The eye clinic treats patients without a number, and lists them; twice it is one too many."""
    for outage, places in (
        (story.real, ["Room 2", "Room 3", "Room 3, bed 1"]),
        (story.drill, ["Bed 9"]),
    ):
        for place in places:
            page = story.get(story.cast.vidar, reverse("outage:late", args=[outage.pk]))
            story.send(
                story.cast.vidar,
                reverse("outage:list-late", args=[outage.pk]),
                **hidden(page.context["form"]),
                ward=story.cast.eye.pk,
                place=place,
                treated_at=typed(timezone.now()),
            )
    page = story.get(story.cast.wilma, reverse("outage:late", args=[story.real.pk]))
    assert page.context["rows"] == []  # another ward's


def end(story: Story) -> None:
    """Befreg answers. The drill ends too, and neither ends the other."""
    story.send(story.cast.tilda, reverse("outage:end", args=[story.real.pk]), text="It answers")
    story.drill.refresh_from_db()
    assert story.drill.ongoing
    story.send(story.cast.tilda, reverse("outage:end", args=[story.drill.pk]))
    for outage in (story.real, story.drill):
        outage.refresh_from_db()
        assert not outage.ongoing
        note(story, outage, "cause", "The upgrade" if outage == story.real else "Practice")


def note(story: Story, outage: Outage, act: str, text: str) -> None:
    """Say something about an outage."""
    url = reverse("outage:note", args=[outage.pk])
    story.send(story.cast.tilda, url, act=act, text=text)
