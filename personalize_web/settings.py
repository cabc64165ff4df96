"""Every setting, each from the environment and each with a default that works on a laptop."""

import os
import secrets
from pathlib import Path

import dj_database_url
import plotly

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def _number(name: str, default: float) -> float:
    return float(os.environ.get(name, default))


def _list(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


# Where everything lies --------------------------------------------------------------------------
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "var")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The instance key: from the environment, else made once and kept in a file only the owner reads."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = DATA_DIR / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = _flag("DEBUG", False)
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", "")
HTTPS = _flag("HTTPS", False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Who we are -------------------------------------------------------------------------------------
CONSOLE_PRODUCT_NAME = os.environ.get("CONSOLE_PRODUCT_NAME", "Personalize Web")
ACCOUNT_ID = os.environ.get("ACCOUNT_ID", "123456789012")
REGION = os.environ.get("REGION", "us-east-1")
ALLOWED_REGIONS = _list("ALLOWED_REGIONS", "")  # regions a signature may name; empty: any
PARTITION = os.environ.get("PARTITION", "aws")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")  # shown in code examples; empty: the address of the request
VIEWERS_CAN_TEST = _flag("VIEWERS_CAN_TEST", True)
AUDIT_READS = _flag("AUDIT_READS", False)
LEGACY_EVENT_INTERACTIONS = _flag("LEGACY_EVENT_INTERACTIONS", False)  # ListDatasets shows recorded events as a dataset
ACCESS_KEYS_PER_PERSON = int(_number("ACCESS_KEYS_PER_PERSON", 2))

# Django -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_htmx",
    "personalize_web.resources",
    "apps.accounts",
    "apps.ui",
    "apps.launch",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.aws_api.middleware.DataPlaneMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.ui.middleware.RequestIdMiddleware",
    "apps.ui.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.ui.middleware.ConsoleMiddleware",
]
ROOT_URLCONF = "personalize_web.urls"
WSGI_APPLICATION = "personalize_web.wsgi.application"
APPEND_SLASH = False  # the API's addresses are signed as sent; the console writes its own slashes
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "builtins": ["apps.ui.templatetags.ui"],
            "libraries": {"ui": "apps.ui.templatetags.ui"},
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ]
            if not DEBUG
            else ["django.template.loaders.filesystem.Loader"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.ui.context.console",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Person"
CSRF_FAILURE_VIEW = "apps.ui.errors.csrf_failure"
LOGIN_URL = "/console/signin/"
LOGIN_REDIRECT_URL = "/console/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", Path(plotly.__file__).parent / "package_data"),  # plotly.min.js as its own package carries it
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20  # one chunk of a file upload is 8 MiB
API_BODY_LIMIT = 2 * 2**20

# Database, cache, queue -------------------------------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA cache_size=-32000; PRAGMA secure_delete=ON;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",  # shared by all processes, with an atomic add
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}

SESSION_ENGINE = "django.contrib.sessions.backends." + ("cached_db" if REDIS_URL else "db")

CELERY_BROKER_URL = REDIS_URL or "folder://localhost"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # the job's row decides what is run again, never the broker
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
if not REDIS_URL:
    BROKER_DIR = DATA_DIR / "broker"
    for folder in ("messages", "control"):
        (BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.05,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}

# Web processes: models are memory-mapped and shared between them ---------------------------------
WEB_WORKERS = int(_number("WEB_WORKERS", min(os.cpu_count() or 1, 4)))
WEB_THREADS = int(_number("WEB_THREADS", 8))  # calls that wait for the disk share its commits

# Storage ----------------------------------------------------------------------------------------
# Empty: s3://bucket/key is DATA_DIR/buckets/bucket/key. "s3://": a real S3 endpoint (AWS_ENDPOINT_URL_S3).
OBJECT_STORE_URL = os.environ.get("OBJECT_STORE_URL", "")
BUCKETS_DIR = DATA_DIR / "buckets"
# Empty: columns lie in DATA_DIR/columns. "s3://bucket/folder": there, and each machine keeps copies of what it reads.
COLUMNS_URL = os.environ.get("COLUMNS_URL", "").rstrip("/")
COLUMNS_DIR = DATA_DIR / "columns"
COLUMNS_CACHE_DIR = DATA_DIR / "cache" / "columns"
COLUMNS_CACHE_BYTES = int(_number("COLUMNS_CACHE_GIB", 50) * 2**30)
INDEX_CHECK_SECONDS = _number("INDEX_CHECK_SECONDS", 5)  # how often a machine asks S3 for newer indexes
MODELS_DIR = DATA_DIR / "models"
UPLOAD_BUCKET = os.environ.get("UPLOAD_BUCKET", "uploads")
UPLOAD_LIMIT = int(_number("UPLOAD_LIMIT_GIB", 5) * 2**30)

