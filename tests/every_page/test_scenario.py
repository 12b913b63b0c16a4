"""The whole of issue 4 as one story, told through the pages: a planned outage beside a drill.

Befreg is to be upgraded. The administrator announces it to IVA, the eye clinic and the maternity
ward, who say what they need; numbers are prepared. The till starts the outage, and at the same
time a drill, and hands out in both. The application stops answering for a while: what was given
out on paper then is entered afterwards. The wards close what they got, the binders are counted,
and both outages are signed off. What the reports say in the end was counted by hand from the
lines below.

Everybody is signed in as themselves and sends the forms that the pages gave them. ``tests.browser
.test_scenario`` walks the same way in a real browser.
"""

import csv
from collections import Counter
from collections.abc import Collection
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from custody.afterwards.report.figures import Against, Outcomes, WardLine
from custody.afterwards.tasks import TaskKind
from custody.checks.consistency import findings
from custody.handouts.followup import never_read_back, training_identity
from custody.models import Binder, Handout, LateRegistration, PreparedNumber, Quarantine
from custody.models.states import State
from custody.planned.late_registration import training_number
from outage.models import Outage
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.every_page.story import (
    BAD_FORM,
    CONFLICT,
    EYE,
    IVA,
    MATERNITY,
    OK,
    PREPARED,
    REAL,
    REGISTERED_LATE,
    Story,
    announce,
    change,
    end,
    hand_out,
    hidden,
    keep_apart,
    list_late,
    prepare,
    read_back,
    report_of,
    start,
    start_drill,
    state_needs,
    typed,
)
from tests.pages import text_of
from tests.paper import read


@pytest.fixture
def story(cast: Cast, real_binder: Binder, training_binder: Binder, sign_in: SignIn) -> Story:
    maternity = casting.ward("Kvinnokliniken", "Förlossning")
    frida = casting.person("frida", Role.WARD, maternity)
    User.objects.update(language="en")
    return Story(cast, sign_in, maternity, frida)


# --- afterwards -----------------------------------------------------------------------------------


def refused(story: Story, outage: Outage) -> list[str]:
    """Try to sign off; return what the page says is missing."""
    url = reverse("outage:sign-off", args=[outage.pk])
    answer = story.send(story.cast.adele, url, CONFLICT, text="")
    missing = [each.text for each in answer.context["missing"]]
    page = text_of(answer)
    assert "Not signed off: something is left to do." in page
    assert all(text in page for text in missing)
    return missing


def nothing_is_done_yet(story: Story) -> None:
    """Too early to sign off; the page says all that is missing, of each outage its own."""
    assert refused(story, story.real) == [
        "4 numbers are open.",
        "4 prepared numbers aren't marked.",
        "3 patients aren't registered yet.",
        "Not counted since the end: Pärm AKM.",
    ]
    assert refused(story, story.drill) == [
        "2 numbers are open.",
        "1 patient isn't registered yet.",
        "Not counted since the end: Övningspärm.",
    ]


def enter_log(story: Story) -> None:
    """The administrator enters the paper log: asked about, looked at, then entered."""
    at = typed(story.real.ended_at or timezone.now())
    right = f"{at}; K122; {IVA}; wilma; vera1; 2102"
    spent = f"{at}; K064; {EYE}; vidar; vera1"  # handed out already
    url = reverse("outage:late-batch", args=[story.real.pk])
    sent = hidden(story.get(story.cast.adele, url).context["form"])
    text = f"{right}\n{spent}"
    asked = story.send(story.cast.adele, url, BAD_FORM, **sent, text=text, confirmed="1")
    assert [line.row.line for line, _done in asked.context["batch"].doubled] == [2]
    log = f"{right}\n{at}; 20000101-M094; {EYE}; vidar; tilda"
    preview = story.send(story.cast.adele, url, OK, **sent, text=log)
    assert preview.context["batch"].new == 2
    assert not Handout.objects.filter(late=True).exists()
    story.send(story.cast.adele, url, **sent, text=log, confirmed="1")
    assert Handout.objects.filter(late=True).count() == 2


def enter_singly(story: Story) -> None:
    """The till enters one more of each outage; the drill's paper has a training number."""
    for outage, last_four, ward, caller in (
        (story.real, "M110", MATERNITY, "frida"),
        (story.drill, "K015", IVA, "wilma"),
    ):
        url = reverse("outage:late-entries", args=[outage.pk])
        sent = hidden(story.get(story.cast.tilda, url).context["form"])
        entry = {"at": typed(outage.started_at), "ward": ward, "caller": caller, "by": "vera1"}
        strange = {story.real: "K023", story.drill: "K106"}[outage]  # the other one's
        story.send(story.cast.tilda, url, BAD_FORM, **sent, **entry, number=strange)
        story.send(story.cast.tilda, url, **sent, **entry, number=last_four)
        late = story.handout(last_four)
        assert (late.handed_out_by, late.recorded_by) == ("vera1", story.cast.tilda)


