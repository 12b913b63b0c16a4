"""The pages of a count: the list, the second look, the result, what is done about it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import closing
from custody.models import Binder, Count, CountLine, ForeignSheet, Handout, Quarantine
from custody.numbers import scanned
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")

Fields = dict[str, Any]


@scene
def tilda(cast: Cast, sign_in: SignIn) -> Client:
    return in_english(cast, sign_in, "tilda")


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    return in_english(cast, sign_in, "adele")


def in_english(cast: Cast, sign_in: SignIn, who: str) -> Client:
    user = getattr(cast, who)
    user.language = "en"
    user.save(update_fields=["language"])
    return sign_in(user)


def address(binder: Binder) -> str:
    return f"/binder/{binder.pk}/count/"


def hidden(page: Any) -> Fields:
    """Return the hidden fields of the form on a page."""
    content = page.content.decode()
    names = ("listed_at", "request_key", "asked")
    return {
        name: re.search(rf'name="{name}"[^>]*?value="([^"]*)"', content)[1]  # type: ignore[index]
        for name in names
    }


def keys(binder: Binder, *, without: tuple[str, ...] = ()) -> list[int]:
    lying = binder.numbers.filter(taken_at=None)
    return [each.pk for each in lying if each.last_four not in without]


def send(client: Client, binder: Binder, fields: Mapping[str, Any], page: Any = None) -> Any:
    """Send the form of ``page``, or of a new one, with these fields."""
    return client.post(address(binder), filled_in(page or client.get(address(binder)), fields))


def filled_in(page: Any, fields: Mapping[str, Any]) -> Fields:
    """Return what the form of a page sends; ``found`` are the numbers whose boxes are ticked."""
    sent = {**hidden(page), **fields}
    return sent | {f"found-{pk}": sent["listed_at"] for pk in sent.pop("found", [])}


# --- the form -------------------------------------------------------------------------------------


def test_the_list_shows_each_tab_and_logs_each_number(tilda: Client, real_binder: Binder) -> None:
    page = text_of(tilda.get(address(real_binder)))
    assert all(f"Tab {tab}" in page for tab in range(1, 11))
    looks = LogEntry.objects.filter(act="access").values_list("number", flat=True)
    assert set(scenes.REAL) == set(looks)


def test_used_tabs_are_listed_apart(tilda: Client, real_binder: Binder, handout: Handout) -> None:
    should, _heading, should_not = text_of(tilda.get(address(real_binder))).partition(
        "These should not lie there"
    )
    assert "K 06 4" in should_not
    assert "K 06 4" not in should


def test_all_ticked_is_recorded_at_once(tilda: Client, real_binder: Binder) -> None:
    answer = send(tilda, real_binder, {"found": keys(real_binder)})
    done = Count.objects.get()
    assert answer.headers["Location"] == done.get_absolute_url()
    assert "All as it should be" in text_of(tilda.get(done.get_absolute_url()))


def test_what_left_before_and_was_not_found_is_a_figure_alone(
    tilda: Client, real_binder: Binder, handout: Handout
) -> None:
    send(tilda, real_binder, {"found": keys(real_binder)})
    page = text_of(tilda.get(Count.objects.get().get_absolute_url()))
    assert "Had left the binder, and not found 1" in page
    assert "K 06 4" not in page


@pytest.mark.parametrize("separator", ["\r\n", " ", ", "])
@pytest.mark.parametrize("how", ["last four", "whole", "grouped"])
def test_all_typed_is_as_good(tilda: Client, real_binder: Binder, how: str, separator: str) -> None:
    written = {
        "last four": scenes.TAILS,
        "whole": [f"{number[:8]}-{number[8:].lower()}" for number in scenes.REAL],
        "grouped": [f"{each[:8]} {each[8]} {each[9:11]} {each[11]}" for each in scenes.REAL],
    }[how]
    assert send(tilda, real_binder, {"typed": separator.join(written)}).status_code == 302
    assert not Quarantine.objects.exists()


def test_ticked_and_typed_count_together(tilda: Client, real_binder: Binder) -> None:
    fields = {"found": keys(real_binder, without=("K064",)), "typed": "k064 M078"}
    assert send(tilda, real_binder, fields).status_code == 302
    assert Count.objects.get().reason == ""


def test_a_missing_one_is_asked_about_with_all_ticks_kept(
    tilda: Client, real_binder: Binder
) -> None:
    ticked = keys(real_binder, without=("K080",))
    page = send(tilda, real_binder, {"found": ticked})
    assert (page.status_code, Count.objects.exists()) == (400, False)
    assert "Tab 2, K080: not found." in text_of(page)
    assert page.content.decode().count("checked") == len(ticked)
    again = send(tilda, real_binder, {"found": ticked, "reason": "Räknat om"}, page)
    assert again.status_code == 302
    assert Quarantine.objects.get().number.last_four == "K080"


def test_a_reason_alone_does_not_do_for_a_variance_nobody_was_shown(
    tilda: Client, real_binder: Binder
) -> None:
    page = send(tilda, real_binder, {"found": keys(real_binder), "reason": "x"})
    assert page.status_code == 302  # there is none
    shown = send(tilda, real_binder, {"found": keys(real_binder, without=("K080",))})
    other = {"found": keys(real_binder, without=("K080", "M094")), "reason": "Räknat om"}
    assert send(tilda, real_binder, other, shown).status_code == 400
    assert send(tilda, real_binder, {"reason": "Räknat om"}).status_code == 400
    assert not Quarantine.objects.exists()


def test_nothing_ticked_takes_nothing_away_unasked(
    cast: Cast, tilda: Client, real_binder: Binder, outage: object
) -> None:
    assert send(tilda, real_binder, {}).status_code == 400
    assert scenes.handed_out(cast).number.tab == 1


def test_a_stranger_among_the_sheets_is_pointed_out(tilda: Client, real_binder: Binder) -> None:
    fields = {"found": keys(real_binder), "typed": "K999\n<b>"}
    page = send(tilda, real_binder, fields)
    assert page.status_code == 400
    assert "K999 isn't a number of this binder: check it" in text_of(page)
    again = send(tilda, real_binder, {**fields, "reason": "Låg där"}, page)
    assert again.status_code == 302
    assert Count.objects.get().reason == "Låg där"
    assert [sheet.value for sheet in ForeignSheet.objects.all()] == ["K999", "<B>"]
    assert not Quarantine.objects.exists()


def test_many_strangers_are_the_wrong_binder(
    tilda: Client, real_binder: Binder, training_binder: Binder
) -> None:
    page = send(tilda, real_binder, {"typed": "\n".join(scenes.TRAINING)})
    assert "Is it this one?" in text_of(page)


def test_a_typed_number_that_was_handed_out_is_there_although(
    tilda: Client, real_binder: Binder, handout: Handout
) -> None:
    fields = {"found": keys(real_binder), "typed": "20000101K064"}
    page = send(tilda, real_binder, fields)
    assert "Tab 1, K064: lies there, though it has left the binder." in text_of(page)


def test_handing_out_goes_on_while_somebody_counts(
    cast: Cast, tilda: Client, real_binder: Binder, outage: object
) -> None:
    page = tilda.get(address(real_binder))
    given = scenes.handed_out(cast).number
    answer = send(tilda, real_binder, {"found": keys(real_binder)}, page)
    assert answer.status_code == 302
    assert CountLine.objects.get(number=given).meanwhile


def test_sent_twice_is_one_count(tilda: Client, real_binder: Binder) -> None:
    page = tilda.get(address(real_binder))
    for _twice in range(2):
        answer = send(tilda, real_binder, {"found": keys(real_binder)}, page)
        assert answer.headers["Location"] == Count.objects.get().get_absolute_url()


def test_sent_again_with_other_ticks_is_refused(tilda: Client, real_binder: Binder) -> None:
    page = tilda.get(address(real_binder))
    send(tilda, real_binder, {"found": keys(real_binder)}, page)
    shown = send(tilda, real_binder, {"found": keys(real_binder, without=("K064",))}, page)
    fields = {"found": keys(real_binder, without=("K064",)), "reason": "x"}
    answer = send(tilda, real_binder, fields, shown)
    assert answer.status_code == 409
    assert Count.objects.get().get_absolute_url() in answer.content.decode()


def test_somebody_else_may_have_counted(tilda: Client, real_binder: Binder) -> None:
    send(tilda, real_binder, {"found": keys(real_binder), "by": "VERA"})
    done = Count.objects.get()
    assert done.by == "vera"
    assert "vera (recorded by tilda)" in text_of(tilda.get(done.get_absolute_url()))


@pytest.mark.parametrize(
    "listed_at",
    [
        "",
        "x",
        "0001-01-01T00:00+23:59",
        "9999-12-31T23:59-23:59",
        str(timezone.now() + timedelta(hours=1)),
        str(timezone.now() - timedelta(hours=25)),
    ],
    # Named: both workers must find the same tests, whenever they look.
    ids=["none", "nonsense", "first year", "last year", "to come", "yesterday's"],
)
def test_no_list_but_todays_is_taken(tilda: Client, real_binder: Binder, listed_at: str) -> None:
    fields = {"found": keys(real_binder), "listed_at": listed_at}
    assert send(tilda, real_binder, fields).status_code == 400
    assert not Count.objects.exists()


def test_the_list_is_of_the_moment_to_the_microsecond(tilda: Client, real_binder: Binder) -> None:
    """Without its zone it would be an hour off, the night the clock is put back."""
    listed_at = datetime.fromisoformat(hidden(tilda.get(address(real_binder)))["listed_at"])
    assert listed_at.tzinfo
    assert timedelta() < timezone.now() - listed_at < timedelta(minutes=1)


def test_a_number_of_another_binder_is_no_box_of_this(
    tilda: Client, real_binder: Binder, training_binder: Binder
) -> None:
    answer = send(tilda, real_binder, {"found": keys(training_binder)})
    assert answer.status_code == 409
    assert not Count.objects.exists()


def test_a_binder_with_more_tabs_than_are_drawn_is_listed_whole(tilda: Client, db: None) -> None:
    binder = scenes.lay_in("Stor", scenes.many_numbers(37), training=False)
    page = tilda.get(address(binder))
    assert page.content.decode().count('name="found-') == 37
    assert send(tilda, binder, {"found": keys(binder)}, page).status_code == 302


def test_a_count_of_a_training_binder_wears_the_drills_frame(
    tilda: Client, training_binder: Binder
) -> None:
    page = tilda.get(address(training_binder))
    assert 'class="drill"' in page.content.decode()
    answer = tilda.post(
        address(training_binder), filled_in(page, {"found": keys(training_binder)}), follow=True
    )
    assert 'class="drill"' in answer.content.decode()


def test_there_is_no_count_of_a_binder_that_is_not_there(tilda: Client) -> None:
    assert tilda.get("/binder/99999999999999999999/count/").status_code == 404


# --- the result -----------------------------------------------------------------------------------


@scene
def surplus(tilda: Client, real_binder: Binder, handout: Handout) -> CountLine:
    """K080 is missing, and K064 lies there although it was handed out."""
    fields = {"found": [*keys(real_binder, without=("K080",)), handout.number_id]}
    page = send(tilda, real_binder, fields)
    send(tilda, real_binder, {**fields, "reason": "Räknat om"}, page)
    return CountLine.objects.get(number=handout.number)


def test_the_result_says_what_was_missing_and_what_was_too_many(
    adele: Client, surplus: CountLine, handout: Handout
) -> None:
    page = adele.get(surplus.count.get_absolute_url())
    told = text_of(page)
    assert "One may have been taken for the other" in told
    assert "Räknat om" in told
    assert handout.get_absolute_url() in page.content.decode()
    assert LogEntry.objects.filter(act="access", number="20000101K064", actor__username="adele")


def test_the_till_sees_it_and_can_settle_nothing(tilda: Client, surplus: CountLine) -> None:
    page = tilda.get(surplus.count.get_absolute_url()).content.decode()
    assert "/destroyed/" not in page
    assert tilda.post(f"/binder/count-lines/{surplus.pk}/destroyed/").status_code == 403


def test_the_overview_waits_for_both(adele: Client, surplus: CountLine) -> None:
    told = text_of(adele.get("/binder/overview/"))
    assert "Missing at the count" in told
    assert "undo the handout or destroy the sheet" in told


@pytest.mark.both_databases
def test_a_destroyed_sheet_waits_no_more(adele: Client, surplus: CountLine) -> None:
    answer = adele.post(
        f"/binder/count-lines/{surplus.pk}/destroyed/", {"note": "strimlat"}, follow=True
    )
    assert "“strimlat”" in text_of(answer)
    assert "destroy the sheet" not in text_of(adele.get("/binder/overview/"))
    again = adele.post(f"/binder/count-lines/{surplus.pk}/destroyed/")
    assert again.status_code == 409


def test_an_undone_handout_settles_it_too(
    adele: Client, surplus: CountLine, handout: Handout
) -> None:
    adele.post(f"/ward/handouts/{handout.pk}/undo/", {"reason": "Låg kvar"})
    page = adele.get(surplus.count.get_absolute_url())
    assert "Settled" in text_of(page)
    assert "/destroyed/" not in page.content.decode()


def test_a_note_too_long_is_pointed_out(adele: Client, surplus: CountLine) -> None:
    answer = adele.post(f"/binder/count-lines/{surplus.pk}/destroyed/", {"note": "x" * 501})
    assert answer.status_code == 400
    surplus.refresh_from_db()
    assert surplus.destroyed_at is None


def test_after_the_destruction_an_undo_is_refused_with_advice(
    adele: Client, surplus: CountLine, handout: Handout
) -> None:
    adele.post(f"/binder/count-lines/{surplus.pk}/destroyed/")
    answer = adele.post(f"/ward/handouts/{handout.pk}/undo/", {"reason": "Låg kvar"})
    assert answer.status_code == 409
    assert "The sheet has been destroyed" in text_of(answer)


# --- the lists ------------------------------------------------------------------------------------


def test_the_binders_page_asks_for_a_count_until_it_is_made(
    tilda: Client, real_binder: Binder
) -> None:
    before = tilda.get("/binder/")
    assert "Never counted." in text_of(before)
    assert address(real_binder) in before.content.decode()
    send(tilda, real_binder, {"found": keys(real_binder)})
    after = text_of(tilda.get("/binder/"))
    assert "Never counted." not in after
    assert "by tilda" in after


def test_the_overview_asks_as_well(adele: Client, real_binder: Binder) -> None:
    assert "Never counted." in text_of(adele.get("/binder/overview/"))


def test_a_set_aside_number_is_not_told_as_handed_out(adele: Client, surplus: CountLine) -> None:
    missing = Quarantine.objects.get()
    assert "the sheet is missing" in text_of(adele.get("/binder/overview/"))
    adele.post(f"/binder/missing/{missing.pk}/explain/", {"reason": "bakom skrivaren"})
    assert "Set aside" in text_of(adele.get("/binder/"))
    assert f"Tab {missing.number.tab}: set aside" in text_of(adele.get("/binder/overview/"))


def test_set_aside_it_stays_when_its_late_entry_is_undone(
    cast: Cast, adele: Client, surplus: CountLine, outage: Outage
) -> None:
    missing = Quarantine.objects.get()
    entered = scenes.from_paper(cast, outage, number=missing.number.value)
    assert "Set aside" not in text_of(adele.get("/binder/"))
    closing.undo(entered.pk, scenes.now(cast.adele), reason="another ward")
    again = Quarantine.objects.get(explained_at=None)
    assert adele.get(surplus.count.get_absolute_url()).context["missing"] == [again]
    adele.post(f"/binder/missing/{again.pk}/explain/", {"reason": "bakom skrivaren"})
    assert "Set aside" in text_of(adele.get("/binder/"))


def test_counts_are_listed_and_those_that_differed_alone(
    tilda: Client, real_binder: Binder, surplus: CountLine
) -> None:
    send(tilda, real_binder, {"found": keys(real_binder)})
    both = tilda.get("/binder/counts/").content.decode()
    differed = tilda.get("/binder/counts/?differing=1").content.decode()
    link = re.compile(r'href="/binder/counts/\d+/"')
    assert (len(link.findall(both)), len(link.findall(differed))) == (2, 1)


@pytest.mark.one_database("statements")
@pytest.mark.parametrize("what", ["form", "result", "list", "overview"])
def test_no_page_grows_with_the_binder(
    cast: Cast, adele: Client, outage: object, what: str
) -> None:
    costs = set()
    women = scenes.many_numbers(37)
    for name, numbers in (("Få", women[:3]), ("Många", women[3:])):
        binder = scenes.lay_in(name, numbers, training=False)
        found = Found(timezone.now(), frozenset(keys(binder)[2:]))
        done = count.count_binder(
            binder.pk, found, scenes.now(cast.tilda), request_key=uuid4(), reason="borta"
        ).row
        page = {
            "form": address(binder),
            "result": done.get_absolute_url(),
            "list": "/binder/counts/",
            "overview": "/binder/overview/",
        }[what]
        adele.get(page)  # content types are read once
        with CaptureQueriesContext(connection) as captured:
            adele.get(page)
        costs.add(len(captured))
    assert len(costs) == 1


# --- what was typed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        (" \n;, \n", []),
        ("k064", ["K064"]),
        ("K064 K080", ["K064", "K080"]),
        ("K06 4", ["K064"]),
        ("20000101 K 06 4 20000101K080 M-078", ["20000101K064", "20000101K080", "M078"]),
        ("20000101K064\r\n20000101K080\r\n", ["20000101K064", "20000101K080"]),
        ("K06\nK064", ["K06", "K064"]),
        ("K064 hello K080", ["K064", "HELLO", "K080"]),
        ("\u202eK064\ufeff", ["K064"]),
        ("]C120000101K064\n]Q1K080", ["20000101K064", "K080"]),  # a scanner's prefix
        ("]C020000101K064]C020000101K080", ["20000101K064", "20000101K080"]),
        ("HEJK064", ["HEJK064"]),
        ("K064 20000101", ["K064", "20000101"]),
    ],
)
def test_how_typed_numbers_are_read(text: str, numbers: list[str]) -> None:
    assert list(scanned.numbers(text)) == numbers


# --- what isn't the binder's ----------------------------------------------------------------------


@scene
def foreign(cast: Cast, handout: Handout) -> ForeignSheet:
    """A sheet with a patient's number, found in the real binder."""
    line = scenes.miscounted(cast, handout, "191212121212")
    return line.count.foreign_sheets.get()


