"""The controls for programs: JSON in and out."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.sandbox import webhooks
from checkout.sandbox.control_forms import FORMS
from checkout.sandbox.events import emit
from checkout.sandbox.models import ApiFault, CheckoutSession, PaymentFault, Switches
from tests.sandbox.asking import AUTHORIZED, create_session

pytestmark = pytest.mark.django_db

API = "/sandbox/controls/api/"
KIND = "checkout.session.expired"
THING = {"id": "cs_test_1", "object": "checkout.session"}


def ask(method, place="", body=None):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body) if body is not None else ""
    client = Client(enforce_csrf_checks=True)
    return client.generic(
        method, API + place, text, content_type="application/json", headers=AUTHORIZED
    )


def done(method, place="", body=None):
    response = ask(method, place, body)
    assert response.status_code == 200, response.content
    return response.json()


def test_the_state_tells_all_of_it(shop):
    session = create_session()

    state = done("GET")

    assert state["sessions"] == [
        {
            "id": session.pk,
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": 4900,
            "currency": "usd",
            "actions": ["expire"],
        }
    ]
    assert (state["switched_on"], state["faults"], state["held"]) == ([], [], 0)
    assert state["webhooks"]["copies"] == 1
    assert state["endpoint"]["status"] == "enabled"
    assert "checkout.sessions.create" in state["calls"]


def test_a_call_is_broken_and_mended(shop):
    wanted = {"call": "checkout.sessions.create", "fault": "slow", "times": 1, "seconds": 0.5}

    state = done("POST", "faults", wanted)

    [fault] = state["faults"]
    assert fault.items() >= {"call": wanted["call"], "fault": "slow", "times_left": 1}.items()
    done("POST", "faults", {"fault": "bad_key"})
    assert done("DELETE", f"faults/{fault['id']}")["switched_on"] == [
        "Any call: 401, the secret key is wrong (until it is switched off)"
    ]
    assert done("DELETE", "faults")["faults"] == []
    assert ask("DELETE", f"faults/{fault['id']}").status_code == 404


def test_a_payment_is_falsified(shop):
    done("POST", "payments", {"fault": "another_amount", "amount": 100})

    fault = PaymentFault.objects.get()
    assert (fault.fault, fault.amount, fault.times_left) == ("another_amount", 100, 1)


def test_webhooks_keep_what_is_not_named(shop):
    done("POST", "webhooks", {"copies": 3})

    state = done("POST", "webhooks", {"is_holding": True})

    assert (state["webhooks"]["copies"], state["webhooks"]["is_holding"]) == (3, True)
    assert done("DELETE", "webhooks")["switched_on"] == []


def test_what_is_held_is_released_and_sent_again(shop):
    done("POST", "webhooks", {"is_holding": True})
    event = emit(KIND, THING)
    assert done("GET")["held"] == 1

    done("POST", "deliveries/release", {"order": "reversed"})
    state = done("POST", f"events/{event.pk}/resend")

    assert shop.kinds() == [KIND, KIND]
    [told] = state["events"]
    assert [(each["series"], each["state"]) for each in told["deliveries"]] == [
        (1, "delivered"),
        (2, "delivered"),
    ]


def test_a_session_is_expired(shop):
    session = create_session()

    done("POST", f"sessions/{session.pk}/expire")

    assert CheckoutSession.objects.get().status == "expired"
    refused = ask("POST", f"sessions/{session.pk}/expire")
    assert refused.status_code == 400
    assert "can be expired" in refused.json()["error"]


def test_the_clock_the_secret_and_the_endpoint(shop):
    done("POST", "clock", {"seconds": -600})
    done("POST", "secret", {"active_for": 60})
    state = done("POST", "endpoint", {"disabled": True})

    assert len(state["switched_on"]) == 3
    assert len(state["endpoint"]["secrets"]) == 2
    assert done("POST", "tellings", {"about": "unknown_type"})["events"][0]["type"] == (
        "thing_to_come.created"
    )
    assert done("DELETE")["switched_on"] == []


@pytest.mark.parametrize(
    ("place", "body", "error"),
    [
        ("faults", "{", "The body is not JSON."),
        ("faults", b"\xff", "The body is not JSON."),
        ("faults", "[" * 50_000, "The body is not JSON."),
        ("faults", "[]", "The body is not a JSON object."),
        ("faults", {"fault": ["slow"]}, "fault is a single value."),
        ("faults", {"fault": "slow", "x": 1}, "x is not known here. Known are: call, fault, times"),
        ("faults", {"fault": "slow", "times": "x"}, "times: Enter a whole number."),
        ("faults", {}, "fault: This field is required."),
        ("webhooks", {"is_holding": "yes"}, "is_holding is true or false."),
        ("webhooks", {"account": "a\0"}, "account: Null characters are not allowed."),
        ("webhooks", {"account": "a" * 256}, "account: Ensure this value has at most 255"),
        ("clock", {"seconds": 10**400}, "seconds: Ensure this value is less than"),
    ],
)
def test_garbage_is_refused_with_a_sentence(shop, place, body, error):
    response = ask("POST", place, body)

    assert response.status_code == 400
    assert response.json()["error"].startswith(error)
    assert not ApiFault.objects.exists()
    assert not Switches.objects.exists()


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [
        ("PUT", "", 405),
        ("GET", "faults", 405),
        ("POST", "nothing", 404),
        ("DELETE", "clock", 404),
        ("POST", "events/evt_1/resend", 404),
        ("POST", "sessions/cs_1/expire", 404),
    ],
)
def test_what_is_not_there_is_said(shop, method, place, status):
    response = ask(method, place, "{}")

    assert response.status_code == status
    assert response.json()["error"]


def test_a_huge_body_is_refused(shop):
    assert ask("POST", "faults", " " * 70_000).status_code == 413


def test_a_key_is_needed(shop):
    for headers in ({}, {"Authorization": "Bearer sk_live_x"}):
        response = Client().post(
            f"{API}faults", '{"fault": "slow"}', content_type="application/json", headers=headers
        )
        assert response.status_code == 401
    assert not ApiFault.objects.exists()


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([])


@pytest.mark.parametrize("what", sorted(FORMS.keys() - {"tellings", "releases"}))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_nothing_makes_it_fail(shop, what, data):
    names = st.sampled_from(sorted(FORMS[what]().fields))
    body = data.draw(st.dictionaries(names, VALUES))

    assert ask("POST", what, body).status_code in (200, 400)
    webhooks.switch_off()
