"""The settings: production refuses to start half set up, development needs nothing."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from befreg_reserv import waits
from befreg_reserv.environment import databases, env, watched
from befreg_reserv.postgresql import base
from befreg_reserv.serving.worker import OWN_THREADS

SETTINGS = Path(waits.__file__).with_name("settings.py")
GOOD = "W4vT9mQzK7xR2pLc8nYbJ5dHs3gFa6eUo1iN0tXqVwZkMrPy"  # a test's own
PRODUCTION = {
    "BEFREG_ENV": "production",
    "SECRET_KEY": f"{GOOD}-_9",
    "ALLOWED_HOSTS": "befreg.example.org,10.0.0.1",
    "DATABASE_URL": "postgres://befreg@db/befreg?sslmode=verify-full",
}
WORDS = ("SQLITE_IS_MEANT", "DATABASE_LINE_IS_SAFE", "CSRF_TRUSTED_ORIGINS", "PGHOST", "PGSSLMODE")


class Settings:
    """Reads the settings file in an environment of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, var: Path) -> None:
        self.patch = patch
        self.var = var

    def __call__(self, **environment: str) -> dict[str, Any]:
        for name in {*PRODUCTION, *WORDS, "DEBUG", "TRUSTED_PROXIES", "SECRET_KEY_FILE"}:
            self.patch.delenv(name, raising=False)
        self.patch.setenv("BEFREG_VAR", str(self.var))
        for name, value in environment.items():
            self.patch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    return Settings(monkeypatch, tmp_path / "var")


# --- development ----------------------------------------------------------------------------


def test_development_needs_no_environment(read: Settings, tmp_path: Path) -> None:
    found = read()
    assert found["DATABASES"]["default"]["NAME"] == f"{tmp_path}/var/befreg.sqlite3"
    assert (found["DEBUG"], found["SESSION_COOKIE_AGE"]) == (False, 12 * 3600)


def test_its_secret_is_made_once_and_closed_to_others(read: Settings, tmp_path: Path) -> None:
    secret = read()["SECRET_KEY"]
    assert len(secret) >= 50
    assert read()["SECRET_KEY"] == secret
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_each_place_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert env.kept_secret(tmp_path / "a") != env.kept_secret(tmp_path / "b")


# --- production -----------------------------------------------------------------------------


