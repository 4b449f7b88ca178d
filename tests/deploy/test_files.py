"""What compose.yaml, the Dockerfile and the Caddyfile say, read by the tools made for them."""

import json
import sys
from pathlib import Path

import pytest

from tests.deploy import recipe
from tests.deploy.programs import require_caddy, run
from tests.deploy.settings_names import variables_of_settings

# Which variables are read by programs that are not ours.
READ_BY_OTHERS = {
    "db": {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"},
    "migrate": {"PGOPTIONS"},  # libpq
    "web": {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"},  # uvicorn
    "caddy": {"DOMAIN", "CADDY_GLOBAL_OPTIONS", "UPLOAD_MAX_MB"},  # the Caddyfile
    "stripe": {"STRIPE_DEVICE_NAME"},
}
OURS = ["migrate", "web", "worker"]
# What a shop in production has no use for; the image itself says where its files are.
NOT_FOR_CONTAINERS = {
    "DEBUG",
    "DEMO",
    "EMBEDDED_POSTGRES_DIR",
    "ENV_FILE",
    "MEDIA_ROOT",
    "RATE_LIMITS",
    "HTMX_SCRIPT",
    "STATIC_ROOT",
    "STRIPE_API_BASE",
}
# Stripe's events that something follows from; all others would only be a load.
EVENTS = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
}


def tool(name):
    """Return the path of a program that `uv sync` installs."""
    return str(Path(sys.executable).parent / name)


def stated(name):
    """Return what a service's environment names, with or without a value."""
    return set(recipe.services()[name].get("environment", {}))


def test_compose_file_keeps_to_the_specification():
    schema = ["--builtin-schema", "vendor.compose-spec"]
    assert "ok" in run([tool("check-jsonschema"), *schema, str(recipe.COMPOSE)])


def test_hadolint_has_nothing_to_say():
    assert run([tool("hadolint"), str(recipe.DOCKERFILE)]) == ""


def test_caddy_finds_its_file_valid_and_well_formed():
    require_caddy()
    said = run(["caddy", "validate", "--config", str(recipe.CADDYFILE), "--adapter", "caddyfile"])
    assert "Valid configuration" in said
    assert "not formatted" not in said


def test_caddy_reads_the_file_that_is_mounted():
    mounted = recipe.services()["caddy"]["volumes"][0]
    assert mounted == "./project/deploy/Caddyfile:/etc/caddy/Caddyfile:ro"
    assert (recipe.CHECKOUT / "project/deploy/Caddyfile").samefile(recipe.CADDYFILE)


def test_web_runs_what_the_image_says():
    assert "command" not in recipe.services()["web"]
    assert " ".join(json.loads(dict(recipe.dockerfile())["CMD"])) == (
        "uvicorn project.asgi:application --host 0.0.0.0 --port 8000 --proxy-headers"
        " --no-server-header --timeout-graceful-shutdown 25 --timeout-keep-alive 75 --no-access-log"
    )


@pytest.mark.parametrize("name", ["db", "migrate", "web", "worker", "caddy", "stripe"])
def test_every_variable_of_a_service_is_read_by_somebody(name):
    ours = variables_of_settings() if name in OURS else set()
    python = {"TMPDIR"} if name in OURS else set()
    unexplained = stated(name) - READ_BY_OTHERS.get(name, set()) - python
    assert {variable.removesuffix("_FILE") for variable in unexplained} - ours == set()


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_the_settings_reaches_the_containers(name):
    reaching = {variable.removesuffix("_FILE") for variable in stated(name)}
    assert variables_of_settings() - reaching == NOT_FOR_CONTAINERS


@pytest.mark.parametrize("name", OURS)
def test_every_secret_of_a_service_is_given_to_it(name):
    service = recipe.services()[name]
    files = {path for path in recipe.environment_of(service).values() if "/run/secrets/" in path}
    assert files == {f"/run/secrets/{secret}" for secret in service["secrets"]}


def test_only_the_proxy_is_believed():
    networks = recipe.services()["caddy"]["networks"]
    address = networks["front"]["ipv4_address"]
    web = recipe.environment_of(recipe.services()["web"])
    assert web["FORWARDED_ALLOW_IPS"] == address


def test_services_of_ours_own_nothing_in_their_container():
    for name in OURS:
        service = recipe.services()[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in service
    assert dict(recipe.dockerfile())["USER"] == "10001:10001"


def test_uploaded_pictures_outlive_the_containers():
    environments = [recipe.assignments(rest) for word, rest in recipe.dockerfile() if word == "ENV"]
    [place] = [found["MEDIA_ROOT"] for found in environments if "MEDIA_ROOT" in found]
    made = [rest for word, rest in recipe.dockerfile() if word == "RUN"]
    assert [rest for rest in made if f"install -d -o app -g app {place}" in " ".join(rest.split())]
    for name in OURS:
        assert f"media:{place}" in recipe.services()[name]["volumes"]


def test_caddy_may_read_what_the_shop_has_it_send_and_nothing_more():
    [volume] = [v for v in recipe.services()["caddy"]["volumes"] if v.startswith("media:")]
    assert volume == "media:/srv/media:ro"
    assert "{$PROTECTED:/srv/media/protected}" in recipe.CADDYFILE.read_text()


def test_stripes_tool_asks_for_the_events_we_want():
    command = recipe.services()["stripe"]["command"]
    [events] = [part.removeprefix("--events=") for part in command if part.startswith("--events=")]
    assert sorted(events.split(",")) == sorted(EVENTS)


def test_image_has_the_shop_and_nothing_else():
    context = {str(path) for path in recipe.build_context()}
    assert {path.split("/")[0] for path in context} == {
        "catalog",
        "checkout",
        "library",
        "manage.py",
        "project",
        "pyproject.toml",
        "static",
        "templates",
    }
    kinds = {path.rsplit(".", 1)[-1] for path in context}
    assert "pyc" not in kinds
    assert not [path for path in context if path.startswith("project/deploy/")]


def test_no_image_comes_from_a_registry_with_a_name():
    images = [service.get("image", "") for service in recipe.services().values()]
    bases = [rest.split()[0] for word, rest in recipe.dockerfile() if word == "FROM"]
    assert [name for name in images + bases if "." in name.split("/")[0].split(":")[0]] == []
