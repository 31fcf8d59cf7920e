"""Typed settings from the environment; what cannot be read is refused by name."""

import warnings
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
DATABASE_EXAMPLES = "postgres://user:password@host:5432/name or sqlite:///path/to/file"


class Environment(environ.Env):
    """Reads settings. An empty variable counts as one that is not set.

    Every method raises ImproperlyConfigured with one sentence that names the variable. Values
    that may hold a password are not repeated in it.
    """

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,  # noqa: ARG002  the base class calls with it
    ) -> Any:
        value = self.ENVIRON.get(var, "").strip()
        if not value:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"{var} is not set; it has no default.")
            return default
        try:
            return self.parse_value(value, cast)
        except ValueError as error:
            kind = "a whole number" if cast is int else f"a value of type {cast.__name__}"
            raise ImproperlyConfigured(f"{var} is {value!r}; set it to {kind}.") from error

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        value = self.get_value(var, str, default)
        if isinstance(value, bool):
            return value
        if value.lower() not in YES | NO:
            raise ImproperlyConfigured(f"{var} is {value!r}; set it to 1 or 0.")
        return value.lower() in YES

    def db_url(self, var: str, default: Any = environ.Env.NOTSET, engine: Any = None) -> Any:
        try:
            with warnings.catch_warnings(action="ignore"):  # they repeat the URL
                database = super().db_url(var, default=default, engine=engine)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{var} cannot be read; write it like {DATABASE_EXAMPLES}."
            ) from error
        if not database.get("ENGINE"):
            raise ImproperlyConfigured(f"{var} cannot be read; write it like {DATABASE_EXAMPLES}.")
        return database

    def email_url(self, var: str, default: Any = environ.Env.NOTSET, backend: Any = None) -> Any:
        try:
            return super().email_url(var, default=default, backend=backend)
        except (ValueError, ImproperlyConfigured) as error:
            raise ImproperlyConfigured(
                f"{var} cannot be read; write it like smtp://user:password@host:25, or leave it "
                "empty to have mail written to files."
            ) from error