def test_production_starts_when_all_is_said(read: Settings) -> None:
    found = read(**PRODUCTION)
    assert found["ALLOWED_HOSTS"] == ["befreg.example.org", "10.0.0.1"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    cookies = [found[f"{cookie}_COOKIE_NAME"] for cookie in ("SESSION", "CSRF", "LANGUAGE")]
    assert all(name.startswith("__Host-") for name in cookies)


def test_no_browser_is_shipped_with_the_hosts_name_unless_the_hospital_says_so(
    read: Settings,
) -> None:
    assert read(**PRODUCTION)["SECURE_HSTS_PRELOAD"] is False
    assert read(**PRODUCTION, SECURE_HSTS_PRELOAD="1")["SECURE_HSTS_PRELOAD"] is True


def test_over_a_line_without_tls_cookies_keep_their_names(read: Settings) -> None:
    assert "SESSION_COOKIE_NAME" not in read()  # a browser would drop a __Host- one


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_production_misses_is_named(read: Settings, name: str, value: str | None) -> None:
    said = {key: text for key, text in PRODUCTION.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**said, **({} if value is None else {name: value}))


def test_a_blank_host_is_no_host(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        read(**PRODUCTION | {"ALLOWED_HOSTS": " , "})


def test_blanks_around_hosts_are_forgiven(read: Settings) -> None:
    assert read(**PRODUCTION | {"ALLOWED_HOSTS": "a, b,"})["ALLOWED_HOSTS"] == ["a", "b"]


def test_production_refuses_debug(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        read(**PRODUCTION, DEBUG="1")


@pytest.mark.parametrize("mode", ["prod", "Production", "production "])
def test_an_unknown_mode_is_no_development(read: Settings, mode: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BEFREG_ENV"):
        read(BEFREG_ENV=mode)


def test_an_empty_mode_is_refused_too(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="BEFREG_ENV"):
        read(BEFREG_ENV="")


def test_the_refusal_is_what_a_person_sees(tmp_path: Path) -> None:
    environment = {**os.environ, **PRODUCTION, "SECRET_KEY": "", "BEFREG_VAR": str(tmp_path)}
    started = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment,
        cwd=SETTINGS.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert "SECRET_KEY (or SECRET_KEY_FILE) must be set" in started.stderr.splitlines()[-1]


def test_without_a_proxy_of_ours_its_header_is_not_believed(read: Settings) -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in read(**PRODUCTION)
    assert "SECURE_PROXY_SSL_HEADER" in read(**PRODUCTION, TRUSTED_PROXIES="10.0.0.2")


@pytest.mark.parametrize(("said", "shape"), [({}, "json"), ({"LOG_JSON": "0"}, "line")])
def test_production_writes_lines_of_json(read: Settings, said: dict[str, str], shape: str) -> None:
    log = read(**PRODUCTION, **said)["LOGGING"]
    assert log["handlers"]["stderr"]["formatter"] == shape
    level = {"json": "INFO", "line": "WARNING"}[shape]
    assert log["loggers"]["befreg_reserv.serving.lines"]["level"] == level


# --- what production refuses ------------------------------------------------------------------


@pytest.mark.parametrize(
    "poor", ["a" * 60, GOOD[:49], "0123456789" * 4, f"django-insecure-{GOOD}", f"{GOOD}-CHANGEME"]
)
def test_a_short_or_known_secret_is_refused_unrepeated(read: Settings, poor: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY is short or known") as refused:
        read(**PRODUCTION | {"SECRET_KEY": poor})
    assert poor not in str(refused.value)


@pytest.mark.parametrize("hosts", ["*", "befreg.example.org,*", "*.example.org"])
def test_a_wildcard_is_no_host(read: Settings, hosts: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS: write each host"):
        read(**PRODUCTION | {"ALLOWED_HOSTS": hosts})


@pytest.mark.parametrize(
    "proxies", ["proxy", "10.0.0.2:80", "10.0.0.1/24", "10.0.0.0/33", "0.0.0.0/0", "::/0", "*"]
)
def test_a_proxy_is_an_address_or_a_network(read: Settings, proxies: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES: "):
        read(**PRODUCTION, TRUSTED_PROXIES=f"10.0.0.2,{proxies}")


def test_a_proxy_in_development_is_refused(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="set BEFREG_ENV=production"):
        read(TRUSTED_PROXIES="10.0.0.0/24")


@pytest.mark.parametrize(
    "origin", ["*", "https://*", "https://*.example.org", "http://a.example", "a.example"]
)
def test_an_origin_is_one_site(read: Settings, origin: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CSRF_TRUSTED_ORIGINS"):
        read(**PRODUCTION, CSRF_TRUSTED_ORIGINS=f"https://b.example,{origin}")


def test_sqlite_is_served_if_it_is_meant(read: Settings, tmp_path: Path) -> None:
    said = PRODUCTION | {"DATABASE_URL": f"sqlite:///{tmp_path}/befreg.sqlite3"}
    with pytest.raises(ImproperlyConfigured, match="set SQLITE_IS_MEANT=1"):
        read(**said)
    assert not (tmp_path / "befreg.sqlite3").exists()
    assert read(**said, SQLITE_IS_MEANT="1")


ELSEWHERE = [
    "postgres://db/befreg",
    "postgres://db/befreg?sslmode=require",
    "postgres://localhost,db/befreg",
    "postgres://localhost/befreg?hostaddr=10.0.0.3",
    "postgres://10.0.0.3/befreg",
    "postgres:///befreg?service=db",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_another_host_is_reached_by_tls(read: Settings, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="add sslmode=verify-full"):
        read(**PRODUCTION | {"DATABASE_URL": url})
    assert read(**PRODUCTION | {"DATABASE_URL": url}, DATABASE_LINE_IS_SAFE="1")


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"])
def test_this_machine_needs_none(read: Settings, host: str) -> None:
    assert read(**PRODUCTION | {"DATABASE_URL": f"postgres://befreg@{host}/befreg"})


def test_libpqs_own_variable_may_ask_for_tls(read: Settings) -> None:
    assert read(**PRODUCTION | {"DATABASE_URL": "postgres://db/befreg"}, PGSSLMODE="verify-ca")


def test_the_host_that_libpq_would_take_from_its_own_variable(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="add sslmode=verify-full"):
        read(**PRODUCTION | {"DATABASE_URL": "postgres:///befreg"}, PGHOST="db")


# --- reading the environment ----------------------------------------------------------------


def test_a_secret_comes_from_its_file(read: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{GOOD}file\n")
    said = {**PRODUCTION, "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert read(**said)["SECRET_KEY"] == f"{GOOD}file"


def test_a_secret_file_that_is_not_there_is_named(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE=/nowhere"):
        read(**PRODUCTION, SECRET_KEY_FILE="/nowhere")


def test_a_secret_file_that_is_no_text_is_named(read: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        read(**PRODUCTION, SECRET_KEY_FILE=str(tmp_path / "key"))


@pytest.mark.parametrize(("text", "value"), [("1", True), ("YES", True), ("", False), ("0", False)])
def test_flags(monkeypatch: pytest.MonkeyPatch, text: str, *, value: bool) -> None:
    monkeypatch.setenv("SOME_FLAG", text)
    assert env.flag("SOME_FLAG", default=True) is value


def test_an_unknown_eve_is_named_with_those_that_are_known(read: Settings) -> None:
    assert read()["OBSERVED_EVES"] == ["midsummer", "christmas", "new-year"]
    assert read(OBSERVED_EVES="")["OBSERVED_EVES"] == []
    assert read(OBSERVED_EVES="easter, walpurgis")["OBSERVED_EVES"] == ["easter", "walpurgis"]
    with pytest.raises(ImproperlyConfigured, match=r"OBSERVED_EVES: 'jul' is none of .*christmas"):
        read(OBSERVED_EVES="christmas,jul")


def test_how_much_is_asked_of_a_witness_is_one_of_three(read: Settings) -> None:
    assert read()["MERGE_WITNESS"] == "ask"
    assert read(MERGE_WITNESS="require")["MERGE_WITNESS"] == "require"
    with pytest.raises(ImproperlyConfigured, match="MERGE_WITNESS: 'yes' is none of off, ask, req"):
        read(MERGE_WITNESS="yes")


def test_what_is_no_flag_or_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NAME", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SOME_NAME='perhaps'"):
        env.flag("SOME_NAME", default=False)
    with pytest.raises(ImproperlyConfigured, match="SOME_NAME='perhaps'"):
        env.integer("SOME_NAME", 1)


# --- mail and reminders -----------------------------------------------------------------------


def test_development_prints_its_mail_and_production_sends_it(
    read: Settings, tmp_path: Path
) -> None:
    (tmp_path / "word").write_text("hemligt\n")
    assert read()["EMAIL_BACKEND"].endswith(".console.EmailBackend")
    found = read(**PRODUCTION, EMAIL_HOST_PASSWORD_FILE=str(tmp_path / "word"))
    assert found["EMAIL_BACKEND"].endswith(".smtp.EmailBackend")
    assert (found["EMAIL_HOST_PASSWORD"], found["EMAIL_USE_TLS"]) == ("hemligt", True)
    assert found["EMAIL_TIMEOUT"] == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REMIND_MOST", "0"),
        ("REMIND_MOST", "101"),
        ("REMIND_FIRST_AFTER_HOURS", "-1"),
        ("REMIND_ANYWAY_AFTER_HOURS", "0"),
        ("EMAIL_PORT", "smtp"),
        ("DEFAULT_FROM_EMAIL", "befreg"),
        ("DEFAULT_FROM_EMAIL", "Befreg\nreserv <befreg@example.org>"),
        ("SITE_URL", "befreg.example.org"),
        ("SITE_URL", "ftp://befreg.example.org"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://befreg.example.org/path"),
        ("SITE_URL", "https://befreg.example.org?x"),
        ("SITE_URL", "https://user@befreg.example.org"),
        ("SITE_URL", "https://befreg.example.org:port"),
        ("SITE_URL", "https://befreg .example.org"),
        ("SITE_URL", "https://befreg.example\n.org"),
        ("SITE_URL", "https://[befreg"),
    ],
)
def test_what_mails_can_not_be_made_of_is_named(read: Settings, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**{name: value})


def test_a_password_is_not_sent_in_clear(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_HOST_PASSWORD"):
        read(EMAIL_HOST_PASSWORD="hemligt", EMAIL_USE_TLS="0")


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("", ""),
        ("https://befreg.example.org/", "https://befreg.example.org"),
        ("http://Befreg.example.org:8000", "http://Befreg.example.org:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_sites_address(read: Settings, value: str, link: str) -> None:
    assert read(SITE_URL=value)["SITE_URL"] == link


@pytest.mark.parametrize("value", ["a@example.org", "Befreg reserv <a@example.org>"])
def test_the_sender(read: Settings, value: str) -> None:
    assert read(DEFAULT_FROM_EMAIL=value)["DEFAULT_FROM_EMAIL"] == value


# --- what the probe tries ---------------------------------------------------------------------


def test_without_targets_nothing_is_probed(read: Settings) -> None:
    found = read()
    assert (found["PROBE_TARGETS"], found["PROBE_FEED"]) == ({}, "")


def test_targets_are_read_by_name(read: Settings) -> None:
    said = "befreg=https://befreg.example/?a=b, news=http://[::1]:8080/it"
    assert read(PROBE_TARGETS=said)["PROBE_TARGETS"] == {
        "befreg": "https://befreg.example/?a=b",
        "news": "http://[::1]:8080/it",
    }


BAD_ADDRESSES = [
    "befreg.example",
    "ftp://befreg.example/",
    "file:///etc/passwd",
    "https://",
    "https:///path",
    "https://user:secret@befreg.example/",
    "https://@befreg.example/",
    "https://befreg.example:99999/",
    "https://befreg.example:0/",
    "https://befreg.example:x/",
    "https://[::1/",
    "https://befreg.example/a b",
    "https://befreg.example/\n",
    "https://befreg.example/\x7f",
    "https://bef\u202ereg.example/",
]


@pytest.mark.parametrize("address", ["", *BAD_ADDRESSES])
def test_a_target_without_an_address_is_named_without_it(read: Settings, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PROBE_TARGETS, news: write http") as refused:
        read(
            PROBE_TARGETS=f"befreg=https://befreg.example/,news={address}/x" if address else "news="
        )
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_feed_without_an_address_is_named(read: Settings, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PROBE_FEED: write http"):
        read(PROBE_FEED=f"{address}/x")


@pytest.mark.parametrize("name", ["", "Befreg", "bef reg", "befreg\u00e5", "a" * 41, "feed", "a_b"])
def test_a_target_needs_a_name(read: Settings, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PROBE_TARGETS: .* can't be a name"):
        read(PROBE_TARGETS=f"{name}=https://befreg.example/")


def test_a_target_without_an_equals_sign_is_named(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="PROBE_TARGETS"):
        read(PROBE_TARGETS="https://befreg.example/")


def test_a_target_stands_there_once(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="'befreg' stands there twice"):
        read(PROBE_TARGETS="befreg=https://a.example/,befreg=https://b.example/")


def test_there_are_few_targets(read: Settings) -> None:
    many = [f"t{number}=https://t.example/" for number in range(6)]
    assert len(read(PROBE_TARGETS=",".join(many[:5]))["PROBE_TARGETS"]) == 5
    with pytest.raises(ImproperlyConfigured, match="PROBE_TARGETS: 5 at most"):
        read(PROBE_TARGETS=",".join(many))


@pytest.mark.parametrize(
    "name",
    ["TIMEOUT_SECONDS", "MAX_BYTES", "FAILURES", "STALE_MINUTES"],
)
@pytest.mark.parametrize("value", ["0", "-1", "", "10s", "1.5"])
def test_what_limits_the_probe_is_a_whole_number(read: Settings, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"PROBE_{name}="):
        read(**{f"PROBE_{name}": value})


def of_befreg(read: Settings, said: str) -> Any:
    written = read(PROBE_TARGETS=f"befreg=https://befreg.example/{said}")["PROBE_TARGETS"]
    return watched.target(written["befreg"])


def test_what_counts_as_an_answer_stands_behind_the_address(read: Settings) -> None:
    found = of_befreg(read, "?a=b&status=200 204&status=301-302&has=Sök person&has=x%2Cy&hasnot=ö")
    assert found.url == "https://befreg.example/?a=b"
    assert found.statuses == {200, 204, 301, 302}
    assert (found.has, found.hasnot) == (("Sök person", "x,y"), ("ö",))


def test_what_looks_like_ours_but_isnt_belongs_to_the_address(read: Settings) -> None:
    assert of_befreg(read, "?has&Status=1&hash=2").url.endswith("/?has&Status=1&hash=2")


@pytest.mark.parametrize(
    "said", ["20", "2OO", "200-", "299-200", "100", "600", "200;204", "-200", "", " "]
)
def test_a_status_that_is_none_is_named(read: Settings, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PROBE_TARGETS, befreg: .* no HTTP status"):
        of_befreg(read, f"?status={said}&a=b")


@pytest.mark.parametrize("word", ["", "%0A", "a\u202eb", "a" * 101])
@pytest.mark.parametrize("key", ["has", "hasnot"])
def test_a_word_must_be_one_that_can_stand_on_a_page(read: Settings, key: str, word: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PROBE_TARGETS, befreg: behind has="):
        of_befreg(read, f"?{key}={word}&a=b")


@pytest.mark.parametrize("former", ["PROBE_STATUSES", "PROBE_WORDS"])
def test_a_setting_that_says_it_elsewhere_isnt_overlooked(read: Settings, former: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{former} is no setting any more"):
        read(**{former: "befreg=200"})


# --- the database's address -----------------------------------------------------------------


PATIENCE = databases.Patience(
    lock=2, turn=3, connect=2, retry=0.5, statement=12, abandoned=12.5, connections=6
)


def test_each_wait_for_postgresql_is_bounded() -> None:
    options = databases.at("postgres://h/db?options=-c%20work_mem%3D9MB", PATIENCE)["OPTIONS"]
    assert options["connect_timeout"] == "2"
    assert options["options"].split(" -c ") == [
        "-c lock_timeout=2000ms",
        "statement_timeout=12000ms",
        "idle_in_transaction_session_timeout=12500ms",
        "jit=off",
        "work_mem=9MB",
    ]
    assert options["pool"] == {
        "min_size": 1, "max_size": 6, "timeout": 0.5, "reconnect_timeout": 0.5,
    }  # fmt: skip


class Waits:
    """Reads ``waits`` in an environment of its own."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def __call__(self, seconds: str) -> dict[str, Any]:
        self.patch.setenv("ANSWER_SECONDS", seconds)
        return runpy.run_path(waits.__file__)


@pytest.fixture
def waits_of(monkeypatch: pytest.MonkeyPatch) -> Waits:
    return Waits(monkeypatch)


@pytest.mark.parametrize("seconds", [5, 7, 30])
def test_all_waits_follow_from_one_number(waits_of: Waits, seconds: int) -> None:
    found = waits_of(str(seconds))
    request = found["REQUEST_SECONDS"]
    assert found["LOCK_SECONDS"] < found["TURN_SECONDS"] < request < seconds
    assert max(found["READY_SECONDS"], found["CONNECT_SECONDS"]) < request
    assert found["RETRY_SECONDS"] * base.TRIES == pytest.approx(found["TURN_SECONDS"])
    assert found["LONG_SECONDS"] < found["WORKER_SECONDS"]
    assert found["LONG_AT_ONCE"] < found["THREADS"] < found["CONNECTIONS"]


def test_each_thread_that_asks_the_database_has_a_connection() -> None:
    own = {path: count for (path, _reads), count in OWN_THREADS.items() if path != b"/live"}
    assert waits.THREADS + sum(own.values()) <= waits.CONNECTIONS


def test_a_command_waits_long_and_its_statements_have_no_end(waits_of: Waits) -> None:
    found = waits_of("0")
    assert (found["LOCK_SECONDS"], found["TURN_SECONDS"], found["STATEMENT_SECONDS"]) == (14, 21, 0)


@pytest.mark.parametrize("seconds", ["1", "4", "31", "-1", "5.5", "soon"])
def test_a_budget_that_nothing_fits_into_is_named(waits_of: Waits, seconds: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ANSWER_SECONDS="):
        waits_of(seconds)


def test_sqlite_waits_its_turn_and_keeps_what_it_promised() -> None:
    found = databases.at("sqlite:////var/lib/befreg/befreg.sqlite3", PATIENCE)
    assert found["NAME"] == "/var/lib/befreg/befreg.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OPTIONS"]["timeout"] == PATIENCE.turn
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
        assert pragma in found["OPTIONS"]["init_command"]


def test_several_hosts_and_every_parameter_of_libpq() -> None:
    found = databases.at(
        "postgres://befreg:s%40crt@one:5432,two:5433/befreg"
        "?target_session_attrs=read-write&connect_timeout=2",
        PATIENCE,
    )
    named = {key: found[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    assert named == {
        "HOST": "one,two",
        "PORT": "5432,5433",
        "USER": "befreg",
        "PASSWORD": "s@crt",
        "NAME": "befreg",
    }
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (0, False)


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "befreg", "sqlite:x", "postgres://h/db?nonsense=1", "postgres://[::"]
)
def test_a_bad_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        databases.at(url, PATIENCE)
    assert "x/y" not in str(refused.value)