def close_out(story: Story) -> None:
    """Each ward registers the real number and files the notice; two numbers were never used."""
    cast = story.cast
    members = {cast.iva: cast.wilma, cast.eye: cast.vidar, story.maternity: story.frida}
    for last_four, real in REAL.items():
        close(story, members, last_four, real)
    for last_four in ("K007", "K015"):
        close(story, members, last_four, training_identity(story.handout(last_four)))
    for last_four in ("K080", "M011"):
        handout = story.handout(last_four)
        url = reverse("ward:void", args=[handout.pk])
        story.send(members[handout.ward], url, reason="The patient had a personnummer")
    assert Counter(Handout.objects.values_list("state", flat=True)) == {
        State.CLOSED: 8,
        State.VOIDED: 2,
    }


def close(story: Story, members: dict[Ward, User], last_four: str, real: str) -> None:
    """Close one handout as a member of its ward; a stranger doesn't even see it."""
    handout = story.handout(last_four)
    replace = reverse("ward:replace", args=[handout.pk])
    strangers = [member for ward, member in members.items() if ward != handout.ward]
    story.send(strangers[0], replace, 404, number=real)
    seen = {"wristband": handout.number.value, "searched": "on"}
    story.send(members[handout.ward], replace, number=real, **seen)
    notice = reverse("ward:notice", args=[handout.pk])
    story.send(members[handout.ward], notice, reference=f"R-{last_four}")


def mark_prepared(story: Story) -> None:
    """IVA used two of its three prepared numbers, the eye clinic none."""
    for who, value, outcome in (
        (story.cast.wilma, PREPARED[IVA][0], "used"),
        (story.cast.wilma, PREPARED[IVA][1], "unused"),
        (story.cast.wilma, PREPARED[IVA][2], "used"),
        (story.cast.vidar, PREPARED[EYE][0], "unused"),
    ):
        number = PreparedNumber.objects.get(value=value)
        story.send(who, reverse("outage:mark-prepared", args=[number.pk]), outcome=outcome)


def register_late(story: Story) -> None:
    """Who was treated without a number is registered; the one listed twice is struck."""
    first, second, twice = LateRegistration.objects.filter(outage=story.real).order_by("pk")
    url = reverse("outage:register-late", args=[first.pk])
    story.send(story.cast.vidar, url, BAD_FORM, number=REAL["K064"])  # IVA's patient
    story.send(story.cast.vidar, url, number=REGISTERED_LATE)
    strike = reverse("outage:strike-late", args=[twice.pk])
    story.send(story.cast.vidar, strike, reason="The same as Room 3")
    assert refused(story, story.real)[0] == "1 patient isn't registered yet."
    url = reverse("outage:register-late", args=[second.pk])
    story.send(story.cast.vidar, url, number="19610203-M11 3")
    practised = LateRegistration.objects.get(outage=story.drill)
    url = reverse("outage:register-late", args=[practised.pk])
    story.send(story.cast.vidar, url, number=training_number(practised))


def count(story: Story, binder: Binder, found: Collection[str], reason: str = "") -> None:
    """The till goes through a binder; what differs is asked about once more."""
    url = reverse("binder:count", args=[binder.pk])
    sent = hidden(story.get(story.cast.tilda, url).context["form"]) | {"typed": "\n".join(found)}
    if reason:
        again = story.send(story.cast.tilda, url, BAD_FORM, **sent)
        sent |= {"asked": again.context["form"].question, "reason": reason}
    answer = story.send(story.cast.tilda, url, **sent)
    story.get(story.cast.adele, answer.url)


def count_binders(story: Story) -> None:
    """Both binders are counted. A sheet of the real one is missing until that is explained."""
    count(story, Binder.objects.get(training=True), ["K023", "K031", "K049", "M003", "M029"])
    real = Binder.objects.get(training=False)
    count(story, real, ["M078", "M151"], "Tab 3 is empty, and nobody knows why")
    assert refused(story, story.real) == ["1 missing sheet isn't explained."]
    (missing,) = Quarantine.objects.all()
    assert missing.number.last_four == "K106"
    overview = text_of(story.get(story.cast.adele, reverse("binder:overview")))
    assert "Missing at the count" in overview
    explain = reverse("binder:explain", args=[missing.pk])
    story.send(story.cast.adele, explain, reason="It lay under the copier; destroyed")


