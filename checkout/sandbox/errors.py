"""Refusals, as Stripe words and wraps them."""

from typing import Any

IDEMPOTENCY_ERROR = "idempotency_error"
INVALID_REQUEST = "invalid_request_error"


class ApiError(Exception):
    """A request that is refused.

    ``is_kept`` says whether an idempotency key remembers the refusal. Stripe keeps what an
    endpoint answered once it had begun, not what was wrong with the parameters
    (Stripe: API, idempotent requests).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID_REQUEST,
        code: str = "",
        param: str = "",
        is_kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.is_kept = is_kept

    def envelope(self) -> dict[str, Any]:
        """Return the body of the answer."""
        error = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


def internal_error() -> ApiError:
    """Return what the sandbox says when it is itself at fault."""
    return ApiError(
        "An unknown error occurred in the sandbox. Its log says more.",
        status=500,
        kind="api_error",
    )


def failure() -> ApiError:
    """Return what Stripe says when something of its own broke."""
    return ApiError(
        "An unknown error occurred. A switch of the sandbox made it.", status=500, kind="api_error"
    )


def too_many_requests() -> ApiError:
    """Return the refusal of a request that came too soon after many others."""
    return ApiError("Request rate limit exceeded.", status=429, code="rate_limit")


def key_in_use() -> ApiError:
    """Return the refusal of a request that is still running under the same key."""
    return ApiError(
        "There is currently another in-progress request using this Idempotency Key. "
        "Please try again later.",
        status=409,
        code="idempotency_key_in_use",
    )


def bad_key() -> ApiError:
    """Return the refusal of a key that Stripe does not know, or no longer."""
    return ApiError("Invalid API Key provided: sk_test_****", status=401)


def forbidden() -> ApiError:
    """Return the refusal of a restricted key."""
    return ApiError(
        "The provided key does not have the required permissions for this endpoint.",
        status=403,
        code="more_permissions_required",
    )


def server_busy() -> ApiError:
    """Return what Stripe says on a bad day, before it has begun."""
    return ApiError("The server is busy. Please try again.", status=503, kind="api_error")


def unknown_url(method: str, path: str) -> ApiError:
    """Return the refusal of an address, or of a method, that Stripe or the sandbox has not."""
    return ApiError(
        f"Unrecognized request URL ({method}: {path}). "
        "Please see https://docs.stripe.com/api for the addresses there are.",
        status=404,
    )


def missing_resource(kind: str, pk: str, *, param: str, status: int = 404) -> ApiError:
    """Return the refusal of an id that means nothing here."""
    return ApiError(
        f"No such {kind}: '{pk}'",
        status=status,
        code="resource_missing",
        param=param,
        is_kept=status == 404,
    )


def refused(message: str, *, code: str = "", param: str = "") -> ApiError:
    """Return the refusal of something that cannot be done as things stand."""
    return ApiError(message, code=code, param=param, is_kept=True)


def unknown_parameter(param: str) -> ApiError:
    """Return the refusal of a parameter that the official SDK does not know."""
    return ApiError(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def missing_parameter(param: str) -> ApiError:
    """Return the refusal of a request without a parameter it needs."""
    return ApiError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def empty_parameter(param: str) -> ApiError:
    """Return the refusal of an empty value, which to Stripe means "unset"."""
    return ApiError(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to "
        f"unset a parameter; however '{param}' cannot be unset. You should remove '{param}' from "
        "your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=param,
    )


def invalid_parameter(message: str, param: str, *, code: str = "") -> ApiError:
    """Return the refusal of a value."""
    return ApiError(message, code=code, param=param)


def email_refused(email: str = "", param: str = "customer_email") -> ApiError:
    """Return the refusal of an e-mail address."""
    return invalid_parameter(f"Invalid email address: {email[:100]}", param, code="email_invalid")


def not_imitated(param: str) -> ApiError:
    """Return the refusal of something that Stripe would do and the sandbox cannot.

    To ignore it would let the shop believe in a discount or a tax that is not there.
    """
    return ApiError(
        f"Stripe knows {param}, but the sandbox does not imitate it.",
        code="sandbox_not_imitated",
        param=param,
    )
