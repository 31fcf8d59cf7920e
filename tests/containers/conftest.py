"""One shop in containers for all of the tests."""

from collections.abc import Iterator

import pytest

from tests.containers.project import GOODS, Project


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The shop with every setting chosen, one product in stock."""
    project = Project(tmp_path_factory.mktemp("containers"))
    project.down()  # of a run that was killed
    project = Project(tmp_path_factory.mktemp("containers"))
    try:
        project.compose("build", "--quiet", within=800)
        project.up()
        project.manage("web", "shell", "-c", GOODS)
        yield project
    finally:
        project.down()
