"""What all tests share: the database with its triggers, the cast, the scenes."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest import runner
from auditlog.context import disable_auditlog
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone, translation
from hypothesis import settings as hypothesis_settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from befreg_reserv.making import files
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import hashing
from befreg_reserv.people.signing_in.hashing import Argon2
from befreg_reserv.people.signing_in.idle import ACTIVE_AT
from befreg_reserv.people.signing_in.sessions import SessionStore
from befreg_reserv.serving.frames import with_room
from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast, assemble
from tests.faults.inside import Cable, cable
from tests.ground import emptying, roles
from tests.ground.scenery import LASTS_SECONDS, STAGE, scene, scenes_of
from tests.run.compiled import import_from
from tests.run.copied import migrated_once
from tests.run.fixtures import look_once
from tests.run.migrating import make_no_other_anew
from tests.run.opened import Opened
from tests.where import is_long_on, is_rolled_back, runs_on

pytest_plugins = ["tests.served"]

# No deadline: how long an example takes depends on the machine. And the same examples each time,
# whatever numbers and words stand in the code: in a fresh checkout, each process would first spend
# a second on reading them from a thousand files.
hypothesis_settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis_settings.load_profile("steady")
providers._get_local_constants = Constants

BACKEND = settings.AUTHENTICATION_BACKENDS[0]
ARGON2_AS_SERVED: dict[str, int] = {}  # the costs with which a test's own server hashes


def pytest_configure(config: pytest.Config) -> None:
    """Prepare what Django's own set-up of the tests needs."""
    gc.disable()  # while the tests are collected, where it takes a quarter of the time
    look_once(pytest.MonkeyPatch())
    config.pluginmanager.register(Opened())
    make_no_other_anew(pytest.MonkeyPatch())
    files._looks[0] = (
        True  # its thread would ask a later test's database, or one that asks for none
    )
    # A folder for each process, so that two runs in one checkout don't take each other's away.
    folder = Path(tempfile.mkdtemp(prefix="befreg-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if connection.vendor == "sqlite":
        # A file, not memory, so that a test's own server can share it.
        connection.settings_dict["TEST"]["NAME"] = str(folder / "test.sqlite3")
        # No commit of a test needs to survive a power cut, nor to wait for the disk.
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    else:
        # Playwright runs an event loop in the test's thread, and asgiref gives code under a loop
        # a connection of its own: the race tests' threads need theirs beside those two.
        connection.settings_dict["OPTIONS"]["pool"]["max_size"] = 8
    # As cheap as Argon2 can be: it is slow on purpose, and no test is about that.
    for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
        ARGON2_AS_SERVED[cost] = getattr(Argon2, cost)
        setattr(Argon2, cost, least)
    hashing.EVEN_SECONDS = 0
    # Static files neither hashed nor collected. WhiteNoise reads the folder for each new client,
    # which took half of the time of all tests: it gets an empty one.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.STATIC_ROOT = folder / "static"
    settings.STATIC_ROOT.mkdir()
    settings.CUSTODY_JOURNAL = folder / "journal" / "custody.jsonl"
    settings.SEAL_KEY = folder / "seal-key"
    settings.SEAL_ANCHORS = [folder / "seals.jsonl"]
    settings.SEAL_ANCHORS_BESIDE = [folder / "journal" / "custody.seals.jsonl"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process whether its run takes every file."""
    testpaths = pytest.Config.ArgsSource.TESTPATHS
    node.workerinput["every_file"] = node.config.args_source is testpaths


def pytest_sessionstart(session: pytest.Session) -> None:
    """Share the compiling among the processes; the other database's begin in between."""
    process = getattr(session.config, "workerinput", {})
    if process.get("every_file"):
        place = float(process["workerid"].removeprefix("gw"))
        place += 0.5 * (connection.vendor == "postgresql")
        import_from(Path(__file__).parent, place / process["workercount"])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this database can't change; pytest says how many those were."""
    here: list[pytest.Item] = []
    elsewhere: list[pytest.Item] = []
    for item in items:
        later = is_long_on(item, connection.vendor)
        if later:
            item.add_marker(pytest.mark.long)
        (here if later or runs_on(item, connection.vendor) else elsewhere).append(item)
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = here


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is loaded by now: a fifteenth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Give a test the room for its frames that a request has: a sixth of the time of all."""
    return with_room(runner.pytest_runtest_protocol, item, nextitem)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, folder_of_run: Path, django_db_blocker: Any
) -> Iterator[None]:
    """Let the database of a second process be copied."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    with migrated_once(folder_of_run, django_db_blocker):
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, folder_of_run: Path
) -> Iterator[None]:
    """Let a test that commits leave the database as it is now; see ``tests.ground.emptying``."""
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            roles.give(connection.settings_dict["NAME"], folder_of_run / "roles.lock")
        laid_down = emptying.rows()
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: emptying.empty(laid_down))
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Let messages outside of a request be the source's own; a request speaks its person's."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _no_file_lies_there() -> Iterator[None]:
    """Forget the files that a test had made: too many refuse a further one."""
    yield
    for file in list(files._files.values()):
        files.drop(file)


@pytest.fixture(autouse=True)
def _scenery(request: pytest.FixtureRequest) -> None:
    """Lay the scenes that the test asks for, before anything else."""
    rolled_back = is_rolled_back(request.node)
    STAGE.clear(keeps=rolled_back)
    if rolled_back:
        for name in scenes_of(request.node):
            request.getfixturevalue(name)


@scene
def cast(db: None) -> Cast:
    """The people and wards."""
    return assemble()


@scene
def real_binder(db: None) -> Binder:
    """Ten real numbers."""
    with disable_auditlog():
        return scenes.lay_in("Pärm AKM", scenes.REAL, training=False)


@scene
def training_binder(db: None) -> Binder:
    """Eight training numbers."""
    with disable_auditlog():
        return scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)


@scene
def outage(cast: Cast) -> Outage:
    """An ongoing real outage, an hour old."""
    return scenes.begin(cast.tilda)


@scene
def drill(cast: Cast) -> Outage:
    """An ongoing drill, an hour old."""
    return scenes.begin(cast.tilda, drill=True)


@scene
def handout(cast: Cast, real_binder: Binder, outage: Outage) -> Handout:
    """A woman's number, just handed out to IVA."""
    return scenes.handed_out(cast)


@pytest.fixture
def till(cast: Cast) -> Client:
    """A browser of the till: it gets pages where Django's own would raise what broke."""
    client = Client(raise_request_exception=False)
    client.force_login(cast.tilda)
    client.get("/till/")  # what it loads once
    return client


@pytest.fixture
def wire() -> Iterator[Cable]:
    """What leads the test's connections to PostgreSQL, and can be cut."""
    # A socket's path is short; pytest's own folders are not.
    with tempfile.TemporaryDirectory() as folder, cable(Path(folder)) as laid:
        yield laid


class SignIn:
    """Gives a client signed in as somebody."""

    def __call__(self, user: User) -> Client:
        """Return a new client with the person's session."""
        client, session = Client(), SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        # So that no page has to write it anew, from when it is laid until the scene is too old.
        session[ACTIVE_AT] = timezone.now().timestamp() + LASTS_SECONDS / 2
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        return client


@scene
def sign_in() -> SignIn:
    """Sign in without typing a password, by the session alone that signing in would leave."""
    return SignIn()
