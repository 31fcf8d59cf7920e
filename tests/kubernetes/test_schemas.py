"""Each manifest of Kubernetes' own kinds follows its schema.

No package that can be installed beside pytest carries the schemas of KEDA; what the shop uses of it
is compared field by field with KEDA's documentation of version 2.
"""

import copy
from collections.abc import Callable

import kubernetes_validate
import pytest

from tests.kubernetes.manifests import Manifest, named, of_kind, rendered

VERSIONS = ("1.32", "1.37")
"""Of Kubernetes: an old one, and the newest whose schemas the package has."""

KEDA = "keda.sh/v1alpha1"


@pytest.mark.parametrize("version", VERSIONS)
def test_each_manifest_follows_its_schema(version: str) -> None:
    ours = [one for one in rendered() if one["apiVersion"] != KEDA]

    assert len(ours) > 20
    for manifest in ours:
        kubernetes_validate.validate(manifest, version, strict=True)


def misspell(manifest: Manifest) -> None:
    manifest["spec"]["replica"] = manifest["spec"].pop("replicas")


def confuse(manifest: Manifest) -> None:
    manifest["spec"]["minReadySeconds"] = "soon"


@pytest.mark.parametrize("mistake", [misspell, confuse])
def test_schema_refuses_a_mistake(mistake: Callable[[Manifest], None]) -> None:
    broken = copy.deepcopy(named("Deployment", "web"))
    mistake(broken)

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_scaling_has_the_fields_of_keda() -> None:
    kinds = {one["kind"] for one in rendered() if one["apiVersion"] == KEDA}
    assert kinds == {"ScaledObject", "TriggerAuthentication"}

    for spec in (one["spec"] for one in of_kind("ScaledObject")):
        assert spec.keys() == {
            "scaleTargetRef", "pollingInterval", "minReplicaCount", "maxReplicaCount", "fallback",
            "advanced", "triggers",
        }  # fmt: skip
        assert 0 < spec["minReplicaCount"] < spec["maxReplicaCount"]
        assert spec["fallback"].keys() == {"failureThreshold", "replicas"}
        (trigger,) = spec["triggers"]
        assert trigger.keys() == {"type", "metricType", "authenticationRef", "metadata"}
        # A fallback is possible with an average alone.
        assert (trigger["type"], trigger["metricType"]) == ("postgresql", "AverageValue")
        assert trigger["metadata"].keys() == {"query", "targetQueryValue"}
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
    (access,) = of_kind("TriggerAuthentication")
    assert access["metadata"]["name"] == trigger["authenticationRef"]["name"]
    assert access["spec"] == {
        "secretTargetRef": [{"parameter": "connection", "name": "scaler", "key": "connection"}]
    }