def test_the_page_shows_it_and_logs_that(adele: Client, cast: Cast, foreign: ForeignSheet) -> None:
    page = text_of(adele.get(foreign.count.get_absolute_url()))
    assert "191212121212 · A number that may be a patient's" in page
    assert LogEntry.objects.filter(act="access", number="191212121212", actor=cast.adele).exists()


@pytest.mark.both_databases
def test_the_overview_asks_and_the_administrator_explains(
    adele: Client, foreign: ForeignSheet
) -> None:
    assert "write what became of it" in text_of(adele.get("/binder/overview/"))
    address = f"/binder/foreign-sheets/{foreign.pk}/explain/"
    assert adele.post(address, {"reason": ""}).status_code == 400
    done = text_of(adele.post(address, {"reason": "strimlat"}, follow=True))
    assert "Explained" in done
    assert "“strimlat”" in done
    assert "write what became of it" not in text_of(adele.get("/binder/overview/"))
    again = adele.post(address, {"reason": "nej"})
    assert "What became of the sheet has been written already" in text_of(again)


def test_the_list_of_counts_names_no_number(tilda: Client, foreign: ForeignSheet) -> None:
    assert foreign.value not in tilda.get("/binder/counts/").content.decode()


# --- ticks of another list ------------------------------------------------------------------------


def test_ticks_of_another_list_are_refused_and_nothing_is_recorded(
    tilda: Client, real_binder: Binder
) -> None:
    older, newer = (tilda.get(address(real_binder)) for _ in range(2))
    ticks = filled_in(older, {"found": keys(real_binder)})
    answer = tilda.post(address(real_binder), {**ticks, **hidden(newer), "typed": "K064"})
    assert answer.status_code == 409
    assert "The ticks were made on another list" in text_of(answer)
    assert not Count.objects.exists()


def test_the_new_list_has_no_tick_and_keeps_what_was_typed(
    tilda: Client, real_binder: Binder, handout: Handout
) -> None:
    foreign = {"found-0": timezone.now().isoformat(), "typed": "K080", "by": "vera"}
    page = send(tilda, real_binder, foreign)
    form = page.context["form"]
    assert (form["typed"].value(), form["by"].value()) == ("K080", "vera")
    assert not any(row.ticked for row in [*form.lying, *form.used])
    done = send(tilda, real_binder, {"found": keys(real_binder)}, page)
    assert done.headers["Location"] == Count.objects.get().get_absolute_url()
