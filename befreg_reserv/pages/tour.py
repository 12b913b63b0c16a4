"""A short tour of what one does at the till, at a ward and as administrator: a panel at a time."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.access import guarded, may, person
from befreg_reserv.people.roles import Role

Words = str | Promise


@dataclass(frozen=True)
class Panel:
    """One panel, and the page that it is about: its address and who may open it."""

    title: Words
    text: Words
    address: str
    permission: str


AT_THE_TILL = (
    Panel(
        _("The board"),
        _(
            "It says in one line whether Befreg is down, how many numbers are left, and who waits."
            " It refreshes itself, and tells you if it can't."
        ),
        "till:board",
        "custody.see_all_wards",
    ),
    Panel(
        _("When Befreg doesn't answer"),
        _(
            "The board shows the points of the routine, with whom to call now beside them. Tick"
            " what you have looked into. One key starts the outage."
        ),
        "till:board",
        "custody.see_all_wards",
    ),
    Panel(
        _("A call"),
        _(
            "Press N and ask for sex, vgr-id, ward and a number to call back on. Three letters or a"
            " number find the ward. Press Enter, and the number is there."
        ),
        "till:call",
        "custody.hand_out",
    ),
    Panel(
        _("Read out, and have it read back"),
        _(
            "The number fills the screen, spelled for the ear. Write what the caller repeats: a"
            " wrong letter is seen before it reaches a wristband."
        ),
        "till:board",
        "custody.see_all_wards",
    ),
    Panel(
        _("When something goes wrong"),
        _(
            "Each number has a menu: the sheet is missing, wrong ward, wrong sex, wrong caller."
            " Each choice says what it does before it does it. If no number is left the patient"
            " waits on the board, and you see whom to call."
        ),
        "till:board",
        "custody.see_all_wards",
    ),
    Panel(
        _("Practise"),
        _(
            "A drill has a board of its own, with training numbers. Nothing of a drill is ever seen"
            " in reality, so try everything there."
        ),
        "outage:index",
        "outage.view_outage",
    ),
)
AT_A_WARD = (
    Panel(
        _("When Befreg doesn't answer"),
        _(
            "Your page shows the hospital's routine: what to look into first, whom to call now and"
            " until when, and what to tell the till."
        ),
        "routine:show",
        "outage.view_routine",
    ),
    Panel(
        _("The number that you got"),
        _(
            "Repeat it to the till, letter by letter. When the wristband is on, confirm here that"
            " the patient wears it: type the last four from the band."
        ),
        "ward:open",
        "custody.view_handout",
    ),
    Panel(
        _("When Befreg answers again"),
        _(
            "Search for the patient in Befreg first. Then register the real number: your list"
            " begins with the one that has waited longest, and leads on to the next."
        ),
        "ward:open",
        "custody.view_handout",
    ),
    Panel(
        _("What must be switched over, and the notice"),
        _(
            "Tick what has been switched over to the real number: lists, tests, referrals. Then"
            " report the pair of numbers to RAPS; what to write there stands on the page."
        ),
        "ward:open",
        "custody.view_handout",
    ),
    Panel(
        _("Afterwards"),
        _(
            "What is done stays where you can find it. Before a planned outage you say what your"
            " ward needs, and afterwards you mark which prepared numbers were used."
        ),
        "ward:done",
        "custody.view_handout",
    ),
)
AS_ADMINISTRATOR = (
    Panel(
        _("The overview"),
        _(
            "All that waits for somebody stands there, the worst first, with who sees to it and for"
            " how long it has waited. Each line leads to the place where it is done."
        ),
        "binder:overview",
        "people.view_ward",
    ),
    Panel(
        _("Wards, people and contacts"),
        _(
            "Load the wards from a file, give people their roles and wards, and write whom to call"
            " at which hours. The overview says when somebody is missing."
        ),
        "wards:index",
        "people.change_ward",
    ),
    Panel(
        _("The binder"),
        _(
            "Lay in numbers from Befreg, count the binder after each outage, and refill what has"
            " been used. Each sheet is accounted for."
        ),
        "binder:index",
        "custody.view_binder",
    ),
    Panel(
        _("The routine"),
        _(
            "It is text that you keep here, in versions, with who decided and until when. Every"
            " page and print shows the one that holds."
        ),
        "routine:show",
        "outage.view_routine",
    ),
    Panel(
        _("Outages, planned and over"),
        _(
            "Announce a planned outage, and the wards say what they need. When an outage is over,"
            " see what is left, read the report and sign it off."
        ),
        "outage:index",
        "outage.view_outage",
    ),
    Panel(
        _("The log"),
        _(
            "Who has seen this number, what did this person do, what did this ward get? The log"
            " answers, and nobody can change it."
        ),
        "audit:log",
        "audit.view_logentry",
    ),
)
# By the role, which is also the address.
TOURS: dict[str, tuple[Panel, ...]] = {
    Role.TILL.value: AT_THE_TILL,
    Role.WARD.value: AT_A_WARD,
    Role.ADMINISTRATOR.value: AS_ADMINISTRATOR,
}


@guarded(None)
def show(request: HttpRequest, who: str) -> HttpResponse:
    """Show one panel of a tour, the first unless another is asked for."""
    panels = TOURS[who]
    at = _asked_for(request.GET.get("step", ""), len(panels))
    panel = panels[at - 1]
    context = {
        "who": who,
        "role": Role(who).label,
        "panels": list(enumerate(panels, 1)),
        "panel": panel,
        "at": at,
        "before": at - 1,
        "after": at + 1 if at < len(panels) else 0,
        "address": reverse(*_named(panel)) if may(person(request), panel.permission) else "",
    }
    return render(request, "tour.html", context)


def _named(panel: Panel) -> tuple[str, None, None, dict[str, object] | None]:
    """Return how the address is looked up: the till has one for reality and one for drills."""
    of_a_board = panel.address.startswith("till:")
    return panel.address, None, None, {"drill": False} if of_a_board else None


def _asked_for(text: str, most: int) -> int:
    """Return the panel that is asked for: the first for what is no number of one."""
    numbers = {str(number): number for number in range(1, most + 1)}
    return numbers.get(text, 1)


def tours(request: HttpRequest) -> dict[str, object]:
    """Give templates the ``tours`` there are, each with its role's word."""
    return {"tours": [(who, Role(who).label) for who in TOURS]}