def nothing_waits(story: Story) -> None:
    """Nothing of the outage waits but for its signature; the rest is of the installation.

    Every ward's own page asks for nothing but what isn't switched over.
    """
    overview = story.get(story.cast.adele, reverse("binder:overview"))
    assert [entry.label for entry, _form in overview.context["to_do"]] == [
        *("Refill", "Switch list", "Sign-off", "Wards", "Backup")
    ]
    left = [each.step.address for each in overview.context["steps"] if not each.done]
    assert left == ["contacts:index", "routine:new"]
    waits = text_of(overview)
    assert "Decide on the routine" in waits
    assert "Refill the binder" in waits
    assert "until then people are sent elsewhere" in waits
    for member in (story.cast.wilma, story.cast.vidar, story.frida):
        page = story.get(member, reverse("ward:open"))
        assert {task.kind for task in page.context["page"]} <= {TaskKind.SWITCHES}


def sign_off(story: Story) -> None:
    """The administrator signs off, and the outage's page says so."""
    for outage, learned in ((story.real, "Call the wards earlier"), (story.drill, "It went well")):
        url = reverse("outage:sign-off", args=[outage.pk])
        assert "All done" in text_of(story.get(story.cast.adele, url))
        unread = never_read_back(outage).count()
        story.send(story.cast.adele, url, text=learned, never_read_back=str(unread))
        page = text_of(story.get(story.cast.adele, outage.get_absolute_url()))
        assert "Signed off" in page
        last = story.get(story.cast.adele, f"{outage.get_absolute_url()}?page=99")
        assert learned in text_of(last)


# --- what is left of it ---------------------------------------------------------------------------


def real_report(story: Story) -> None:
    """Four by telephone, two from the log, one more from paper; one voided, one sheet missing."""
    made = report_of(story, story.real)
    assert (made.given, made.women, made.men) == (7, 4, 3)
    assert made.wards == [WardLine(IVA, 2, 1, 0), WardLine(MATERNITY, 1, 1, 0),
                          WardLine(EYE, 1, 1, 0)]  # fmt: skip
    assert (made.late, made.voided, made.undone, made.open) == (3, 1, 0, 0)
    # Paper has no time of the call; a voided number has neither real number nor notice.
    known = (made.call_to_number.known, made.to_real_number.known, made.to_notice.known)
    assert known == (4, 6, 6)
    assert made.prepared == Outcomes(used=2, unused=2, waiting=0)
    assert made.late_registrations == Outcomes(used=2, unused=1, waiting=0)
    (counted,) = made.counts
    assert (counted.missing, counted.surplus) == (1, 0)  # type: ignore[attr-defined]
    assert made.cause is not None
    assert made.cause.text == "The upgrade"
    # Ten of the date have lain in our binder, five of each sex; what was prepared is of another.
    assert len(made.supply) == 2
    supplies = dict(made.supply)[date(2000, 1, 1)]
    assert [(row.left, row.total) for row in supplies] == [(32, 37), (32, 37), (10, 10)]
    assert sum(bucket.given for bucket in made.curve) == 7
    assert made.curve[-1].open == 0
    assert made.drill is None


def drill_report(story: Story) -> None:
    """Two by telephone, one from paper, one voided; held against the targets."""
    made = report_of(story, story.drill)
    assert (made.given, made.women, made.men) == (3, 2, 1)
    assert made.wards == [WardLine(IVA, 2, 0, 0), WardLine(EYE, 0, 1, 0)]
    assert (made.late, made.voided, made.undone, made.open) == (1, 1, 0, 0)
    assert made.prepared == Outcomes(0, 0, 0)
    assert made.late_registrations == Outcomes(used=1, unused=0, waiting=0)
    (counted,) = made.counts
    assert (counted.missing, counted.surplus) == (0, 0)  # type: ignore[attr-defined]
    assert made.supply == []
    assert made.drill is not None
    figures = (made.drill.call_to_number, made.drill.close_out)
    assert figures == tuple(Against(each.target, within=2, beyond=0, waiting=0) for each in figures)
    assert {part.vgr_id: part.did for part in made.drill.took_part} == {
        "tilda": (
            "Counted",
            "Entered afterwards",
            "Handed out",
            "Heard it read back",
            "Kept the checklist and the timeline",
        ),
        "vera1": ("Handed out",),
        "vidar": ("Called", "Listed for late registration", "Registered late", "Voided"),
        "wilma": ("Called", "Closed out"),
    }


