"""The project's packages and the shop's apps, read from its folders: no list is kept by hand."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))

APPS = tuple(name for name in PACKAGES if (ROOT / name / "tasks.py").is_file())
"""An app handles events: it has a module `tasks`, a queue and a worker."""

OPTIONAL = ("outlets",)
"""Apps whose handlers need a setting: by default they have none, and no worker."""

OPTIONAL_QUEUES = (
    *OPTIONAL,
    *(f"outlets-{name}" for name in ("kafka", "nats", "rabbitmq", "sns", "sqs", "pubsub")),
)
"""Their queues, each with a worker that compose starts only if its profile is named."""
