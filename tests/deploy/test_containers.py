"""What the containers run, run here: the same commands and environment, behind a real Caddy."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from checkout.sandbox.deliveries import signature_header
from tests.deploy.deployment import WEBHOOK_SECRET
from tests.deploy.programs import run, wait_for
from tests.deploy.signing_in import sign_in

COURSE = "bread-from-scratch"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123", "name": "Ada Lovelace"}


@pytest.fixture(scope="module")
def course(deployment):
    """A course for sale, imported as its owner would do it."""
    folder = f"catalog/demo_courses/{COURSE}"
    deployment.run("web", "python", "manage.py", "import_course", folder)
    return COURSE


@pytest.fixture
def visitor(deployment):
    with deployment.visitor() as browser:
        yield browser


def requests_seen(deployment):
    """Return method, path and status of what Caddy has logged."""
    lines = [json.loads(line) for line in deployment.programs["caddy"].said.splitlines()]
    entries = [line for line in lines if line.get("msg") == "handled request"]
    return [(line["request"]["method"], line["request"]["uri"], line["status"]) for line in entries]


def test_migrate_runs_again_and_has_nothing_to_do(deployment):
    assert "No migrations to apply." in deployment.run("migrate")


def test_check_deploy_has_nothing_to_say(deployment):
    check = ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    said = deployment.run("web", *check)
    assert said == "System check identified no issues (2 silenced).\n"


def test_web_is_healthy(deployment):
    kind, *command = deployment.services["web"]["healthcheck"]["test"]
    assert kind == "CMD"
    deployment.run("web", *map(deployment.here, command))


def test_database_is_healthy_as_compose_asks(deployment):
    kind, *command = deployment.services["db"]["healthcheck"]["test"]
    assert kind == "CMD"
    run([*command, f"--port={deployment.postgres.port}"])


def test_everything_is_ready_behind_caddy(visitor):
    page = visitor.open("/readyz")
    assert (page.status, page.text) == (200, '{"status": "ok"}')


def test_plain_http_is_sent_to_https(deployment):
    url = f"http://localhost:{deployment.http_port}/courses/?q=bread"
    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{deployment.site}/courses/?q=bread"


def test_page_has_the_headers_that_guard_it(visitor, course):
    page = visitor.open("/", headers={"Accept-Encoding": "gzip"})
    policy = page.headers.pop("Content-Security-Policy")
    guards = {
        name: page.headers.get(name)
        for name in [
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Referrer-Policy",
            "Cross-Origin-Opener-Policy",
            "Content-Encoding",
            "Server",
            "Via",
        ]
    }
    assert page.status == 200
    assert guards == {
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Content-Encoding": "gzip",
        "Server": None,
        "Via": None,
    }
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_static_files_are_compressed_and_kept_for_ever(visitor):
    links = [urlsplit(link).path for link in visitor.open("/").links]
    files = sorted({link for link in links if link.endswith((".css", ".js"))})
    assert files
    for file in files:
        answer = visitor.open(file, headers={"Accept-Encoding": "br, gzip"})
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert answer.headers["Content-Encoding"] in ("br", "gzip")


def test_errors_say_nothing_of_the_code(visitor):
    page = visitor.open("/no/such/page/")
    assert page.status == 404
    assert "urlpatterns" not in page.text
    assert "Traceback" not in page.text


def test_demo_and_sandbox_are_not_there(visitor):
    paths = ["/demo/mailbox/", "/sandbox/v1/checkout/sessions"]
    assert [visitor.open(path).status for path in paths] == [404, 404]


def test_enormous_request_is_refused(deployment, visitor):
    url = f"{deployment.site}/cart/items/"
    answer = visitor.http.post(url, data=b"x" * 12_200_000, timeout=30)
    assert answer.status_code in (413, 502)  # Caddy before 2.7 calls it the latter


def test_shopper_buys_a_course_and_opens_the_first_lesson(deployment, visitor, course):
    page = visitor.open(f"/courses/{course}/")
    page = visitor.send(page, "/cart/items/")
    assert page.path == "/cart/"
    page = visitor.open("/accounts/login/?next=/cart/")
    page = sign_in(deployment, visitor, page, email="ada@example.com")
    assert page.path == "/cart/"

    page = visitor.send(page, "/checkout/")
    assert page.url.startswith(f"http://127.0.0.1:{deployment.stripe_port}/sandbox/pay/")
    page = visitor.send(page, email="ada@example.com", **CARD)
    assert page.url.startswith(f"{deployment.site}/orders/")
    # The event came before anybody looked at the order: the page did not have to ask.
    seen = requests_seen(deployment)
    assert ("POST", "/webhooks/stripe/", 200) in seen[: seen.index(("GET", "/orders/…/", 200))]

    lessons = [link for link in page.links if link.startswith(f"/library/{course}/")]
    first, *_, last = [link for link in lessons if link.count("/") == 4]
    for lesson in first, last:
        page = visitor.open(lesson)
        assert (page.status, page.path) == (200, lesson)
    with deployment.visitor() as stranger:
        assert stranger.open(last).path == "/accounts/login/"
    receipt = wait_for(
        lambda: deployment.mail.text_to("ada@example.com", about="order"), what="The receipt"
    )
    assert f"{deployment.site}/orders/" in receipt


def test_limits_are_the_visitors_own(deployment):
    """Not the proxy's, which would be everybody's; and not of an address that a header invents."""
    with deployment.visitor(address="127.0.0.2") as visitor:
        visitor.http.headers["X-Forwarded-For"] = "6.6.6.6"
        page = visitor.open("/accounts/login/")
        visitor.send(page, login="grace@example.com")
    rows = deployment.postgres.execute("SELECT cache_key FROM cache", database="lectern")
    keys = [key for [key] in rows if ":login:" in key]
    assert [key for key in keys if "127.0.0.2" in key]
    assert not [key for key in keys if "6.6.6.6" in key]


def test_log_has_nothing_that_opens_anything(deployment, visitor):
    headers = {"Cookie": "session=sesame", "Referer": f"{deployment.site}/claim/sesame/"}
    page = visitor.open("/claim/sesame/?email=ada@example.com", headers=headers)
    entry = ("GET", "/claim/…/…", page.status)
    wait_for(lambda: entry in requests_seen(deployment), what="The line in the log")
    said = deployment.programs["caddy"].said
    assert [word for word in ("sesame", "ada@example.com") if word in said] == []


def test_stripes_own_tool_can_forward_events(deployment, tmp_path):
    """`stripe listen` gets the key from its file, and what it forwards is taken, not redirected."""
    tool = tmp_path / "stripe"
    tool.write_text('#!/bin/sh\nprintf \'%s\\n\' "$STRIPE_API_KEY" "$@"\n')
    tool.chmod(0o755)
    service = deployment.services["stripe"]
    command = [deployment.here(part) for part in service["entrypoint"] + service["command"]]
    environment = deployment.environment("stripe") | {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    key, verb, *options = run(command, env=environment).splitlines()
    assert (key, verb) == ("sk_test_of_the_shop", "listen")

    told = dict(option.removeprefix("--").split("=", 1) for option in options)
    name, host = told["headers"].split(":", 1)
    event = {
        "id": "evt_1",
        "object": "event",
        "type": told["events"].rsplit(",", 1)[-1],
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "issfr_1", "object": "radar.early_fraud_warning"}},
    }
    body = json.dumps(event).encode()
    signature = signature_header(body, secrets=[WEBHOOK_SECRET], timestamp=event["created"])
    statuses = [
        requests.post(
            told["forward-to"],
            data=body,
            headers={name: host, "Stripe-Signature": signed_with},
            allow_redirects=False,
            timeout=10,
        ).status_code
        for signed_with in (signature, "t=1,v1=0")
    ]
    assert statuses == [200, 400]


def test_owner_becomes_staff_by_a_command(deployment):
    command = ["python", "manage.py", "createsuperuser", "--noinput", "--email"]
    said = deployment.run("web", *command, "owner@example.com")
    assert said == "Superuser created successfully.\n"


def test_restart_of_web_is_a_pause(deployment, visitor):
    web = deployment.programs["web"]
    assert web.stop()
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(visitor.open, "/")
        time.sleep(0.5)
        assert not page.done()
        web.start()
        assert page.result().status == 200


def test_worker_stops_when_it_is_asked_to(deployment):
    worker = deployment.programs["worker"]
    assert worker.stop()
    assert worker.process.returncode == 0
    worker.start()  # others need it


def test_nothing_is_written_into_the_image(deployment):
    assert deployment.image.contents() == deployment.as_built
