from contextlib import ExitStack
from django.db import connection
from analytics.tests.test_stream import *
from analytics.tests.conftest import *
def test_hold(staff_session, dashboard):
    with ExitStack() as viewers:
        for _viewer in range(25):
            _response, told = viewers.enter_context(stream(dashboard, staff_session))
            assert next(told)[0] == "figures"
        with connection.cursor() as c:
            c.execute("select state, count(*), min(query) from pg_stat_activity where datname=current_database() and pid<>pg_backend_pid() group by 1")
            print(c.fetchall())
