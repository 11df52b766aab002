"""Settings, read from the environment.

Safe for production as they stand: a missing secret stops the start, cookies are for HTTPS only.
`make run` loosens what plain HTTP on loopback needs. `.local/env`, written by `make setup`, fills in what the
environment leaves out. Every variable is listed in `.env.example`.
"""

import datetime as dt
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# mysql:// means Django's engine with transactions that begin in one round trip (docs/performance.md).
env.DB_SCHEMES["mysql"] = "inventory.mysql"
if (BASE_DIR / ".local" / "env").is_file():
    env.read_env(BASE_DIR / ".local" / "env")


def read_secret(name: str, hint: str) -> str:
    """Return an environment variable that has no safe default, or stop the start saying how to set it."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint} `make setup` does it for a local trial.")
    return value


SECRET_KEY = read_secret("SECRET_KEY", "Set it to a long random string that nobody else knows.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:" + env.str("PORT", default="8000")).rstrip("/")

# --- What is in the house -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.HoldfastConfig",
    "shop.apps.ShopConfig",
    "payments.apps.PaymentsConfig",
    "orders.apps.OrdersConfig",
    "inventory.apps.InventoryConfig",
    "config.apps.HoldfastAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    # The form renderer finds its templates here; the shop overrides some.
    "django.forms",
    "django_htmx",
    "django_filters",
    "imagekit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "shop.middleware.DatabaseUnavailableMiddleware",
    "config.body_limits.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.shop",
            ],
        },
    },
]

# --- MySQL or MariaDB: the truth ----------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.db_url_config(read_secret("DATABASE_URL", "Set it to mysql://user:password@host:3306/name.")),
        # Never ATOMIC_REQUESTS: locks would be held while a page renders (docs/adr/0005).
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            # A retry must see what others committed meanwhile, which REPEATABLE READ hides (docs/locking.md).
            "isolation_level": "read committed",
            "connect_timeout": 5,
            # Three seconds on a row, not fifty: past that the shop is busy and says so.
            "init_command": (
                "SET SESSION innodb_lock_wait_timeout = 3,"
                " SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
                "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"
            ),
        },
        "TEST": {
            "NAME": env.str("TEST_DATABASE_NAME", default="test_holdfast"),
            "CHARSET": "utf8mb4",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: never the truth ---------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "config.cache.OptionalRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "holdfast",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            # A shop without its cache is slower, not closed.
            "IGNORE_EXCEPTIONS": True,
        },
    },
    # What imagekit remembers of files; the files themselves are asked instead.
    "imagekit": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
# In the database alone: a log-out that Redis missed, or an old snapshot of it, must not bring a session back
# (docs/adr/0014). One indexed read a request.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Celery -------------------------------------------------------------------------------------------------

SWEEP_INTERVAL_SECONDS = env.int("SWEEP_INTERVAL_SECONDS", default=15)
RECONCILE_INTERVAL_SECONDS = env.int("RECONCILE_INTERVAL_SECONDS", default=3600)
CLEAR_SESSIONS_INTERVAL_SECONDS = 3600

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "global_keyprefix": "holdfast:",
    # Without these, beat would wait six seconds for a dead broker before it runs each task itself.
    "max_retries": 1,
    "interval_start": 0,
}
# The sweep has a queue and a worker of its own: no gateway that answers slowly can keep a deadline waiting.
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {"orders.sweep_expired_orders": {"queue": "sweep"}}
CELERY_TASK_IGNORE_RESULT = True
# Tasks are idempotent, so a task cut off by a crash is simply done again.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.scheduler.BrokerOptionalScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep-expired-orders": {
        "task": "orders.sweep_expired_orders",
        "schedule": SWEEP_INTERVAL_SECONDS,
        # A sweep nobody picked up in time is replaced by the next one.
        "options": {"expires": SWEEP_INTERVAL_SECONDS},
    },
    "tend-flash-sales": {"task": "shop.tend_flash_sales", "schedule": 5, "options": {"expires": 5}},
    "tell-restocked": {"task": "shop.tell_restocked", "schedule": 30, "options": {"expires": 30}},
    "clear-sessions": {
        "task": "shop.clear_sessions",
        "schedule": CLEAR_SESSIONS_INTERVAL_SECONDS,
        "options": {"expires": CLEAR_SESSIONS_INTERVAL_SECONDS},
    },
    "deliver-outbox": {"task": "orders.deliver_outbox", "schedule": 5, "options": {"expires": 5}},
    "apply-pending-events": {
        "task": "payments.apply_pending_events",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "reconcile-payments": {
        "task": "payments.reconcile_payments",
        "schedule": RECONCILE_INTERVAL_SECONDS,
        "options": {"expires": RECONCILE_INTERVAL_SECONDS},
    },
    "redeliver-sandbox-callbacks": {
        "task": "payments.redeliver_sandbox_callbacks",
        "schedule": 10,
        "options": {"expires": 10},
    },
}

# --- The shop -----------------------------------------------------------------------------------------------

SHOP_NAME = env.str("SHOP_NAME", default="Holdfast")
# Who sells, as invoices have to say: name, address, tax number.
SHOP_SELLER = env.str("SHOP_SELLER", default="")
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="USD").upper()
# Where the shop is (two letters, such as DE): orders and estimates without an address are taxed as there.
SHOP_COUNTRY = env.str("SHOP_COUNTRY", default="").upper()
# Whether prices contain the taxes of the place an order goes to, or those are added to them.
PRICES_INCLUDE_TAX = env.bool("PRICES_INCLUDE_TAX", default=False)
PAYMENT_WINDOW_SECONDS = env.int("PAYMENT_WINDOW_SECONDS", default=900)
PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", default=["sandbox"])
# What happens to money for an order that is already cancelled: "reserve" takes the stock again if it is still
# there and refunds otherwise; "refund" always refunds.
LATE_PAYMENT = env.str("LATE_PAYMENT", default="reserve")
# Signs the sandbox gateway's callbacks. Unset, the sandbox is off: nobody pays with play money in production.
SANDBOX_SECRET = env.str("SANDBOX_SECRET", default="")
# Stripe is off until both are set. Two webhook secrets, separated by a comma, while one replaces the other.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
STRIPE_CHECKOUT_ORIGIN = env.str("STRIPE_CHECKOUT_ORIGIN", default="https://checkout.stripe.com")
STRIPE_TIMEOUT_SECONDS = env.float("STRIPE_TIMEOUT_SECONDS", default=10.0)
# What customers who pay by bank transfer are shown; off without a holder and an account. Whoever chooses it
# may pay until the window, counted from then, is over; 0 leaves the order's deadline as it is.
BANK_TRANSFER_HOLDER = env.str("BANK_TRANSFER_HOLDER", default="")
BANK_TRANSFER_ACCOUNT = env.str("BANK_TRANSFER_ACCOUNT", default="")
BANK_TRANSFER_BIC = env.str("BANK_TRANSFER_BIC", default="")
BANK_TRANSFER_BANK = env.str("BANK_TRANSFER_BANK", default="")
BANK_TRANSFER_WINDOW_SECONDS = env.int("BANK_TRANSFER_WINDOW_SECONDS", default=7 * 24 * 3600)
# The line for each stock item, in each process (inventory/lines.py): how many orders are placed at once, how
# many more may wait for that, and for how many seconds.
STOCK_LINE_AT_WORK = env.int("STOCK_LINE_AT_WORK", default=2)
STOCK_LINE_WAITING = env.int("STOCK_LINE_WAITING", default=20)
STOCK_LINE_SECONDS = env.float("STOCK_LINE_SECONDS", default=3.0)
# Where `benchmark_checkout` may enter the shop (docs/performance.md).
BENCHMARK_LEVELS = {
    "service": "orders.benchmark.levels.ServiceLevel",
    "http": "config.benchmark.level.HttpLevel",
}
# How many units the unpaid orders of one customer, and from one address, may hold; 0 is no limit.
MAX_UNPAID_UNITS_PER_CUSTOMER = env.int("MAX_UNPAID_UNITS_PER_CUSTOMER", default=500)
MAX_UNPAID_UNITS_PER_ADDRESS = env.int("MAX_UNPAID_UNITS_PER_ADDRESS", default=1000)
# Points a customer earns with each whole unit of currency paid, and what one takes off a total, in minor
# units; 0 switches earning or spending off (docs/points.md).
POINTS_PER_UNIT = env.int("POINTS_PER_UNIT", default=0)
POINT_VALUE = env.int("POINT_VALUE", default=0)
# The steps after payment (docs/after-payment.md). A carrier or warehouse without address and secret is off:
# shipments are booked at the built-in flat rate then, and no warehouse is told.
CARRIER_NAME = env.str("CARRIER_NAME", default="Flat rate")
CARRIER_URL = env.str("CARRIER_URL", default="").rstrip("/")
CARRIER_SECRET = env.str("CARRIER_SECRET", default="")
WAREHOUSE_URL = env.str("WAREHOUSE_URL", default="").rstrip("/")
WAREHOUSE_SECRET = env.str("WAREHOUSE_SECRET", default="")
# How long either may take to answer; well below the minute for which a message is leased.
STEP_TIMEOUT_SECONDS = env.float("STEP_TIMEOUT_SECONDS", default=10.0)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# How many units of a flash sale may be in orders being placed: those left times the factor plus the slack,
# and at most so many. Whoever comes beyond that waits in the waiting room (docs/gate.md).
GATE_FACTOR = env.float("GATE_FACTOR", default=1.2)
GATE_SLACK = env.int("GATE_SLACK", default=20)
GATE_MAX_IN_FLIGHT = env.int("GATE_MAX_IN_FLIGHT", default=100)

# --- People -------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Staff may have no e-mail address (createsuperuser); customers are asked for theirs.
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_FORMS = {"login": "shop.account_forms.LoginForm", "signup": "shop.account_forms.SignupForm"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Whoever signs up is let in by a mail to the address they gave. So a stranger who tries an address learns
# nothing: one that has an account is answered like a new one, and its owner is told by mail.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_GET = False
# One address for each account; the old one holds until the new one is confirmed.
ACCOUNT_CHANGE_EMAIL = True
# Whoever finds a signed-in browser needs the password for what would take the account over.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Owners are told of a change of their password, address or second factor.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_USER_DISPLAY = "shop.accounts.name_user"
ACCOUNT_ADAPTER = "shop.accounts.AccountAdapter"
MFA_TOTP_ISSUER = SHOP_NAME
# A telephone's clock may be half a minute wrong.
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# --- Mail ---------------------------------------------------------------------------------------------------

# Where mail goes: EMAIL_BACKEND, EMAIL_HOST and so on, from one address. By default into the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
# Of each step of a delivery: a mail server that hangs must not hold up the outbox.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECONDS", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost")

# --- The API ------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    # OPTIONS names the methods in its Allow header; what views are made of is nobody's business.
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "shop.api.problems.handle_exception",
    "DEFAULT_THROTTLE_RATES": {
        "login": env.str("LOGIN_THROTTLE", default="20/minute"),
        # Of wrong coupons, on the pages as well.
        "coupon": env.str("COUPON_THROTTLE", default="20/hour"),
    },
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": dt.timedelta(days=30)}
SPECTACULAR_SETTINGS = {
    "TITLE": "Holdfast API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # No badge from a validator on the internet: no request leaves the site.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "REDOC_DIST": "SIDECAR",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- Languages and time -------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Whoever chose a language finds the shop in it again; until then the browser's wish counts.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# --- Files --------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / ".local" / "static"))
MEDIA_URL = "media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media"))
# Sizes of pictures are made when a picture is saved and taken to be there from then on: no page looks first.
IMAGEKIT_DEFAULT_CACHEFILE_STRATEGY = "imagekit.cachefiles.strategies.Optimistic"
IMAGEKIT_CACHEFILE_DIR = "sizes"
IMAGEKIT_CACHE_BACKEND = "imagekit"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are megabytes that only a debugger asks for, and took most of the time of collectstatic.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

# --- Security -----------------------------------------------------------------------------------------------

SECURE_COOKIES = env.bool("SECURE_COOKIES", default=True)
SESSION_COOKIE_SECURE = SECURE_COOKIES
LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE_COOKIES and env.bool("SECURE_SSL_REDIRECT", default=True)
# Probes and scrapers come by plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600) if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_COOKIES
SECURE_HSTS_PRELOAD = SECURE_COOKIES
# Order links carry a token; no other site may learn it.
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of our own a request has passed; 0 if it comes straight from its client.
TRUSTED_PROXIES = 0
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    TRUSTED_PROXIES = max(1, env.int("TRUSTED_PROXIES", default=1))
X_FRAME_OPTIONS = "DENY"
_OFFERS_STRIPE = bool("stripe" in PAYMENT_GATEWAYS and STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRETS)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Choosing a way to pay is a form that is answered with a redirect to the page of that gateway.
        "form-action": [SELF, *([STRIPE_CHECKOUT_ORIGIN] if _OFFERS_STRIPE else [])],
    }
}

# --- Logs ---------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_tokens": {"()": "config.logs.HideOrderTokens"},
        "short_refusals": {"()": "config.logs.ShortenRefusals"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["short_refusals", "no_tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # At lower levels the SDK writes down what it sends and gets.
    "loggers": {"stripe": {"level": "WARNING"}},
}

# allauth's EmailAddress and Authenticator, and nothing of the shop's, have unique constraints with
# conditions. MySQL and MariaDB cannot have them; allauth's forms check the same. The worst a race leaves is
# an address verified for two accounts of the same person: whoever verified it reads its mail. An app is
# switched on under the account's lock (shop.views.second_step).
SILENCED_SYSTEM_CHECKS: list[str] = ["models.W036"]