# Jobs -------------------------------------------------------------------------------------------
JOB_LEASE_SECONDS = _number("JOB_LEASE_SECONDS", 30)
JOB_HEARTBEAT_SECONDS = _number("JOB_HEARTBEAT_SECONDS", 5)
JOB_MAX_ATTEMPTS = int(_number("JOB_MAX_ATTEMPTS", 3))
JOB_SWEEP_SECONDS = _number("JOB_SWEEP_SECONDS", 10)
BATCH_HELPERS = int(_number("BATCH_HELPERS", max(1, (os.cpu_count() or 1) - 1)))  # further workers a batch job asks for
TRAINING_TIME_BUDGET = _number("TRAINING_TIME_BUDGET", 0)  # most seconds a sequence model learns; 0: steps by its data
TRAINING_THREADS = int(_number("TRAINING_THREADS", os.cpu_count() or 1))
TRAINING_PROCESSES = int(_number("TRAINING_PROCESSES", 1))  # of this machine that learn one model together
TRAINING_TORCHRUN = os.environ.get("TRAINING_TORCHRUN", "")  # torchrun's options that name further machines
TEXT_MODEL = os.environ.get("TEXT_MODEL", "")  # a model of sentences on every worker; empty: fitted on the data
FIRST_TRAINING_DELAY = _number("FIRST_TRAINING_DELAY", 60)  # seconds after a solution became ACTIVE
AUTO_UPDATE_SECONDS = _number("AUTO_UPDATE_SECONDS", 7200)  # how often models take in items that are new since training
SERVED_LIST_DAYS = int(_number("SERVED_LIST_DAYS", 14))
EVENT_LOG_DAYS = int(_number("EVENT_LOG_DAYS", 35))  # recorded events stay in the database beside the columns; 0: ever
BATCH_EVENT_DELAY = _number("BATCH_EVENT_DELAY", 900)  # seconds an event must be old to count in a batch job
THEME_MODEL_URL = os.environ.get("THEME_MODEL_URL", "")  # empty: titles are made of the catalogue's own words
THEME_MODEL_NAME = os.environ.get("THEME_MODEL_NAME", "default")
THEME_MODEL_KEY = os.environ.get("THEME_MODEL_KEY", "")
THEME_MODEL_TIMEOUT = _number("THEME_MODEL_TIMEOUT", 30)  # seconds
STRICT_EVENT_PROPERTIES = _flag("STRICT_EVENT_PROPERTIES", False)  # refuse events with unknown keys in properties

# Quotas: the guide's numbers; any may be raised by QUOTA_<NAME> in the environment -----------------
QUOTAS = {
    name: int(_number(f"QUOTA_{name.upper()}", value))
    for name, value in {
        "active_dataset_groups": 5,
        "active_schemas": 500,
        "pending_import_jobs": 5,
        "pending_solution_versions": 20,
        "active_solutions": 10,
        "active_campaigns": 5,
        "recommenders": 5,
        "import_full_bytes": 100 * 10**9,
        "import_incremental_bytes": 10**9,
        "import_minimum_interactions": 1000,
        "tags": 50,
        "results": 500,
        "results_with_metadata": 50,
        "action_results": 100,
        "metadata_columns": 10,
        "filters": 10,
        "filter_fields": 10,
        "filter_interactions": 100,
        "filter_action_interactions": 300,
        "put_events_per_second": 1000,
        "put_action_interactions_per_second": 1000,
        "put_records_per_second": 10,
        "pending_data_deletion_jobs": 5,
        "data_deletion_bytes": 50 * 10**6,
        "pending_batch_inference_jobs": 5,
        "pending_batch_segment_jobs": 5,
        "batch_input_files": 1000,
        "batch_input_bytes": 10**9,
        "batch_records": 50_000_000,
        "batch_theme_records": 100,
        "batch_segment_item_queries": 500,
        "batch_segment_attribute_queries": 10,
        "batch_segment_users": 5_000_000,
        "attribution_metrics": 10,
        "attribution_sources": 100,
        "requests_per_second": 500,
        "account_requests_per_second": 2500,
    }.items()
}

# API --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.aws_api.authentication.SignatureAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["apps.aws_api.renderers.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.aws_api.parsers.JsonParser"],
    "EXCEPTION_HANDLER": "apps.aws_api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}

# Logs: never a body, never a secret ---------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {"personalize_web": {"level": os.environ.get("LOG_LEVEL", "INFO")}},
}
