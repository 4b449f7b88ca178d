from contextlib import suppress
from types import NoneType
from typing import Literal, Union, get_args, get_origin
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.sandbox import parameters
from checkout.sandbox.errors import ApiError

CREATE = "checkout.SessionCreateParams"
USED = [
    CREATE,
    "checkout.SessionListParams",
    "checkout.SessionRetrieveParams",
    "checkout.SessionUpdateParams",
    "checkout.SessionExpireParams",
    "checkout.SessionListLineItemsParams",
    "PaymentIntentRetrieveParams",
    "ChargeRetrieveParams",
    "EventListParams",
    "EventRetrieveParams",
]


def refused(call, *args):
    with pytest.raises(ApiError) as caught:
        call(*args)
    return caught.value


def test_decode_nests_brackets():
    encoded = b"a[b][c]=1&a[b][d]=%C3%A9&list[1]=y&list[0]=x&open[]=p&open[]=q&plain=+"

    assert parameters.decode(encoded) == {
        "a": {"b": {"c": "1", "d": "é"}},
        "list": {"1": "y", "0": "x"},
        "open": {"0": "p", "1": "q"},
        "plain": " ",
    }


def test_decode_reads_percent_encoded_brackets():
    assert parameters.decode(b"expand%5B0%5D=line_items") == {"expand": {"0": "line_items"}}


@pytest.mark.parametrize(
    "encoded",
    [
        b"\xff=1",
        b"a=%ff",
        b"a=%ED%A0%80",
        b"a=%00",
        b"a[=1",
        b"a]=1",
        b"[a]=1",
        b"=1",
        b"a[b]c=1",
        b"a=1&a[b]=2",
        b"a[b]=2&a=1",
        b"a" + b"[b]" * 11 + b"=1",
        b"a=1&" * 10_001,
    ],
)
def test_decode_refuses_what_is_no_form(encoded):
    error = refused(parameters.decode, encoded)

    assert (error.status, error.kind, error.is_kept) == (400, "invalid_request_error", False)


@given(st.binary(max_size=200))
def test_decode_reads_or_refuses_any_bytes(encoded):
    with suppress(ApiError):
        assert isinstance(parameters.decode(encoded), dict)


NAMES = st.text(st.characters(exclude_characters="[]\0", exclude_categories=["Cs"]), min_size=1)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, min_size=1)))
def test_decode_gives_back_what_was_encoded(values):
    flat = []
    for name, value in values.items():
        if isinstance(value, str):
            flat.append((name, value))
        else:
            flat += [(f"{name}[{key}]", item) for key, item in value.items()]

    assert parameters.decode(urlencode(flat).encode()) == values


def test_check_types_what_the_sdk_names():
    form = parameters.decode(
        b"mode=payment&expires_at=123&allow_promotion_codes=false&expand[]=line_items"
        b"&line_items[0][quantity]=2&line_items[0][price_data][currency]=usd"
        b"&line_items[0][price_data][unit_amount_decimal]=1.50&metadata[a]=b&metadata[0]="
    )

    assert parameters.check(form, CREATE) == {
        "mode": "payment",
        "expires_at": 123,
        "allow_promotion_codes": False,
        "expand": ["line_items"],
        "line_items": [
            {"quantity": 2, "price_data": {"currency": "usd", "unit_amount_decimal": "1.50"}}
        ],
        "metadata": {"a": "b", "0": ""},
    }


@pytest.mark.parametrize(
    ("encoded", "param"),
    [
        ("nonsense=1", "nonsense"),
        ("payment_method_types[0]=card", "payment_method_types"),
        ("api_key=sk_test_1", "api_key"),
        ("idempotency_key=k", "idempotency_key"),
        ("line_items[0][nonsense]=1", "line_items[0][nonsense]"),
        (
            "line_items[0][price_data][currency]=usd&line_items[0][price_data][product_data][x]=1",
            "line_items[0][price_data][product_data][x]",
        ),
        ("payment_intent_data[nonsense][deeper]=1", "payment_intent_data[nonsense]"),
    ],
)
def test_check_refuses_what_the_sdk_does_not_know(encoded, param):
    error = refused(parameters.check, parameters.decode(encoded.encode()), CREATE)

    assert (error.code, error.param) == ("parameter_unknown", param)
    assert error.message == f"Received unknown parameter: {param}"


@pytest.mark.parametrize(
    ("encoded", "code", "param"),
    [
        ("success_url=", "parameter_invalid_empty", "success_url"),
        ("line_items[0][price_data][product_data][name]=&line_items[0][price_data][currency]=usd",
         "parameter_invalid_empty", "line_items[0][price_data][product_data][name]"),
        ("line_items[0][price_data][unit_amount]=5", "parameter_missing",
         "line_items[0][price_data][currency]"),
        ("line_items[0][price_data][currency]=usd&line_items[0][price_data][product_data][images][0]=x",
         "parameter_missing", "line_items[0][price_data][product_data][name]"),
        ("expires_at=soon", "parameter_invalid_integer", "expires_at"),
        ("expires_at=-5", "parameter_invalid_integer", "expires_at"),
        ("expires_at=1.5", "parameter_invalid_integer", "expires_at"),
        ("expires_at=٣", "parameter_invalid_integer", "expires_at"),
        ("expires_at=" + "9" * 40, "parameter_invalid_integer", "expires_at"),
        ("expires_at[a]=5", "", "expires_at"),
        ("allow_promotion_codes=yes", "", "allow_promotion_codes"),
        ("mode=gift", "", "mode"),
        ("mode=", "parameter_invalid_empty", "mode"),
        ("mode[a]=payment", "", "mode"),
        ("line_items=x", "", "line_items"),
        ("line_items[a][quantity]=1", "", "line_items"),
        ("line_items[0]=x", "", "line_items[0]"),
        ("metadata=x", "", "metadata"),
        ("metadata[a][b]=x", "", "metadata[a]"),
        ("expand=line_items", "", "expand"),
        ("line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount_decimal]=NaN",
         "", "line_items[0][price_data][unit_amount_decimal]"),
    ],
)  # fmt: skip
def test_check_refuses_values_of_another_type(encoded, code, param):
    error = refused(parameters.check, parameters.decode(encoded.encode()), CREATE)

    assert (error.status, error.code, error.param) == (400, code, param)


def test_check_lets_what_can_be_unset_be_empty():
    form = parameters.decode(b"metadata=&payment_intent_data[description]=")

    assert parameters.check(form, "checkout.SessionUpdateParams") == {
        "metadata": "",
        "payment_intent_data": {"description": ""},
    }


def sample(hint, depth=0):
    """Return a form value that fits one of the SDK's types, with every field filled in."""
    origin, args = get_origin(hint), get_args(hint)
    if hasattr(hint, "__required_keys__"):
        return {name: sample(field) for name, field in parameters._fields(hint).items()}
    if origin is list:
        return {"0": sample(args[0]), "1": sample(args[0])}
    if origin is dict:
        return {"key": sample(args[1])}
    if origin is Literal:
        word = next(word for word in args if word != "") if args != ("",) else ""
        return "true" if word is True else word
    if origin in (Union, type(int | str)):
        return sample(next(arg for arg in args if arg is not NoneType and get_args(arg) != ("",)))
    return {str: "word", int: "5", bool: "true"}.get(hint, "1.5")


@pytest.mark.parametrize("params_type", USED)
def test_check_understands_every_type_the_sdk_has(params_type):
    form = sample(parameters._params_type(params_type))

    checked = parameters.check(form, params_type)

    assert checked.keys() == form.keys()
