"""Packages that only some projects need, and that are imported where they are used alone."""

from importlib.util import find_spec


def lack(extra: str, *modules: str) -> str:
    """What to do if one of an extra's modules is not installed; empty if all are.

    It continues a sentence that begins with what needs them, as in "KAFKA_URL needs ...".
    """
    for module in modules:
        if not _is_installed(module):
            return (
                f"needs {module}, which is not installed: run make install EXTRAS={extra}, or "
                f"install requirements-{extra}.txt with pip."
            )
    return ""


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package's package
        return False
