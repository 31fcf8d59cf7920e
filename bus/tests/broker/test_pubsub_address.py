"""The address of a Pub/Sub is a project and nothing else."""

import sys

import pytest

from bus.broker.address import read
from bus.broker.pubsub_address import PubsubAddress
from bus.broker.url import BadAddress


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("gcpubsub://projects/my-shop-1", "my-shop-1"),
        ("gcpubsub://projects/example.com:shop/", "example.com:shop"),
    ],
)
def test_address_survives_parsing_and_formatting(url: str, project: str) -> None:
    address = read(url)

    assert address == PubsubAddress(project)
    assert read(address.url()) == address
    assert str(address) == f"projects/{project}"


@pytest.mark.parametrize(
    "url",
    [
        "gcpubsub://", "gcpubsub://projects", "gcpubsub://projects/a/b", "gcpubsub://my-project",
        "gcpubsub://me:pw@projects/a", "gcpubsub://projects/a?endpoint=b", "gcpubsub://projects/A",
    ],
)  # fmt: skip
def test_unusable_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        read(url)

    assert "pw" not in str(refusal.value)


def test_address_whose_client_is_missing_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "google.pubsub_v1", None)

    with pytest.raises(BadAddress, match=r"needs google.pubsub_v1.*make install EXTRAS=pubsub"):
        read("gcpubsub://projects/shop")
