"""Places orders, five a second; sends the message of each once it is committed, as `on_commit`."""

import time

from kombu.exceptions import OperationalError

from tests.chaos.controls.plain.app import database, react

EVERY = 0.2

if __name__ == "__main__":
    with database() as connection:
        connection.autocommit = True
        while True:
            with connection.transaction():
                placed = connection.execute("INSERT INTO plain_order DEFAULT VALUES RETURNING id")
                (order,) = placed.fetchone()
            try:
                react.delay(order)
            except OperationalError as error:
                print(f"order {order} is committed, its message is not sent: {error}", flush=True)
            time.sleep(EVERY)
