"""What the benchmark asks of a ledger and writes into one, in SQL."""

# In the words of the ledger's partial indexes, so that asking costs the same, however long it is.
ANY_OPEN = """
    SELECT EXISTS (SELECT 1 FROM bus_delivery WHERE state = 'waiting')
        OR EXISTS (SELECT 1 FROM bus_delivery WHERE state IN ('sent', 'running', 'sending'))
        OR EXISTS (SELECT 1 FROM bus_delivery WHERE state = 'dead')"""
UNDONE = """
    SELECT (SELECT count(*) FROM bus_delivery WHERE state = 'waiting')
         + (SELECT count(*) FROM bus_delivery WHERE state IN ('sent', 'running', 'sending'))"""
DONE = "SELECT count(*) FROM bus_delivery WHERE state = 'done'"
WAITING = "SELECT count(*) FROM bus_delivery WHERE state = 'waiting'"
UNROUTED = "SELECT count(*) FROM bus_outbox"

EVENTS = """
    WITH told AS (
        INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent,
                               quiet)
        SELECT gen_random_uuid(), 'Happened', 1, 'B-' || n,
               jsonb_build_object('number', 'B-' || n), now(), gen_random_uuid(), '', FALSE
        FROM generate_series(%s::bigint, %s::bigint) n
        RETURNING id)
    INSERT INTO bus_outbox (event_id) SELECT id FROM told"""
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
