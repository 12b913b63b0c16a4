"""The project's settings, all in one place.

Without any environment this is a development set-up under ``var/``. ``BEFREG_ENV=production``
demands SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL, refuses what ``production`` says, and turns on
all that HTTPS gives. Every secret may come from a file: ``SECRET_KEY_FILE=/run/secrets/key``.
"""

from pathlib import Path
from socket import gethostname

from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from befreg_reserv import waits
from befreg_reserv.environment import databases, env, identity_provider, production, watched
from outage.calling.eves import EVES

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("BEFREG_VAR", str(BASE_DIR / "var")))

MODE = env.text("BEFREG_ENV", "development")
if MODE not in {"development", "production"}:
    raise ImproperlyConfigured(f"BEFREG_ENV={MODE!r}: write development or production.")
PRODUCTION = MODE == "production"

DEBUG = env.flag("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows patients' numbers in error pages: never in production.")

PATIENCE = databases.Patience(
    lock=waits.LOCK_SECONDS,
    turn=waits.TURN_SECONDS,
    connect=waits.CONNECT_SECONDS,
    retry=waits.RETRY_SECONDS,
    statement=waits.STATEMENT_SECONDS,
    abandoned=waits.ABANDONED_SECONDS,
    connections=waits.CONNECTIONS,
)
if PRODUCTION:
    SECRET_KEY = production.secret("SECRET_KEY")
    ALLOWED_HOSTS = production.hosts("ALLOWED_HOSTS")
    DATABASES = {"default": production.database("DATABASE_URL", PATIENCE)}
else:
    SECRET_KEY = env.text("SECRET_KEY") or env.kept_secret(VAR_DIR / "secret-key")
    ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    DATABASES = {
        "default": databases.at(
            env.text("DATABASE_URL") or f"sqlite:///{VAR_DIR}/befreg.sqlite3", PATIENCE
        )
    }

# Django's own pages of all tables, under /admin/. Nobody's work needs them: what is kept there has
# pages of its own. Off, the address doesn't exist.
DJANGO_ADMIN = env.flag("DJANGO_ADMIN", default=not PRODUCTION)

INSTALLED_APPS = [
    "befreg_reserv.pages.registers.RegistersConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "auditlog",
    "csp",
    "django_htmx",
    "befreg_reserv",
    "befreg_reserv.health",
    "befreg_reserv.backups",
    "befreg_reserv.audit",
    "befreg_reserv.people",
    "befreg_reserv.people.sso",
    "befreg_reserv.people.break_glass",
    "outage",
    "custody",
]

MIDDLEWARE = [
    # Around everything, since everything may wait.
    "befreg_reserv.serving.budget.BudgetMiddleware",
    "befreg_reserv.health.middleware.HealthMiddleware",
    # Before everything that believes a forwarding header.
    "befreg_reserv.audit.middleware.TrustedProxyMiddleware",
    # Inside of what gives the request its id, around all else.
    "befreg_reserv.serving.lines.RequestLineMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "befreg_reserv.serving.apart.ApartMiddleware",
    # Django pads the answers, so that their length reveals nothing of a token (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "befreg_reserv.people.middleware.PersonMiddleware",
    "befreg_reserv.people.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "befreg_reserv.people.middleware.NoStoreMiddleware",
    "befreg_reserv.audit.middleware.WhoActsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # After all that set or read the user: with a locked session no page has one.
    "befreg_reserv.people.signing_in.idle.IdleLockMiddleware",
    # Inside of the lock: a locked session is asked about once it is unlocked.
    "befreg_reserv.people.sso.middleware.VouchedMiddleware",
    "befreg_reserv.people.break_glass.sessions.GlassMiddleware",
    # Last: a locked session is asked to unlock before it is asked for a new password.
    "befreg_reserv.people.middleware.OwnPasswordMiddleware",
    # Behind all that lets a person in, since it asks for a page after the form.
    "befreg_reserv.pages.straight.StraightMiddleware",
    # Next to the view, which it asks again.
    "befreg_reserv.pages.once_more.OnceMoreMiddleware",
]

