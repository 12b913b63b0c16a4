"""A planned outage beside a drill in a real browser, from the announcement to the sign-off.

The same story as in ``tests.every_page.test_scenario``, by the words of the screens, and shorter:
what can be refused on the way, and every figure, is asserted there, and on both databases. A screen
is used once; what somebody does there a second time is done by its act.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from custody.afterwards.sign_off import sign_off as signed_off
from custody.checks.consistency import findings
from custody.handouts import notices
from custody.handouts.followup import training_identity
from custody.handouts.read_back import confirm_read_back
from custody.models import (
    Binder,
    Handout,
    LateRegistration,
    PreparedNumber,
    ReserveNumber,
    SignOff,
)
from custody.models.states import State
from custody.numbers.identities import group
from custody.planned import prepared
from outage import lifecycle
from outage.models import Outage, Plan
from outage.plans import needs
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow, send
from tests.cast import Cast
from tests.scenes import now

IVA, EYE = "Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"
MATERNITY = "Kvinnokliniken / Förlossning"
PREPARED = ["19850613K063", "19850613M077"]
REGISTERED_LATE = "19610203K083"


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    casting.ward("Kvinnokliniken", "Förlossning")
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
    return people


def press(page: Page, name: str, within: Locator | None = None) -> None:
    """Press a button that sends a form."""
    follow(page, (within or page).get_by_role("button", name=name, exact=True))


def go(page: Page, *links: str) -> None:
    """Follow links, one after the other, by what their words hold."""
    for link in links:
        follow(page, page.get_by_role("main").get_by_role("link", name=link).first)


def tab(page: Page, name: str) -> None:
    """Choose a tab at the top."""
    follow(page, page.get_by_role("navigation").get_by_role("link", name=name, exact=True))


def told(page: Page, words: str) -> None:
    """Expect a confirmation with these words."""
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def typed(at: datetime) -> str:
    """Return a time as people type it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


# --- before ---------------------------------------------------------------------------------------


def announce(administrator: Page) -> None:
    """The administrator announces the outage to three wards, and moves its end."""
    begins = timezone.now() + timedelta(minutes=20)
    tab(administrator, "Driftstopp")
    go(administrator, "Meddela ett planerat driftstopp")
    administrator.get_by_label("Börjar").fill(typed(begins))
    administrator.get_by_label("Slutar").fill(typed(begins + timedelta(hours=2)))
    administrator.get_by_label("eller skriv dem").fill(f"{IVA}\n{EYE}")
    administrator.get_by_label(f"{MATERNITY.partition(' / ')[0]}:").check()
    administrator.get_by_label("Varför stoppas Befreg?").fill("Uppgradering av Befreg")
    press(administrator, "Kontrollera")
    press(administrator, "Meddela")
    told(administrator, "Det är meddelat")
    go(administrator, "Ändra det planerade stoppet")
    administrator.get_by_label("Slutar").fill(typed(begins + timedelta(hours=3)))
    administrator.get_by_label("Varför ändras det?").fill("En server till")
    press(administrator, "Kontrollera")
    press(administrator, "Ändra")
    told(administrator, "Det är ändrat")


def state_needs(people: Cast, iva: Page, eye: Page) -> None:
    """Both wards read why their stop was moved, and say what they need."""
    plan = Plan.objects.get()
    for ward in (iva, eye):
        follow(ward, ward.get_by_role("link", name="Befreg reserv"))
        expect(ward.get_by_text("En server till")).to_be_visible()
    go(iva, "Ange vad er avdelning behöver")
    iva.get_by_label("Nummer för kvinnor").fill("2")
    press(iva, f"Svara för {IVA}")
    told(iva, f"Noterat för {IVA}")
    needs.state_need(plan.pk, people.eye, now(people.vidar), women=0, men=0, registers_late=True)


def prepare(administrator: Page) -> None:
    """Numbers created beforehand are set aside for IVA."""
    administrator.reload()
    row = administrator.get_by_role("row", name="Totalt")
    expect(row.get_by_role("cell")).to_have_text(["2", "0", "1", ""])
    go(administrator, "Nummer förberedda åt avdelningarna")
    form = administrator.get_by_role("region", name="Lägg undan nummer för en avdelning")
    form.get_by_label(IVA).check()
    form.get_by_label("Numren från Befreg").fill("\n".join(PREPARED))
    follow(administrator, form.get_by_role("button"))
    expect(administrator.get_by_role("row", name=IVA).first).to_be_visible()
    assert PreparedNumber.objects.count() == len(PREPARED)


# --- while it lasts -------------------------------------------------------------------------------


def start_both(till: Page) -> None:
    """The till starts what was planned, and a drill beside it."""
    tab(till, "Driftstopp")
    follow(till, till.get_by_role("region", name="Planerade driftstopp").get_by_role("link").first)
    press(till, "Starta det planerade driftstoppet")
    tab(till, "Driftstopp")
    go(till, "I övningar")
    press(till, "Starta övningen")
    expect(till.locator(".strip")).to_have_count(2)


