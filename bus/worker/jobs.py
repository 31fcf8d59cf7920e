"""The task by which a worker runs the jobs that operators have requested."""

import logging
from datetime import timedelta

from celery import shared_task

from bus import jobs

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=1)


# Acknowledged early, as the jobs themselves: a lost one is requested again.
@shared_task(  # type: ignore[untyped-decorator]  # Celery has no types
    name=jobs.RUN_REQUESTED,
    acks_late=False,
    soft_time_limit=LONGEST.total_seconds(),
    time_limit=LONGEST.total_seconds() + 60,
)
def run_requested_jobs() -> None:
    """Run what has been requested; a duplicate finds nothing."""
    log.info("jobs: %d that operators requested were run", jobs.run_requested())
