"""What one is told where an extra is missing."""

import pytest

from bus.extras import lack


@pytest.mark.parametrize("missing", ["no_such_module", "no_such_package.module"])
def test_missing_module_is_named_with_the_way_out(missing: str) -> None:
    assert lack("sqs", "json", missing) == (
        f"needs {missing}, which is not installed: run make install EXTRAS=sqs, or install "
        "requirements-sqs.txt with pip."
    )


def test_installed_modules_lack_nothing() -> None:
    assert lack("sqs", "json", "email.message") == ""
