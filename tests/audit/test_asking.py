"""What only a person can judge is found, and asked."""

from contextlib import ExitStack

import pytest

from bus.audit import run_checks
from tests.audit.findings import audit, names
from tests.damage import PLANTS, Plant, Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("plant", [one for one in PLANTS if not one.mends], ids=str)
def test_audit_leaves_undecidable_damage_to_a_person(shop: Shop, plant: Plant) -> None:
    with ExitStack() as stack:
        named = plant.do(shop, stack)
        before = run_checks()

        code, _printed = audit("--repair", "--by", "grace")

        assert code == 1
        assert named in names(before, plant.rule)
        assert all(one.asks for one in before[plant.rule])
        assert run_checks()[plant.rule] == before[plant.rule]