ROOT_URLCONF = "befreg_reserv.urls"
WSGI_APPLICATION = "befreg_reserv.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "befreg_reserv.pages.navigation.tabs",
                "befreg_reserv.pages.navigation.here",
                "befreg_reserv.pages.help.purpose",
                "befreg_reserv.pages.tour.tours",
                "outage.context.ongoing",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["befreg_reserv.people.access.RoleBackend"]
PASSWORD_HASHERS = [
    "befreg_reserv.people.signing_in.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    # Length over composition, and no change by the calendar (NIST SP 800-63B): only what is known.
    {"NAME": "befreg_reserv.people.signing_in.guessable.LocalWords"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "door"
LOGOUT_REDIRECT_URL = "sign-in"

# How long a one-time password lets its person in. If too short, people who start tomorrow can't; if
# too long, a sheet of paper that lies about opens an account.
ONE_TIME_PASSWORD_HOURS = env.positive("ONE_TIME_PASSWORD_HOURS", 24)
# Who may let a colleague in together, with nobody of the administrators there: one begins, another
# confirms. Empty: nobody. Rights follow at the next `migrate`.
RESET_BY_TWO_ROLES = env.some_of(
    "RESET_BY_TWO_ROLES", ("till", "ward", "administrator", "auditor"), "till"
)
# If too short, the other can't get there; if too long, one who was asked for in vain lies open.
RESET_BY_TWO_MINUTES = env.positive("RESET_BY_TWO_MINUTES", 15)

# A session lasts a long shift and ends with the browser: workstations are shared.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# With Django's own, a request that began before a lock would remove the lock when it ends.
SESSION_ENGINE = "befreg_reserv.people.signing_in.sessions"
# Seconds without a human before a session asks for the password again; 0 means never. If too long,
# anybody who passes by can act in another's name; if too short, the till is locked out in a call.
IDLE_LOCK_SECONDS = env.integer("IDLE_LOCK_SECONDS", 300)
IDLE_LOCK_SECONDS_ELSEWHERE = env.integer("IDLE_LOCK_SECONDS_ELSEWHERE", 900)
IDLE_LOCK_SOON_FOR = (
    "custody.hand_out"  # holders of this permission, the till, get the first of the two
)
if min(IDLE_LOCK_SECONDS, IDLE_LOCK_SECONDS_ELSEWHERE) < 0:
    raise ImproperlyConfigured("IDLE_LOCK_SECONDS: write seconds, or 0 to lock never.")
# For so many hours after a password, six digits unlock the same person's screen at an enrolled
# workstation; 0: never. If too many, whoever saw the digits typed can use them all night.
PIN_HOURS = env.integer("PIN_HOURS", 10)
if PIN_HOURS < 0:
    raise ImproperlyConfigured("PIN_HOURS: write hours, or 0 for no PINs.")
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
# Before the names of cookies that say which workstation this is: a browser takes them from this
# host alone then, over HTTPS, and no neighbour under the same domain can put them there.
COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
CSRF_FAILURE_VIEW = "befreg_reserv.pages.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The hospital's identity provider (OpenID Connect): OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET
# and what else `identity_provider` reads. None: people sign in with local passwords alone. With
# one they still can: that needs no provider, no name server and no internet.
IDENTITY_PROVIDER = identity_provider.read(production=PRODUCTION)
# For how long a sealed account opens once somebody has broken its glass. If too short, an envelope
# doesn't last a night; if too long, its secret is as good as a password for whoever saw it.
BREAK_GLASS_HOURS = env.positive("BREAK_GLASS_HOURS", 4)
if BREAK_GLASS_HOURS > 24:  # noqa: PLR2004  hours of a day
    raise ImproperlyConfigured(f"BREAK_GLASS_HOURS={BREAK_GLASS_HOURS}: write 1 to 24.")

# --- audit --------------------------------------------------------------------------------

AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
# Its own migrations would make the table that ours replaces.
MIGRATION_MODULES = {"auditlog": None}
AUDITLOG_CID_GETTER = "befreg_reserv.audit.middleware.correlation_id"
AUDITLOG_MASK_CALLABLE = "befreg_reserv.audit.trail.mask"
# Where the review page finds the numbers that contain a part; audit itself knows no domain app.
AUDIT_NUMBERS = "custody.ledger.taken.logged_under"
# Addresses or networks of proxies whose X-Forwarded-For is trusted; anybody else's is dropped.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if TRUSTED_PROXIES and not PRODUCTION:
    raise ImproperlyConfigured("TRUSTED_PROXIES: behind a proxy set BEFREG_ENV=production too.")

# The header in which such a proxy says the fingerprint of a client's certificate, once it has
# verified it: X-Client-Fingerprint. Anybody else's is dropped. Empty: no certificates.
CLIENT_CERTIFICATE_HEADER = env.text("CLIENT_CERTIFICATE_HEADER")
if CLIENT_CERTIFICATE_HEADER and not TRUSTED_PROXIES:
    raise ImproperlyConfigured("CLIENT_CERTIFICATE_HEADER: set TRUSTED_PROXIES too.")

# The key that signs seals over the log and all other history, in a file that the database's keepers
# can't read. If none, or theirs too, whoever has the database can rewrite history unseen.
SEAL_KEY = env.path("SEAL_KEY") or (None if PRODUCTION else VAR_DIR / "seal-key")
# Files that keep each seal, with commas between: on another disk or a share of another host. If
# none, an older database put in this one's place verifies as well.
SEAL_ANCHORS = env.paths("SEAL_ANCHORS") or ([] if PRODUCTION else [VAR_DIR / "seals.jsonl"])

# --- language and time --------------------------------------------------------------------

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# --- static files -------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- whom to call -------------------------------------------------------------------------

# The eves on which the support is closed, besides the public holidays. A setting, because we don't
# know which ones the hospital observes. If one is missing, the till calls where nobody answers.
OBSERVED_EVES = env.some_of("OBSERVED_EVES", EVES, "midsummer,christmas,new-year")

# Networks of the hospital from which the routine and its telephone numbers are read without signing
# in: 10.0.0.0/8. If empty, a ward that can't sign in can't read them. A proxy that isn't among
# TRUSTED_PROXIES makes everybody look as near as itself.
ROUTINE_NETWORKS = env.networks("ROUTINE_NETWORKS")

# --- following up -------------------------------------------------------------------------

# How long after Befreg's return an open number counts as overdue. No rule says it: our choice.
OVERDUE_AFTER_HOURS = env.integer("OVERDUE_AFTER_HOURS", 24)
# After how many days a binder should be counted again; 0: after each outage only. No rule says it:
# our choice.
COUNT_INTERVAL_DAYS = env.integer("COUNT_INTERVAL_DAYS", 30)
# How often the till's board asks for what others did. If too often, it floods the request log.
BOARD_REFRESH_SECONDS = env.integer("BOARD_REFRESH_SECONDS", 10)

# How long after Befreg's return a ward is reminded of its open numbers for the first time; then
# daily. No rule says it: our choice. Nobody is reminded while Befreg is down.
REMIND_FIRST_AFTER_HOURS = env.integer("REMIND_FIRST_AFTER_HOURS", 24)
# How many reminders a ward gets at most; then the administrators are told instead.
REMIND_MOST = env.integer("REMIND_MOST", 5)
if REMIND_FIRST_AFTER_HOURS < 0:
    raise ImproperlyConfigured("REMIND_FIRST_AFTER_HOURS: write hours, 0 or more.")
if REMIND_MOST not in range(1, 101):
    raise ImproperlyConfigured("REMIND_MOST: write 1 to 100.")
# An outage that has been open longer doesn't delay reminders: somebody seems to have forgotten to
# end it. If too short, wards are asked to close what they can't close yet.
REMIND_ANYWAY_AFTER_HOURS = env.positive("REMIND_ANYWAY_AFTER_HOURS", 24)

# Whether a second person checks that the two numbers are the same patient's before the merge notice
# is filed: off, ask (their vgr-id may be given) or require (they confirm it, signed in as
# themselves). If off, one tired person can merge two patients; if require, a notice waits until
# there are two of a ward.
MERGE_WITNESS = env.one_of("MERGE_WITNESS", ["off", "ask", "require"], "ask")

# The language of the telephone: its alphabet spells the numbers, whatever the page's language is.
TELEPHONE_LANGUAGE = env.one_of("TELEPHONE_LANGUAGE", ["sv", "en"], "sv")

# --- the journal ----------------------------------------------------------------------------

# The file outside of the database that records each number that leaves the binder. Without it a
# restored backup hands out the same numbers again, unnoticed. Best on another disk.
CUSTODY_JOURNAL_CHOSEN = env.path("CUSTODY_JOURNAL")
CUSTODY_JOURNAL = CUSTODY_JOURNAL_CHOSEN or databases.beside(
    DATABASES["default"], "custody.jsonl", otherwise=VAR_DIR
)
# Further ones, each with all lines: on another disk or a share of another host, which several
# servers may write. If none, the journal's disk is the only one that knows what a backup forgot.
CUSTODY_JOURNAL_COPIES = env.paths("CUSTODY_JOURNAL_COPIES")
# Seals are kept beside each journal too. In a file of their own: each handout reads a journal's
# last line, and decides by it.
SEAL_ANCHORS_BESIDE = [
    path.with_name(f"{path.stem}.seals.jsonl")
    for path in (CUSTODY_JOURNAL, *CUSTODY_JOURNAL_COPIES)
]
# What the register calls this server, of which each has journals of its own. If it changes with
# each start, as in a container, nobody notices that a journal is gone.
SERVER = env.text("SERVER_NAME", gethostname())[:100]

# --- backups --------------------------------------------------------------------------------

# After how many hours without a backup the overview is red; 0: it says nothing, because another
# program takes them. If too many, a broken timer goes unnoticed until a backup is needed.
BACKUP_OVERDUE_HOURS = env.integer("BACKUP_OVERDUE_HOURS", 26)
if BACKUP_OVERDUE_HOURS < 0:
    raise ImproperlyConfigured("BACKUP_OVERDUE_HOURS: write hours, or 0 to show nothing.")
# Which backups stay: all of so many days, then one a day, then one a month.
BACKUP_KEEP = (
    env.positive("BACKUP_KEEP_DAYS", 2),
    env.positive("BACKUP_KEEP_DAILY", 30),
    env.positive("BACKUP_KEEP_MONTHLY", 120),
)
# The folder of pg_dump and pg_restore, where they aren't found by themselves.
PG_BINDIR = env.path("PG_BINDIR")

# --- mail -----------------------------------------------------------------------------------

# Only reminders are mailed, by a command, so that no page waits for a mail server. In development
# they are printed.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if PRODUCTION else 'console'}.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.positive("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
if EMAIL_HOST_PASSWORD and not EMAIL_USE_TLS:
    raise ImproperlyConfigured("EMAIL_HOST_PASSWORD would be sent in clear: set EMAIL_USE_TLS=1.")
EMAIL_TIMEOUT = env.positive("EMAIL_TIMEOUT", 10)  # seconds; without it a dead server hangs the run
# Many servers refuse a sender that isn't in a domain of theirs.
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", "befreg-reserv@localhost")
# This site's address, for the links in mails; empty: mails without links.
SITE_URL = env.site("SITE_URL")

# --- is it only us? -------------------------------------------------------------------------

# What `manage.py probe` tries, run by a timer: befreg=https://…,news=https://…. Only the target
# named befreg can suggest to start or end an outage. Empty: nothing is shown. Choose a page that
# answers without a sign-in elsewhere; certificates are checked by the system's own, or by those
# that SSL_CERT_FILE names. The limit keeps our pages to a few statements.
# What counts as an answer may follow: ?status=200&has=Sök person&hasnot=underhåll. By default
# 200-299 with something on the page that is no sign-in: a redirect, 401, 404 or 429 may come from a
# server that works while Befreg is down. Without a word a page about maintenance counts as Befreg.
PROBE_TARGETS = watched.targets("PROBE_TARGETS", most=5, reserved={"feed"})
# An RSS or Atom feed of the IT news; its newest items are shown. Empty: no news.
PROBE_FEED = env.web_address("PROBE_FEED")
# Seconds for a whole try, from the name's look-up to the last byte. If longer than the timer's
# interval, tries pile up.
PROBE_TIMEOUT_SECONDS = env.positive("PROBE_TIMEOUT_SECONDS", 10)
# How much of an answer is read at most. A longer feed is not shown.
PROBE_MAX_BYTES = env.positive("PROBE_MAX_BYTES", 256 * 1024)
# How many failures in a row suggest to start an outage. If too few, the till learns to ignore it.
PROBE_FAILURES = env.positive("PROBE_FAILURES", 3)
# Minutes without a try after which we assume that the timer has stopped.
PROBE_STALE_MINUTES = env.positive("PROBE_STALE_MINUTES", 15)

# --- limits -------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Whole bodies with files; the largest file allowed is 1 MiB. Held in memory only: no upload can
# fill the disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "befreg_reserv.serving.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- what a page may load and do -------------------------------------------------------------

# Where browsers say what they refused.
BROWSER_REPORTS = "/browsers/report/"
# Nothing from elsewhere, nothing inline: a script runs only with the nonce of its answer.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.NONCE],
        "style-src": [csp.SELF],
        "img-src": [csp.SELF, "data:"],  # the design system draws its marks from data: masks
        "connect-src": [csp.SELF],
        "form-action": [csp.SELF],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
        # A text becomes elements or code by the one policy of `befreg.js` alone.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default"],
        # What a browser refuses it tells us (`pages/browsers.py`). Not by "report-to": a browser
        # that knows it leaves "report-uri" out, and sends nothing where it doubts a certificate.
        "report-uri": [BROWSER_REPORTS],
    }
}
# Pages may use the browser's clipboard, to copy a number, and none of these features.
UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "clipboard-read", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY = dict.fromkeys(UNUSED_FEATURES, "none") | {"clipboard-write": "self"}

# --- transport ----------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # Whether browsers may be shipped with this host's name as one that is never asked without TLS.
    # Hard to take back, for all names below it too: the hospital decides.
    SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W021"]  # it asks for the preload
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    # No other host of the domain, and no line without TLS, can set a cookie of such a name.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    CSRF_TRUSTED_ORIGINS = production.origins("CSRF_TRUSTED_ORIGINS")
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- what is watched ------------------------------------------------------------------------

# Whoever sends it as `Authorization: Bearer …` may read /metrics. Empty: nobody may, 404.
METRICS_TOKEN = env.token("METRICS_TOKEN")

# --- the log --------------------------------------------------------------------------------

# Everything as one line of JSON, and a line for each request. Without it nobody can tell which
# request an error belongs to, or what was slow.
LOG_JSON = env.flag("LOG_JSON", default=PRODUCTION)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "befreg_reserv.serving.lines.JsonLine"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json" if LOG_JSON else "line"}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"befreg_reserv.serving.lines": {"level": "INFO" if LOG_JSON else "WARNING"}},
}