def hand_out(till: Page, call: str, ward: str, last_four: str) -> None:
    """Take a call in one of the two; the number is its binder's next, and is read back."""
    tab(till, "Kassan")
    if "övningen" in call:
        follow(till, till.locator(".strip").get_by_role("link", name="Övningens kassa"))
    follow(till, till.get_by_role("link", name=call, exact=True))
    till.get_by_label("Kvinna").check()
    till.get_by_label("vgr-id").fill("wilma")
    till.locator("input[name=ward]").fill(ward)
    press(till, "Lämna ut ett nummer")
    assert till.locator(".last").inner_text().replace("\n", "") == last_four
    expect(till.locator(".drill-word")).to_have_count(1 if "övningen" in call else 0)
    till.get_by_label("De fyra sista").fill(last_four)
    send(till)
    told(till, "tilda")


def hand_out_once_more(people: Cast, outage: Outage, last_four: str) -> None:
    """The eye clinic gets a number too, and reads it back."""
    given = scenes.handed_out(people, outage_id=outage.pk, caller="vidar", ward=people.eye)
    assert given.number.last_four == last_four
    confirm_read_back(given.pk, last_four, now(people.tilda))


def list_late(ward: Page) -> None:
    """The eye clinic lists a patient whom it treated without a number."""
    tab(ward, "Avdelning")
    go(ward, "Behandlades en patient utan nummer?")
    ward.get_by_label("Säng eller plats").fill("Rum 3")
    ward.get_by_label("Behandlad när?").fill(typed(timezone.now()))
    press(ward, "Skriv upp")
    told(ward, "Patienten står på listan.")


def end(till: Page, outage: Outage) -> None:
    """Befreg answers."""
    till.goto(outage.get_absolute_url())
    press(till, "Befreg svarar: avsluta")
    expect(till.get_by_role("main").get_by_text("Avslutat", exact=False).first).to_be_visible()
    outage.refresh_from_db()
    assert not outage.ongoing


# --- afterwards -----------------------------------------------------------------------------------


def enter_log(administrator: Page, outage: Outage) -> None:
    """What was given out on paper is looked at first and then entered."""
    administrator.goto(outage.get_absolute_url())
    go(administrator, "För in det som lämnades ut på papper", "För in en lista")
    line = f"{typed(outage.started_at)}; K080; {IVA}; wilma; vera1; 2102"
    administrator.get_by_label("klistra in raderna").fill(line)
    press(administrator, "Kontrollera och förhandsgranska")
    preview = administrator.get_by_role("region", name="Detta förs in")
    expect(preview.get_by_role("cell", name=group("20000101K080"))).to_be_visible()
    press(administrator, "För in dessa utlämningar")
    told(administrator, "1 utlämning är införd.")


def close_out(ward: Page, last_four: str, real: str, *drills: str) -> None:
    """A ward registers the real number and the notice. ``drills``: the way to the drills' list."""
    tab(ward, "Avdelning")
    go(ward, *drills)
    go(ward, f": {last_four}")
    ward.locator("#replace_wristband").fill(last_four)
    ward.get_by_label("Jag har sökt i Befreg").check()
    ward.get_by_label("Det riktiga numret").fill(real)
    press(ward, "Registrera")
    press(ward, "Aviseringen är gjord")
    told(ward, "Utlämningen är avslutad.")


def close_out_once_more(people: Cast, last_four: str, real: str) -> None:
    """The same ward does so with another number."""
    handout = Handout.objects.get(number__value__endswith=last_four)
    scenes.replaced(handout.pk, real, now(people.wilma))
    notices.file_notice(handout.pk, now(people.wilma))


def void(ward: Page, last_four: str) -> None:
    """A ward never used its number."""
    tab(ward, "Avdelning")
    go(ward, f": {last_four}")
    go(ward, "Något blev fel")
    fold = ward.locator("details").filter(has_text="Numret behövs inte")
    fold.locator("summary").click()
    fold.get_by_label("Orsak").fill("Patienten hade ett personnummer")
    press(ward, "Numret behövs inte", within=fold)
    told(ward, "Numret är makulerat.")


def mark_prepared(people: Cast, ward: Page) -> None:
    """IVA used one of its prepared numbers; the other is accounted for too."""
    tab(ward, "Avdelning")
    go(ward, group(PREPARED[0]))
    press(ward, "Använt", within=ward.get_by_role("row", name=group(PREPARED[0])))
    told(ward, "Numret är markerat.")
    unused = PreparedNumber.objects.get(value=PREPARED[1])
    prepared.mark(unused.pk, "unused", now(people.wilma))


def register_late(ward: Page) -> None:
    """The patient of the late list gets a number in Befreg."""
    tab(ward, "Avdelning")
    go(ward, "Registrera patienten")
    ward.get_by_label("Numret från Befreg").fill(REGISTERED_LATE)
    press(ward, "Registrerad i Befreg")
    told(ward, "Patienten är registrerad.")


