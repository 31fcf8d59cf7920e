"""Renders the manifests as `kubectl apply -k` does; needs no cluster."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import compose

KUBECTL = Path(sys.executable).with_name("kubectl")
EXAMPLE = compose.ROOT / "deploy/kubernetes/example"

Manifest = dict[str, Any]

if not KUBECTL.exists():
    pytest.skip("kubectl comes as a wheel for Linux alone", allow_module_level=True)


@cache
def rendered(overlay: Path = EXAMPLE) -> tuple[Manifest, ...]:
    """Every object of an overlay; the example's are those of the base, too."""
    done = subprocess.run(
        [KUBECTL, "kustomize", overlay], check=True, capture_output=True, text=True
    )
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(*kinds: str) -> list[Manifest]:
    return [one for one in rendered() if one["kind"] in kinds]


def named(kind: str, name: str) -> Manifest:
    (found,) = (one for one in of_kind(kind) if one["metadata"]["name"] == name)
    return found


def labels(workload: Manifest) -> dict[str, str]:
    """Those of its pods."""
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def workloads() -> Iterator[tuple[Manifest, Manifest, Manifest]]:
    """Each Deployment and Job, its pod's specification, and that of its one container."""
    for one in of_kind("Deployment", "Job"):
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        yield one, pod, container


def workers() -> dict[str, Manifest]:
    """The workers' Deployments by their queues."""
    return {labels(one)["queue"]: one for one in of_kind("Deployment") if "queue" in labels(one)}
