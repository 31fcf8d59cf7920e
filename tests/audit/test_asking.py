"""What only a person can judge is found, and asked."""

from contextlib import ExitStack

import pytest

from bus.audit import checks
from bus.audit.checks import findings
from tests.audit.findings import audit, texts
from tests.damage import PLANTS, Plant, Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("plant", [one for one in PLANTS if not one.mends], ids=str)
def test_audit_leaves_undecidable_damage_to_a_person(shop: Shop, plant: Plant) -> None:
    with ExitStack() as stack:
        named = plant.do(shop, stack)
        before = findings(checks.by_rule[plant.rule])

        code, _printed = audit("--repair", "--by", "grace")

        assert code == 1
        assert named in texts(before)
        assert all(one.asks for one in before)
        assert findings(checks.by_rule[plant.rule]) == before