def count(till: Page, found: list[str], reason: str) -> None:
    """The till goes through the binder; what differs is asked about once more."""
    tab(till, "Pärm")
    go(till, "Kontrollräkna Pärm AKM")
    till.get_by_label("Skanna arken").fill("\n".join(found))
    press(till, "Jämför och registrera")
    expect(till.get_by_role("alert")).to_contain_text("K148")
    till.get_by_label("Orsak till avvikelsen").fill(reason)
    press(till, "Registrera kontrollräkningen med avvikelsen")
    told(till, "Kontrollräkningen är registrerad.")


def explain(administrator: Page) -> None:
    """The administrator says where the missing sheet was; then it waits for nobody."""
    tab(administrator, "Översikt")
    administrator.get_by_label("Var fanns arket?").fill("Under kopiatorn; förstört")
    press(administrator, "Förklara")
    told(administrator, "Det saknade arket är förklarat.")
    waits = administrator.get_by_role("region", name="Att göra")
    expect(waits).to_contain_text("Fyll på pärmen")
    expect(waits).not_to_contain_text("arket")
    first_steps = administrator.get_by_role("region", name="Kom i gång")
    expect(first_steps).to_contain_text("Fastställ rutinen")  # as nobody has yet


def still_missing(administrator: Page, outage: Outage, words: list[str]) -> None:
    """The sign-off's page offers no button, and says what is missing."""
    administrator.goto(outage.get_absolute_url())
    go(administrator, "Signera")
    expect(administrator.get_by_role("heading", name="Vad som saknas")).to_be_visible()
    for said in words:
        expect(administrator.get_by_role("main")).to_contain_text(said)
    expect(administrator.get_by_role("button", name="Signera")).to_have_count(0)


def sign_off(administrator: Page, outage: Outage) -> None:
    """The administrator signs off."""
    administrator.goto(outage.get_absolute_url())
    go(administrator, "Signera")
    for tick in administrator.get_by_label("Jag har sett").all():  # what was never read back
        tick.check()
    administrator.get_by_label("Vad lärde vi oss?").fill("Ring avdelningarna tidigare")
    press(administrator, "Signera")
    told(administrator, "signerat")


def read_report(administrator: Page, outage: Outage, ward: str, figures: list[str]) -> None:
    """The report shows what each ward got; of the real outage it is looked for on paper too."""
    administrator.goto(outage.get_absolute_url())
    go(administrator, "Rapporten")
    row = administrator.get_by_role("row").filter(has_text=ward)
    expect(row.get_by_role("cell")).to_have_text(figures)
    expect(administrator.locator(".drill-word")).to_have_count(int(outage.drill))
    if outage.drill:
        return
    with administrator.expect_download() as download:
        administrator.get_by_role("link", name="Som PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def takes_nothing(till: Page, outage: Outage) -> None:
    """Afterwards there is no call to take, and no number leaves a binder."""
    before = ReserveNumber.objects.filter(taken_at=None).count()
    till.goto(f"/till/call/?outage={outage.pk}")
    expect(till.get_by_role("heading", name="Kassan", exact=True)).to_be_visible()
    expect(till.get_by_role("link", name="Nytt samtal")).to_have_count(0)
    assert ReserveNumber.objects.filter(taken_at=None).count() == before == 13


@pytest.mark.long
def test_a_planned_outage_beside_a_drill(people: Cast, sit_down: Sit) -> None:
    administrator, till = sit_down(people.adele), sit_down(people.tilda)
    iva, eye = sit_down(people.wilma), sit_down(people.vidar)

    announce(administrator)
    state_needs(people, iva, eye)
    prepare(administrator)

    start_both(till)
    real, drill = Outage.objects.order_by("drill")
    hand_out(till, "Nytt samtal", IVA, "K064")
    hand_out(till, "Nytt samtal i övningen", IVA, "K007")
    hand_out_once_more(people, real, "K106")
    list_late(eye)
    end(till, real)
    lifecycle.end(drill, now(people.tilda))

    enter_log(administrator, real)
    still_missing(
        administrator, real, ["3 nummer är öppna", "2 förberedda", "1 patient", "Pärm AKM"]
    )
    close_out(iva, "K064", scenes.REAL_WOMAN)
    close_out_once_more(people, "K080", scenes.REAL_WOMAN_2)
    practised = Handout.objects.get(outage=drill)
    close_out(iva, "K007", training_identity(practised), "I övningar")
    void(eye, "K106")
    mark_prepared(people, iva)
    register_late(eye)
    scenes.counted(people, Binder.objects.get(training=True))
    count(till, ["K122", *scenes.TAILS[5:]], "Flik 5 är tom")
    explain(administrator)
    sign_off(administrator, real)
    signed_off(drill.pk, now(people.adele), text="Det gick bra")

    read_report(administrator, real, IVA, ["2", "0", "2", "0"])
    read_report(administrator, drill, IVA, ["1", "0", "1", "0"])
    takes_nothing(till, real)
    assert set(Handout.objects.values_list("state", flat=True)) == {State.CLOSED, State.VOIDED}
    assert LateRegistration.objects.get().number == REGISTERED_LATE
    assert SignOff.objects.count() == 2
    assert list(findings()) == []
