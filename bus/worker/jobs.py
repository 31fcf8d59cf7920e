"""The task by which a worker runs a job that an operator has requested."""

import logging
from datetime import timedelta

from celery import Task, shared_task

from bus import jobs

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=1)


# Acknowledged early, as the jobs themselves: a lost one is requested again.
@shared_task(  # type: ignore[untyped-decorator]  # Celery has no types
    name=jobs.RUN_REQUESTED,
    bind=True,
    acks_late=False,
    soft_time_limit=LONGEST.total_seconds(),
    time_limit=LONGEST.total_seconds() + 60,
)
def run_requested_jobs(task: Task) -> None:
    """Run what has been requested of the message's queue; a duplicate finds nothing."""
    if name := jobs.run_requested(task.request.delivery_info["routing_key"]):
        log.info("job %s was run, as an operator requested", name)
