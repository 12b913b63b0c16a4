"""/metrics: counts for Prometheus, to whoever has the token."""

import os
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from befreg_reserv.backups import last
from befreg_reserv.environment import env
from befreg_reserv.health import metrics, seconds
from custody.journal import marks
from custody.models import Binder, Handout
from custody.models.journal import JournalFault
from outage.models import Outage
from tests.cast import Cast
from tests.conftest import SignIn

TOKEN = "a token of this test's own"
Figures = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def figures(said: str = f"Bearer {TOKEN}") -> Figures:
    """Return each figure by its name and labels."""
    answer = Client().get("/metrics", headers={"authorization": said, "host": "any"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for f in families for one in f.samples}


@pytest.mark.both_databases
def test_what_is_left_open_and_ongoing(handout: Handout, real_binder: Binder) -> None:
    found = figures()
    assert found["befreg_numbers_left", "woman"] == 4
    assert found["befreg_numbers_left", "man"] == 5
    assert found["befreg_handouts_open", "day"] == 1
    assert found["befreg_outage_ongoing",] == found["befreg_database_up",] == 1
    assert found["befreg_patients_waiting",] == 0


def test_a_drill_counts_for_nothing(drill: Outage, training_binder: Binder) -> None:
    found = figures()
    assert found["befreg_outage_ongoing",] == found["befreg_numbers_left", "woman"] == 0


def test_a_journal_that_cannot_be_written_shows(db: None, settings: Settings) -> None:
    assert figures()["befreg_journal_ok",] == 1
    settings.CUSTODY_JOURNAL = settings.BASE_DIR
    assert figures()["befreg_journal_ok",] == 0


def test_a_doubt_about_a_journal_stands_until_the_count(
    db: None, settings: Settings, real_binder: Binder
) -> None:
    before = figures()["befreg_journal_doubts",]
    marks.doubt(settings.CUSTODY_JOURNAL, JournalFault.MISSING, None)
    assert (before, figures()["befreg_journal_doubts",]) == (0, 1)


def test_no_number_and_no_name_is_in_it(handout: Handout, cast: Cast) -> None:
    text = metrics.page().decode()
    for hidden in (handout.number.value, handout.ward.name, cast.tilda.username):
        assert hidden not in text


def test_the_age_of_the_last_backup_if_there_is_one(db: None) -> None:
    assert ("befreg_backup_age_seconds",) not in figures()
    last.note(timezone.now() - timedelta(hours=3))
    assert 0 <= figures()["befreg_backup_age_seconds",] - 3 * 3600 < 60


@pytest.mark.one_database("network")
@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer x", TOKEN, f"Basic {TOKEN}", "Bearer å"])
def test_without_the_token_there_is_no_such_page(db: None, client: Client, said: str) -> None:
    answer = client.get("/metrics", headers={"authorization": said})
    assert (answer.status_code, answer.templates[0].name) == (404, "404.html")


def test_where_none_is_set_nobody_reads_it(db: None, client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_a_token_that_can_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "x" * 19)
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN can be guessed"):
        env.token("METRICS_TOKEN")


def test_the_database_is_down_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> list[Metric]:
        raise OperationalError

    monkeypatch.setattr(metrics, "_registered", [fails])
    assert figures()["befreg_database_up",] == 0


@pytest.mark.both_databases
def test_a_handout_is_counted_with_its_seconds(
    cast: Cast, sign_in: SignIn, outage: Outage, real_binder: Binder
) -> None:
    before = figures()["befreg_handout_seconds_count",]
    sign_in(cast.tilda).post("/till/hand-out/", {})
    assert figures()["befreg_handout_seconds_count",] == before + 1


def test_processes_count_together_without_waiting_for_each_other() -> None:
    before = counts()
    child = os.fork()
    if not child:
        seconds.take_row(seconds.ROWS + 1)
        seconds.observe(0.3)
        seconds.observe(7)
        os._exit(0)
    os.waitpid(child, 0)
    seconds.observe(30)
    after = counts()
    grown = {bound: after[bound] - before[bound] for bound in after}
    assert (grown["0.25"], grown["0.5"], grown["10.0"], grown["+Inf"]) == (0, 1, 2, 3)


def counts() -> dict[str, float]:
    samples = seconds.family().samples
    return {sample.labels["le"]: sample.value for sample in samples if "le" in sample.labels}
