"""What each of them does in that night and on the day after, on their own screen."""

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from custody.models import Binder, Handout
from outage.models import Outage
from tests.browser.hands import follow, ready, send

IVA, EYE = "Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"
SECOND_BINDER, NEW = "20000101K163", "20000101K189"


def press(page: Page, name: str, within: Locator | None = None) -> None:
    """Press a button that sends a form."""
    follow(page, (within or page).get_by_role("button", name=name, exact=True))


def by_key(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def keys(page: Page, *pressed: str) -> None:
    """Press keys one after the other."""
    for key in pressed:
        page.keyboard.press(key)


def unfold(page: Page, summary: str) -> Locator:
    """Open one entry of the menu of what went wrong, or of the corrections."""
    fold = page.locator("details").filter(has=page.locator("summary", has_text=summary))
    fold.locator("summary").click()
    return fold


def told(page: Page, words: str) -> None:
    """Expect a confirmation with these words."""
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


# --- the night ------------------------------------------------------------------------------------


def start(till: Page) -> Outage:
    """Befreg doesn't answer: one point is ticked, and there is no time for the others."""
    keys(till, "1")
    expect(till.locator("#real-points").get_by_text("tilda")).to_be_visible()
    by_key(till, "d")
    return Outage.objects.get()


def call(till: Page, patients: list[tuple[str, str, str]], caller: str, ward: str) -> list[Handout]:
    """Take a call by keyboard: of each patient the keys of sex and age, and the place.

    Returns the numbers that were given.
    """
    before = list(Handout.objects.values_list("pk", flat=True))
    by_key(till, "n")
    for position, (sex, age, place) in enumerate(patients, 1):
        if position > 1:
            by_key(till, "+")
        ready(till, "sex")
        keys(till, sex, age)
        till.keyboard.type(place)
    if len(patients) > 1:
        keys(till, "Tab")
    ready(till, "caller")
    till.keyboard.type(caller)
    keys(till, "Tab")
    till.keyboard.type(ward)
    keys(till, "ArrowDown", "Enter")
    expect(till.locator("[name=ward]:focus")).to_have_count(0)
    till.locator("[name=callback]").press_sequentially("2102")
    send(till)
    return list(Handout.objects.exclude(pk__in=before).order_by("pk"))


def last_four(till: Page) -> str:
    """Return what the till reads out."""
    return till.locator(".last").inner_text().replace("\n", "")


def read_back(till: Page, *heard: str) -> None:
    """Type what the caller reads back, until it is right."""
    for typed in heard:
        ready(till, "typed")
        till.keyboard.type(typed)
        send(till)


def wrong(till: Page) -> None:
    """Open the menu; first leave the field that waits for a reading, where letters are typed."""
    if till.locator("[name=typed]").count():
        ready(till, "typed")
        keys(till, "Tab")
    by_key(till, "f")


def one_sheet_missing(till: Page) -> Handout:
    """The sheet of the number on the screen isn't in the binder; the next one is shown."""
    wrong(till)
    fold = unfold(till, "Arket saknas")
    press(till, "Ja, det saknas: nästa nummer", fold)
    expect(till.get_by_text("det arket saknas")).to_be_visible()
    return Handout.objects.latest("pk")


def first_call(till: Page) -> dict[str, Handout]:
    """Four patients of IVA: one sheet missing, two readings wrong."""
    patients = [("k", "v", ""), ("k", "b", "Rum 2"), ("m", "v", "Rum 3"), ("x", "v", "Rum 4")]
    lost, child, driver, unknown = call(till, patients, "wilma", "ane")
    assert last_four(till) == lost.number.last_four == "K064"
    mother = one_sheet_missing(till)
    slip_of_the_tongue = mother.number.last_four[:2] + mother.number.last_four[:1:-1]
    read_back(till, slip_of_the_tongue, mother.number.last_four)
    expect(till.get_by_text("Patient 2 av 4")).to_be_visible()
    expect(till.locator(".age-group")).to_have_text("Barn.")
    read_back(till, child.number.last_four)
    read_back(till, "20000102" + driver.number.last_four, driver.number.last_four)
    assert last_four(till) == "X803"
    read_back(till, unknown.number.value)
    expect(till.get_by_role("link", name="Nästa samtal")).to_be_focused()
    by_key(till, "p")
    expect(till.locator(".slip")).to_have_count(4)
    return {"mother": mother, "child": child, "driver": driver, "unknown": unknown}


def second_call(till: Page) -> dict[str, Handout]:
    """Two patients of the eye clinic; the call is broken off before they are read back."""
    passenger, man = call(till, [("k", "v", ""), ("m", "v", "Korridor")], "vidar", "ogo")
    return {"passenger": passenger, "man": man}


def wrong_sex(till: Page, handout: Handout) -> Handout:
    """The man is a woman; his sheet goes back into its tab. The other number is read back."""
    till.goto(reverse("till:number", args=[handout.pk]))
    wrong(till)
    fold = unfold(till, "Fel kön")
    fold.get_by_label("Kvinna").check()
    fold.get_by_label("Jag ser arket i fliken").check()
    fold.get_by_label("Orsak").fill("Hörde fel")
    press(till, "Lämna ut ett annat nummer", fold)
    another = Handout.objects.latest("pk")
    read_back(till, another.number.last_four)
    return another


def transfer(till: Page, handout: Handout) -> None:
    """The driver is moved to the eye clinic."""
    till.goto(reverse("till:number", args=[handout.pk]))
    wrong(till)
    fold = unfold(till, "Fel avdelning")
    fold.locator("[name=ward]").fill(EYE)
    fold.get_by_label("Orsak").fill("Splitter i ögat")
    press(till, "Flytta till den avdelningen", fold)


def mother_calls_again(till: Page) -> None:
    """IVA calls about the mother again, from another room: no number is left, and she waits."""
    assert call(till, [("k", "v", "")], "wilma", "ane") == []
    expect(till.get_by_role("heading", name="1 patient väntar på ett nummer")).to_be_visible()


def fetch_second_binder(administrator: Page) -> None:
    """Another binder lay at another department."""
    administrator.goto(reverse("binder:load"))
    administrator.get_by_label("Pärmens namn").fill("Pärm 2")
    administrator.locator("[name=text]").fill(SECOND_BINDER)
    press(administrator, "Kontrollera och förhandsgranska")
    press(administrator, "Läs in de här numren")


def serve(till: Page) -> Handout:
    """Who waited gets the number, by one key."""
    till.goto(reverse("till:board"))
    by_key(till, "s")
    assert last_four(till) == SECOND_BINDER[-4:]
    read_back(till, last_four(till))
    return Handout.objects.latest("pk")


def end(till: Page, outage: Outage) -> None:
    """Befreg answers."""
    till.goto(outage.get_absolute_url())
    press(till, "Befreg svarar: avsluta")


# --- the day after --------------------------------------------------------------------------------


def enter_paper(administrator: Page, outage: Outage, number: str) -> list[Handout]:
    """The paper has the same number on two lines, ten minutes apart."""
    administrator.goto(reverse("outage:late-batch", args=[outage.pk]))
    lines = [
        f"2026-10-25 02:50 sommartid; {number}; {IVA}; wilma; vera1; 2102",
        f"2026-10-25 02:00 normaltid; {number}; {EYE}; vidar; vera1; 2103",
    ]
    administrator.get_by_label("klistra in raderna").fill("\n".join(lines))
    press(administrator, "Kontrollera och förhandsgranska")
    administrator.get_by_label("Två patienter fick vart och ett").check()
    press(administrator, "För in dessa utlämningar")
    told(administrator, "2 utlämningar är införda.")
    return list(Handout.objects.filter(late=True).order_by("handed_out_at"))


def register(ward: Page, handout: Handout, real: str) -> None:
    """Look at the wristband, and register the real number by keyboard."""
    ward.goto(handout.get_absolute_url())
    ward.locator("#replace_wristband").fill(handout.number.last_four)
    ward.get_by_label("Jag har sökt i Befreg").check()
    ward.locator("#replace_number").fill(real)
    send(ward)
    expect(ward.get_by_role("heading", name="Avisera i RAPS")).to_be_visible()


def file_notice(ward: Page) -> None:
    """The notice stands in RAPS."""
    press(ward, "Aviseringen är gjord")
    told(ward, "Utlämningen är avslutad.")


def merge_wrong_and_correct(ward: Page, child: Handout, wrong: str, right: str) -> None:
    """The child gets another patient's real number, up to the notice; all is taken back."""
    register(ward, child, wrong)
    file_notice(ward)
    ward.goto(child.get_absolute_url())
    for what in ("Dra tillbaka aviseringen", "Dra tillbaka det riktiga numret"):
        fold = unfold(ward, what)
        fold.get_by_label("Orsak").fill(f"Förväxlad: {what.split()[-1]}")
        press(ward, what, fold)
    register(ward, child, right)
    file_notice(ward)


def same_person(ward: Page, handout: Handout, real: str) -> None:
    """The number that was waited for is the mother's second: the page asks, and is told how."""
    ward.goto(handout.get_absolute_url())
    ward.locator("#replace_wristband").fill(handout.number.last_four)
    ward.get_by_label("Jag har sökt i Befreg").check()
    ward.locator("#replace_number").press_sequentially(real)
    ward.get_by_role("checkbox", name="Det är samma patient").press("Space")
    ward.get_by_label("Hur vet du").fill("Två ID-band på samma arm")
    send(ward)
    file_notice(ward)


def without_wristband(ward: Page, handout: Handout, real: str) -> None:
    """Nobody read this number back, and the wristband is cut off."""
    ward.goto(handout.get_absolute_url())
    fold = unfold(ward, "ID-bandet går inte att läsa av")
    fold.get_by_label("Varför går").fill("Avklippt")
    ward.get_by_label("Jag har sökt i Befreg").check()
    ward.locator("#replace_number").fill(real)
    send(ward)
    file_notice(ward)


def witness(administrator: Page, handout: Handout) -> None:
    """A second person looks at the pair, signed in as themselves."""
    administrator.goto(handout.get_absolute_url())
    press(administrator, "Ja, båda är den här patientens")


def switch_over(ward: Page, handout: Handout) -> None:
    """All that knew the emergency number knows the real one."""
    ward.goto(handout.get_absolute_url())
    groups = ward.locator("fieldset.switch")
    # Once, in a whole run on a busy machine, no list was there: say what was there instead.
    assert groups.count(), f"{ward.url}: {ward.locator('main').inner_text()}"
    for group in groups.all():
        group.get_by_label("Omställt").check()
    press(ward, "Spara listan")


def settle_alarm(administrator: Page) -> None:
    """Both wards have been called; the administrator writes what was done."""
    administrator.goto(reverse("binder:overview"))
    expect(administrator.get_by_text("TVÅ PATIENTER, ETT NUMMER").first).to_be_visible()
    follow(administrator, administrator.get_by_role("link", name="Skriv vad som har gjorts").first)
    administrator.get_by_label("Vad har gjorts").fill("Journalen är åtskild")
    press(administrator, "Det här har gjorts")


def explain(administrator: Page) -> None:
    """Where the missing sheet was."""
    administrator.goto(reverse("binder:overview"))
    administrator.get_by_label("Var fanns arket?").fill("Under kopiatorn; förstört")
    press(administrator, "Förklara")


def count(till: Page, binder: Binder) -> None:
    """Every sheet lies there that should."""
    till.goto(reverse("binder:count", args=[binder.pk]))
    lying = binder.numbers.filter(taken_at=None).values_list("value", flat=True)
    till.get_by_label("Skanna arken").fill("\n".join(lying))
    press(till, "Jämför och registrera")
    told(till, "Kontrollräkningen är registrerad.")


def refill(administrator: Page, binder: Binder) -> None:
    """One tab gets a new number from Befreg."""
    administrator.goto(reverse("binder:refill", args=[binder.pk]))
    lines = administrator.locator("[name=text]").input_value().splitlines()
    administrator.locator("[name=text]").fill(f"{lines[0]}\n{lines[1]}{NEW}")
    press(administrator, "Kontrollera och förhandsgranska")
    press(administrator, "Läs in de här numren")


def sign_off(administrator: Page, outage: Outage) -> None:
    """The administrator has seen what was never read back."""
    administrator.goto(reverse("outage:sign-off", args=[outage.pk]))
    administrator.get_by_label("Jag har sett").check()
    administrator.get_by_label("Vad lärde vi oss?").fill("Läs tillbaka också i en brusten kö")
    press(administrator, "Signera")