def paper_agrees(story: Story, outage: Outage, folder: Path) -> None:
    """What is counted from the CSV stands in the PDF, ward by ward."""
    rows = csv_of(story, outage)
    url = reverse("outage:report-pdf", args=[outage.pk])
    paper = story.get(story.cast.gunde, url).content
    text = " ".join(read(paper, folder, "pdftotext", "-layout").split())
    assert f"In all {len(rows)} " in text
    for name, chosen in (
        ("Women", [row for row in rows if row["Sex"] == "K"]),
        ("Men", [row for row in rows if row["Sex"] == "M"]),
        ("Of these, entered afterwards", [row for row in rows if row["Entered afterwards"]]),
        ("Of these, voided", [row for row in rows if row["State"] == str(State.VOIDED.label)]),
    ):
        assert f"{name} {len(chosen)} " in text
    for ward in {row["Ward"] for row in rows}:
        sexes = [row["Sex"] for row in rows if row["Ward"] == ward]
        assert f"{ward} {sexes.count('K')} {sexes.count('M')} {len(sexes)} 0" in text
    assert ("DRILL" in text) == outage.drill


def csv_of(story: Story, outage: Outage) -> list[dict[str, str]]:
    """Return the handouts of the file that the auditor downloads, without what is below them."""
    answer = story.get(story.cast.gunde, reverse("outage:rows", args=[outage.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = csv.DictReader(StringIO(text), delimiter=";")
    return [row for row in rows if row["Handed out"]]


def rows_tell_who(story: Story) -> None:
    """Every row has its number, and who gave it out stands beside who entered it."""
    real, drill = (csv_of(story, outage) for outage in (story.real, story.drill))
    assert {row["Reserve number"][-4:]: row["Real number"] for row in real} == REAL | {"K080": ""}
    assert {row["Reserve number"][-4:] for row in drill} == {"K007", "K015", "M011"}
    by = {row["Reserve number"][-4:]: (row["Handed out by"], row["Recorded by"]) for row in real}
    assert by["K064"] == ("tilda", "tilda")
    assert by["K122"] == ("vera1", "adele")
    assert by["M094"] == ("tilda", "adele")
    assert by["M110"] == ("vera1", "tilda")


WHO_DID_IT = {
    "plan_announced": {"adele"},
    "plan_changed": {"adele"},
    "state_need": {"wilma", "vidar", "frida"},
    "prepare_number": {"adele"},
    "prepared_list": {"wilma"},
    "hand_out": {"tilda", "adele"},  # the administrator entered the paper log
    "read_back": {"tilda"},
    "read_back_wrong": {"tilda"},
    "list_late": {"vidar"},
    "late_entry": {"adele", "tilda"},
    "confirm_at_bedside": {"wilma", "vidar", "frida"},
    "replace": {"wilma", "vidar", "frida"},
    "file_notice": {"wilma", "vidar", "frida"},
    "void": {"vidar", "frida"},
    "mark_prepared": {"wilma", "vidar"},
    "register_late": {"vidar"},
    "strike_late": {"vidar"},
    "count_binder": {"tilda"},
    "explain_quarantine": {"adele"},
    "sign_off": {"adele"},
    "report": {"gunde"},
    "report_pdf": {"gunde"},
    "report_csv": {"gunde"},
}


def log_names_everybody(story: Story) -> None:
    """The audit log knows who did what, and shows each to the auditor."""
    for act, names in WHO_DID_IT.items():
        entries = LogEntry.objects.filter(act=act)
        assert set(entries.values_list("actor__username", flat=True)) == names, act
        page = text_of(story.get(story.cast.gunde, f"{reverse('audit:log')}?act={act}"))
        assert all(f" {name} " in page for name in names), act


def test_a_planned_outage_beside_a_drill_from_its_announcement_to_the_sign_off(
    story: Story, tmp_path: Path
) -> None:
    announce(story)
    state_needs(story)
    change(story)
    prepare(story)

    start(story)
    start_drill(story)
    hand_out(story)
    keep_apart(story)
    read_back(story)
    list_late(story)
    end(story)

    nothing_is_done_yet(story)
    enter_log(story)
    enter_singly(story)
    close_out(story)
    mark_prepared(story)
    register_late(story)
    count_binders(story)
    nothing_waits(story)
    sign_off(story)

    real_report(story)
    drill_report(story)
    rows_tell_who(story)
    for outage in (story.real, story.drill):
        paper_agrees(story, outage, tmp_path)
    log_names_everybody(story)
    assert list(findings()) == []
