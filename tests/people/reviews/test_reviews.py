"""A month's sample of the log: drawn by lot, judged with a word, signed, kept."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction
from django.test import Client

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import KeyReused, Refused
from befreg_reserv.audit.models import Head, Judgement, LogEntry, Sample, SampledEntry, Signature
from befreg_reserv.people.models import User
from befreg_reserv.people.reviews import drawing, judging, listing, to_do
from befreg_reserv.people.reviews.judging import Word
from befreg_reserv.people.reviews.months import Month
from befreg_reserv.people.reviews.refusals import (
    NoteMissing,
    NothingJudged,
    NotOver,
    NotSealed,
    OfNoSample,
    OwnEntry,
)
from befreg_reserv.to_do.waiting import Asked
from tests.audit.entries import NOON, entries, entry, run
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.django_db

MARCH = Month(2026, 3)
AFTER = datetime(2026, 4, 3, tzinfo=UTC)
RIGHT, ASK = Judgement.Word.RIGHT, Judgement.Word.ASK
LATE = AFTER + timedelta(days=30)


def by(user: User, at: datetime = AFTER) -> Event:
    return Event.now(user, at)


def sealed(at: datetime) -> Head:
    """Return a seal as it stands in the table; that seals are signed is tested elsewhere."""
    head = Head(size=7, at=at, root="ab" * 32, note="", state="")
    head.save()
    return head


@scene
def march(cast: Cast) -> Cast:
    """A month of looks, with one thing that was done once."""
    entries(200, apart=timedelta(hours=1), act="access", actor=cast.tilda)
    entry(begin=NOON + timedelta(days=2), act="undo", actor=cast.adele)
    return cast


@scene
def sample(march: Cast) -> Sample:
    return drawing.draw(MARCH, by(march.gunde)).row


def first_of(sample: Sample) -> SampledEntry:
    found = sample.sampled.exclude(entry__act="undo").order_by("pk").first()
    assert found
    return found


def judge(sample: Sample, who: User, word: str = RIGHT, note: str = "", **changes: Any) -> Any:
    words = {first_of(sample).pk: Word(word, note)}
    return judging.judge(sample, words, by(who), **{"request_key": uuid4(), **changes})


# --- the draw -----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_whoever_has_the_seed_draws_the_same(march: Cast) -> None:
    """Done again as docs/security.md says, and not as the code does."""
    sealed(MARCH.end + timedelta(seconds=20))
    sealed_later = Head(size=9, at=MARCH.end + timedelta(hours=1), root="cd" * 32)
    sealed_later.save()
    drawn = drawing.draw(MARCH, by(march.gunde)).row
    assert drawn.seed == f"2026-03:{'ab' * 32}"
    of_march = [*LogEntry.objects.filter(timestamp__lt=MARCH.end).values_list("pk", "act")]
    times = Counter(act for _key, act in of_march)
    lots = []
    for key, act in of_march:
        u = (int(sha256(f"{drawn.seed}:{key}".encode()).hexdigest()[:13], 16) + 1) / 16**13
        lots.append((-math.log(u) * math.sqrt(times[act]), key))
    again = {key for _place, key in sorted(lots)[:30]}
    assert {*drawn.sampled.values_list("entry", flat=True)} == again
    assert drawn.entries == len(of_march)


def test_what_is_rare_is_drawn_more_often() -> None:
    of_month = [(key, "access") for key in range(1_000)] + [(1_000, "undo")]
    times = {"access": 1_000, "undo": 1}
    drawn = sum(1_000 in drawing.chosen(f"seed {turn}", of_month, times) for turn in range(200))
    plainly = 200 * 30 / 1_001  # times, if all had the same weight
    assert drawn > 10 * plainly


def test_a_sample_stays_as_it_was_drawn(sample: Sample, march: Cast) -> None:
    again = drawing.draw(MARCH, by(march.adele))
    assert (again.row, again.new) == (sample, False)
    assert Sample.objects.count() == 1


def test_a_month_that_goes_on_or_is_empty_has_none(march: Cast) -> None:
    with pytest.raises(NotOver):
        drawing.draw(MARCH, by(march.gunde, NOON + timedelta(days=20)))
    with pytest.raises(NotOver):
        drawing.draw(MARCH.before, by(march.gunde))


def test_what_is_still_being_written_at_the_months_end_is_waited_for(march: Cast) -> None:
    hour = timedelta(hours=1)
    with pytest.raises(NotOver):
        drawing.draw(MARCH, by(march.gunde, MARCH.end + hour - timedelta(seconds=1)))
    assert drawing.draw(MARCH, by(march.gunde, MARCH.end + hour)).new


def test_where_all_is_sealed_the_draw_waits_for_the_seal(
    march: Cast, settings: LazySettings
) -> None:
    settings.SEAL_KEY, settings.PRODUCTION = "/somewhere", True
    sealed(MARCH.end - timedelta(seconds=1))
    with pytest.raises(NotSealed):
        drawing.draw(MARCH, by(march.gunde))


# --- the words ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_word_is_signed_and_a_later_one_follows_it(sample: Sample, march: Cast) -> None:
    judge(sample, march.gunde, ASK, "ask the ward")
    assert listing.reviews([MARCH])[0].left == 30
    judge(sample, march.adele, RIGHT)
    assert listing.reviews([MARCH])[0].left == 29
    found = Judgement.objects.order_by("pk").values_list("word", "note", "signature__by__username")
    assert list(found) == [("ask", "ask the ward", "gunde"), ("right", "", "adele")]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({}, NothingJudged),
        ({1: Word(ASK, "")}, NoteMissing),
        ({2**40: Word(RIGHT, "")}, OfNoSample),
    ],
)
def test_what_is_no_judgement_is_refused(
    sample: Sample, march: Cast, words: dict[int, Word], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        judging.judge(sample, words, by(march.gunde), request_key=uuid4())
    assert not Signature.objects.exists()


def test_nobody_judges_what_they_did_themselves(sample: Sample, march: Cast) -> None:
    with pytest.raises(OwnEntry):
        judge(sample, march.tilda)


def test_a_form_that_is_sent_twice_is_signed_once(sample: Sample, march: Cast) -> None:
    key = uuid4()
    first = judge(sample, march.gunde, request_key=key).row
    assert judge(sample, march.gunde, request_key=key) == (first, False)
    with pytest.raises(KeyReused):
        judge(sample, march.gunde, ASK, "why?", request_key=key)


@pytest.mark.both_databases
def test_the_database_refuses_what_the_acts_do(sample: Sample, march: Cast) -> None:
    other = Sample.objects.create(month="2026-02", seed="x", entries=1, at=AFTER, by=march.gunde)
    mine, elsewhere = (
        Signature.objects.create(sample=each, at=AFTER, by=who, request_key=uuid4())
        for each, who in ((sample, march.tilda), (other, march.gunde))
    )
    of_tilda = first_of(sample)
    for signature, word, note in (
        (mine, RIGHT, ""),  # her own
        (elsewhere, RIGHT, ""),  # of another sample
        (elsewhere, ASK, ""),
        (elsewhere, "x", "y"),
    ):
        judgement = Judgement(signature=signature, sampled=of_tilda, word=word, note=note)
        with pytest.raises(IntegrityError), transaction.atomic():
            judgement.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        SampledEntry.objects.create(sample=other, entry_id=2**40)
    for table in ("sample", "sampledentry", "signature"):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(f"DELETE FROM audit_{table}")  # noqa: S608  names of ours


# --- the overview, and the pages ----------------------------------------------------------------


def words_of(user: User, now: datetime) -> list[tuple[str, str]]:
    found = to_do.unreviewed(Asked(user, now))
    return [(str(each.label), str(each.text)) for each in found]


def test_what_is_not_done_stands_on_the_overview(march: Cast) -> None:
    ((label, text),) = words_of(march.adele, AFTER)
    assert "overdue" not in label
    assert "2026-03" in text
    drawn = drawing.draw(MARCH, by(march.gunde)).row
    ((label, text),) = [each for each in words_of(march.adele, LATE) if "2026-03" in each[1]]
    assert "overdue" in label
    assert text.startswith("30 ")
    keys = drawn.sampled.values_list("pk", flat=True)
    others = {key: Word(RIGHT, "") for key in keys}
    judging.judge(drawn, others, by(march.gunde), request_key=uuid4())
    assert words_of(march.adele, AFTER) == []


@scene
def gunde(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.gunde)


@pytest.mark.both_databases
def test_the_whole_way_through_the_pages(gunde: Client, march: Cast) -> None:
    assert "2026-03" in text_of(gunde.get("/audit/reviews/"))
    answer = gunde.post("/audit/reviews/draw/", {"month": "2026-03"})
    address = answer.headers["Location"]
    assert address == "/audit/reviews/month/?month=2026-03"
    page = gunde.get(address)
    (first, second), key = [each.sampled.pk for each, _ in page.context["entries"]][:2], uuid4()
    wrong = {f"word_{first}": "wrong", f"note_{second}": "x", "request_key": str(key)}
    assert gunde.post(address, wrong).status_code == 400
    assert not Judgement.objects.exists()
    right = {f"word_{first}": "right", "request_key": str(key)}
    done = gunde.post(address, right, follow=True)
    assert "29" in text_of(done)
    judged = Judgement.objects.get()
    assert (judged.sampled_id, judged.word, judged.signature.by) == (first, "right", march.gunde)


def test_who_has_only_their_own_left_has_nothing_to_sign(
    cast: Cast, gunde: Client, sign_in: SignIn
) -> None:
    entries(2, act="access", actor=cast.gunde)
    drawing.draw(MARCH, by(cast.adele))
    address = "/audit/reviews/month/?month=2026-03"
    assert not gunde.get(address).context["can_sign"]
    assert sign_in(cast.adele).get(address).context["can_sign"]


def test_a_month_whose_year_went_is_still_a_page(
    gunde: Client, sample: Sample, march: Cast
) -> None:
    judge(sample, march.gunde)
    with lifted():
        run("DELETE FROM audit_logentry WHERE timestamp < '2026-04-01'")
    page = gunde.get("/audit/reviews/month/?month=2026-03")
    assert (page.status_code, page.context["entries"]) == (200, [])
    assert "30 av stickprovets rader" in text_of(page)


@pytest.mark.parametrize("query", ["month=x", "month=2026-13", "month=%00"])
def test_no_month_is_not_found(gunde: Client, query: str) -> None:
    assert gunde.get(f"/audit/reviews/month/?{query}").status_code == 404
