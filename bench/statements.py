"""What the benchmark asks of a ledger and writes into one, in SQL."""

# By the events that were told, not by the states: an index of those holds the dead, too, which
# would count as what a delivery costs.
DONE_OF = "SELECT count(*) FROM bus_delivery WHERE event_id = ANY(%s::bigint[]) AND state = 'done'"
SENT_OF = """
    SELECT count(*) FROM bus_delivery WHERE event_id = ANY(%s::bigint[]) AND state <> 'waiting'"""
# In the words of the ledger's partial indexes, so that it costs the same, however long that is.
UNDONE = """
    SELECT (SELECT count(*) FROM bus_delivery WHERE state = 'waiting')
         + (SELECT count(*) FROM bus_delivery WHERE state IN ('sent', 'running', 'sending'))"""
DONE = "SELECT count(*) FROM bus_delivery WHERE state = 'done'"
UNROUTED = "SELECT count(*) FROM bus_outbox"

EVENTS = """
    WITH told AS (
        INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent,
                               quiet)
        SELECT gen_random_uuid(), 'Happened', 1, 'B-' || n,
               jsonb_build_object('number', 'B-' || n), now(), gen_random_uuid(), '', FALSE
        FROM generate_series(%s::bigint, %s::bigint) n
        RETURNING id)
    INSERT INTO bus_outbox (event_id) SELECT id FROM told RETURNING event_id"""
PAST = """
    WITH told AS (
        INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent,
                               quiet)
        SELECT gen_random_uuid(), 'Happened', 1, 'P-' || n, '{}', now() - interval '90 days',
               gen_random_uuid(), '', FALSE
        FROM generate_series(1, %s::bigint) n
        RETURNING id, stream, at)
    INSERT INTO bus_delivery (event_id, subscription_id, queue_id, stream, ordered, state, due_at,
                              token, attempts, closed_at)
    SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, 'done', e.at, 2, 1, e.at
    FROM told e, (
        SELECT * FROM bus_subscription WHERE name LIKE 'bench.%%' ORDER BY id LIMIT 5) s"""

# For the pages of the console: streams of five deliveries each to the shop's own handlers; of the
# newest ones some wait, are retried or are dead.
CONSOLE_PAST = """
    WITH told AS (
        INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent,
                               quiet)
        SELECT gen_random_uuid(), 'OrderPlaced', 1, 'C-' || n, '{}', now() - interval '2 hours',
               gen_random_uuid(), '', FALSE
        FROM generate_series(%s::bigint, %s::bigint) n
        RETURNING id, stream, at)
    INSERT INTO bus_delivery (event_id, subscription_id, queue_id, stream, ordered, state, due_at,
                              token, attempts, closed_at)
    SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, 'done', e.at, 2, 1, e.at
    FROM told e, (SELECT * FROM bus_subscription ORDER BY id LIMIT 5) s"""
CONSOLE_OPEN = """
    UPDATE bus_delivery SET
        state = CASE WHEN id %% 100 = 0 THEN 'dead' ELSE 'waiting' END,
        due_at = CASE WHEN id %% 20 = 1 THEN now() + interval '1 hour' ELSE now() END,
        retry_at = CASE WHEN id %% 20 = 1 THEN now() + interval '1 hour' END,
        closed_at = CASE WHEN id %% 100 = 0 THEN now() END,
        failure_key = CASE WHEN id %% 100 = 0 THEN lpad((id / 100 %% 60)::text, 16, '0')
                           WHEN id %% 20 = 1 THEN '0000000000000007' END
    WHERE id > (SELECT max(id) FROM bus_delivery) - %s"""
# Sixty groups of failures, one of them large.
CONSOLE_FAILED = """
    INSERT INTO bus_failedattempt (delivery_id, number, at, worker, lasted, kind, frame, text,
                                   failure_key)
    SELECT id, 1, now(), 'worker@shop/7', interval '20 ms', 'shop.errors.Refused',
           'orders/tasks.py:34 note_reservation',
           repeat('  File "orders/tasks.py", line 34, in note_reservation\n', 20)
               || 'shop.errors.Refused: the other side refused it, and will do so again',
           failure_key
    FROM bus_delivery WHERE failure_key IS NOT NULL"""
CONSOLE_PACE = """
    INSERT INTO bus_pace (subscription_id, minute, bucket, done)
    SELECT s.id, date_trunc('minute', now()) - m * interval '1 minute', b, 100
    FROM bus_subscription s, generate_series(0, 59) m, generate_series(-10, 9) b"""
