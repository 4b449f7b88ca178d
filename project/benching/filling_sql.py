"""What the scratch database is filled with, as SQL.

Every tenth order ended without money, every eighth was a guest's. Each learner has other courses in
each order, so that nobody has two seats on one.
"""

PEOPLE = """
WITH person AS (
    INSERT INTO accounts_user
        (id, password, is_superuser, email, name, is_staff, is_active, date_joined, language)
    SELECT
        number, '!', false, 'learner-' || number || '@example.com', 'Learner ' || number,
        false, true, now() - interval '3 years' * random(), 'en'
    FROM generate_series(1, %(learners)s::int) AS number
    RETURNING id, email
)
INSERT INTO account_emailaddress (email, verified, "primary", user_id)
SELECT email, true, true, id FROM person
"""

COURSES = """
CREATE UNLOGGED TABLE bench_course AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, title, price_minor, currency
FROM catalog_course;
CREATE UNIQUE INDEX ON bench_course (place);
ANALYZE bench_course;
"""

# One row for each line of the orders from the first to the last; lines and seats are numbered.
ORDERS = """
CREATE TEMPORARY TABLE bench_line ON COMMIT DROP AS
SELECT
    2 * (number - 1) + seat AS id,
    number AS order_id,
    md5('order ' || number) AS secret,
    CASE WHEN number %% 8 > 0 THEN (number - 1) %% %(learners)s + 1 END AS user_id,
    CASE number %% 20 WHEN 17 THEN 'canceled' WHEN 18 THEN 'expired' ELSE 'paid' END AS status,
    now() - interval '3 years' * (1 - number / %(orders)s::float) - interval '1 hour' AS at,
    course.id AS course_id, course.title, course.price_minor, course.currency,
    sum(course.price_minor) OVER (PARTITION BY number) AS total_minor,
    seat
FROM
    generate_series(%(first)s::int, %(last)s::int) AS number, generate_series(1, 2) AS seat,
    bench_course AS course
WHERE course.place = (
    (number - 1) %% %(learners)s * 37 + (number - 1) / %(learners)s * 2 + seat
) %% %(courses)s
"""

_ENROLLMENTS = """
INSERT INTO library_enrollment
    (id, status, source, created_at, claimed_at, course_id, learner_id, starts_at)
SELECT
    id, CASE WHEN user_id IS NULL THEN 'unclaimed' ELSE 'active' END, 'purchase',
    at, CASE WHEN user_id IS NOT NULL THEN at END, course_id, user_id,
    CASE WHEN user_id IS NOT NULL THEN at END
FROM bench_line WHERE status = 'paid'
"""

_ORDERS = """
INSERT INTO checkout_order
    (id, reference, checkout_token, cart_fingerprint, email, currency, total_minor, status,
    held_reason, version, created_at, expires_at, paid_at, user_id, language)
SELECT
    order_id, left(secret, 20), gen_random_uuid(), secret,
    CASE WHEN user_id IS NULL THEN 'guest-' || order_id ELSE 'learner-' || user_id END
        || '@example.com',
    currency, total_minor, status, '', 2, at, at + interval '12 hours',
    CASE WHEN status = 'paid' THEN at + interval '1 minute' END, user_id, 'en'
FROM bench_line WHERE seat = 1
"""

_LINES = """
INSERT INTO checkout_orderline
    (id, seat, title, price_minor, is_for_buyer, outcome, course_id, enrollment_id, order_id,
    access, bundle_title)
SELECT
    id, 1, title, price_minor, true, CASE status WHEN 'paid' THEN 'granted' ELSE 'none' END,
    course_id, CASE status WHEN 'paid' THEN id END, order_id, 'open', ''
FROM bench_line
"""

_PAYMENTS = """
INSERT INTO checkout_payment
    (id, attempt, gateway, livemode, status, amount_minor, currency, idempotency_key, request,
    request_hash, session_id, intent_id, charge_id, session_url, settles_order, received_minor,
    received_currency, refund_reserved_minor, gateway_refunded_minor, method, card, customer_email,
    last_error, created_at, expires_at, opened_at, ended_at, paid_at, order_id)
SELECT
    order_id, 1, 'stripe', false, CASE status WHEN 'paid' THEN 'paid' ELSE 'expired' END,
    total_minor, currency, left(secret, 20) || ':1',
    jsonb_build_object(
        'mode', 'payment', 'locale', 'en', 'client_reference_id', left(secret, 20),
        'metadata', jsonb_build_object(
            'order', left(secret, 20), 'payment', left(secret, 20) || ':1'
        )
    ),
    secret || secret, 'cs_test_' || secret,
    CASE status WHEN 'paid' THEN 'pi_' || secret END,
    CASE status WHEN 'paid' THEN 'ch_' || secret END,
    'https://checkout.stripe.com/c/pay/cs_test_' || secret, status = 'paid',
    CASE status WHEN 'paid' THEN total_minor ELSE 0 END,
    CASE status WHEN 'paid' THEN currency ELSE '' END,
    0, 0, 'card', CASE status WHEN 'paid' THEN 'Visa 4242' ELSE '' END, '', '', at,
    at + interval '12 hours', at, CASE WHEN status <> 'paid' THEN at + interval '12 hours' END,
    CASE WHEN status = 'paid' THEN at + interval '1 minute' END, order_id
FROM bench_line WHERE seat = 1
"""

_LEDGER = """
INSERT INTO checkout_ledgerentry
    (id, kind, gateway_object_id, amount_minor, currency, created_at, payment_id)
SELECT
    order_id, 'charge', 'ch_' || secret, total_minor, currency, at + interval '1 minute', order_id
FROM bench_line WHERE seat = 1 AND status = 'paid'
"""

_FULFILLMENTS = """
INSERT INTO checkout_fulfillment (order_id, payment_id, created_at)
SELECT order_id, order_id, at + interval '1 minute'
FROM bench_line WHERE seat = 1 AND status = 'paid'
"""

_EVENTS = """
INSERT INTO checkout_webhookevent
    (id, gateway, livemode, event_id, type, api_version, object_id, payload, event_created_at,
    received_at, deliveries, state, attempts, processed_at, error, payment_id)
SELECT
    order_id, 'stripe', false, 'evt_' || secret, kind, '', 'cs_test_' || secret,
    jsonb_build_object(
        'id', 'evt_' || secret, 'object', 'event', 'type', kind, 'livemode', false,
        'created', extract(epoch FROM at)::bigint,
        'data', jsonb_build_object('object', jsonb_build_object(
            'id', 'cs_test_' || secret, 'object', 'checkout.session', 'amount_total', total_minor,
            'currency', currency, 'payment_intent', 'pi_' || secret
        ))
    ),
    at + interval '1 minute', at + interval '1 minute', 1, 'done', 0, at + interval '1 minute', '',
    order_id
FROM bench_line, LATERAL (SELECT
    'checkout.session.' || CASE status WHEN 'paid' THEN 'completed' ELSE 'expired' END AS kind
) AS told
WHERE seat = 1
"""

CHUNK_TABLES = (_ENROLLMENTS, _ORDERS, _LINES, _PAYMENTS, _LEDGER, _FULFILLMENTS, _EVENTS)
