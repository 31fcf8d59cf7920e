"""Request a run of a job."""

from django.db import IntegrityError, transaction

from bus import jobs
from bus.models import JobRun
from bus.ops.log import Refused, record


def run_job(name: str, *, by: str, why: str = "") -> JobRun:
    """Request a run, which a relay sends and a worker begins.

    Raises:
        Refused: there is no such job, one runs, or has been requested and has not begun.
    """
    if name not in jobs.by_name:
        raise Refused(f"There is no job {name}; the jobs are {', '.join(sorted(jobs.by_name))}.")
    title = jobs.by_name[name].title
    if jobs.running(name):
        raise Refused(f"{title} is running. Request it again when it has ended.")
    try:
        with transaction.atomic():
            record(by, "run now", title, why=why)
            return JobRun.objects.create(job=name, requested_by=by)
    except IntegrityError:
        raise Refused(
            f"{title} has been requested already. It begins as soon as a process of the queue "
            f"{jobs.by_name[name].queue} is free."
        ) from None
