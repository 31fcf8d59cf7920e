"""One task that writes one row per order, with every setting that is called best practice."""

import os
import time

import psycopg
from celery import Celery

WORK = 0.2
"""Seconds that a handler takes after its row is written: a mail, a call."""

VISIBILITY = 5
"""Seconds. A guide says an hour; a control has no hour, and its task takes far less than this."""

app = Celery("plain", broker=os.environ.get("BROKER_URL"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        "visibility_timeout": VISIBILITY,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
)


def database() -> psycopg.Connection:
    url = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)
    return psycopg.connect(url, connect_timeout=5)


@app.task(autoretry_for=(psycopg.OperationalError,), retry_backoff=1, max_retries=None)
def react(order: int) -> None:
    with database() as connection:
        connection.execute("INSERT INTO plain_effect (order_id) VALUES (%s)", [order])
    time.sleep(WORK)
