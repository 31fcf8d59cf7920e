"""The project's packages and the shop's apps, read from its folders: no list is kept by hand."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))

APPS = tuple(name for name in PACKAGES if (ROOT / name / "tasks.py").is_file())
"""An app handles events: it has a module `tasks`, a queue and a worker."""
