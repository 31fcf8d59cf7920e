"""Loads the pages of the operator's console in this process, and prints what each costs.

One JSON object: by page the milliseconds of CPU of this process and of its database session, and
how long the page took; of so many loads as the argument says.
"""

import json
import statistics
import sys
import time

import django
import psutil

PAGES = {
    "queues": "/admin/bus/console/",
    "queues, refreshed": "/admin/bus/console/board/",
    "streams": "/admin/bus/console/streams/",
    "one stream": "/admin/bus/console/stream/?stream=C-7",
    "map": "/admin/bus/console/map/",
    "jobs": "/admin/bus/console/jobs/",
    "failures": "/admin/bus/delivery/failures/",
    "one group": "/admin/bus/delivery/failures/0000000000000007/",
}


def main(loads: int) -> None:
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    user, _created = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(user)
    found = {}
    for name, address in PAGES.items():
        seen = []
        for _load in range(loads + 2):
            connection.ensure_connection()
            session = psutil.Process(connection.connection.info.backend_pid)
            before = time.process_time(), sum(session.cpu_times()[:2]), time.perf_counter()
            answer = client.get(address, secure=True)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answers {answer.status_code}")
            after = time.process_time(), sum(session.cpu_times()[:2]), time.perf_counter()
            seen.append([1000 * (b - a) for a, b in zip(before, after, strict=True)])
        own, database, took = zip(*seen[2:], strict=True)
        # A session's time is counted in hundredths of a second, so its mean says more.
        found[name] = [statistics.median(own), statistics.fmean(database), statistics.median(took)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
