"""compose.yaml's services on this machine: their commands and environment, without containers."""

import re
import sys
from contextlib import ExitStack, contextmanager

import requests

from tests.deploy import recipe
from tests.deploy.browser import Browser
from tests.deploy.image import Image, machine
from tests.deploy.mail_server import mail_server
from tests.deploy.postgres import postgres
from tests.deploy.programs import Program, free_port, require_caddy, run

WEBHOOK_SECRET = "whsec_of_the_shop_that_is_tested"


class Deployment:
    """The shop in production, except that Stripe and the mail server are the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.web_port, self.http_port, self.https_port = free_port(), free_port(), free_port()
        self.stripe_port = free_port()
        self.site = f"https://localhost:{self.https_port}"
        self.certificate = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        options = [f"http_port {self.http_port}", "default_bind 127.0.0.1", "admin off"]
        # What would stand in .env.
        self.given = {
            "DOMAIN": f"localhost:{self.https_port}",
            "CADDY_GLOBAL_OPTIONS": "\n".join(options),
        }
        self.services = recipe.services(self.given)
        self.secrets = folder / "secrets"
        self.image = Image(folder / "image")
        self.programs = {}
        self.postgres = self.mail = self.as_built = None

    def here(self, text):
        """Return a setting's text with what it names where that is on this machine."""
        places = {
            "/run/secrets": str(self.secrets),
            "@db:5432": f"@127.0.0.1:{self.postgres.port}" if self.postgres else "",
            "//web:": "//127.0.0.1:",
            "0.0.0.0": "127.0.0.1",
            "172.30.0.2": "127.0.0.1",
            "8000": str(self.web_port),
        }
        named = "|".join(map(re.escape, places))
        return re.sub(named, lambda found: places[found[0]], text)

    def environment(self, name):
        """Return a service's environment, and nothing of this machine's own."""
        stated = recipe.environment_of(self.services[name], self.given)
        return self.image.environment | {key: self.here(value) for key, value in stated.items()}

    def app_environment(self, name):
        """Return the environment of a service of ours; Stripe is somewhere else."""
        stripe = {"STRIPE_API_BASE": f"http://127.0.0.1:{self.stripe_port}/sandbox"}
        return self.environment(name) | stripe

    def command(self, name):
        command = self.services[name].get("command", self.image.command)
        return [self.here(part) for part in command]

    def log_of(self, name):
        return self.folder / f"{name}.log"

    def program(self, name, command, **options):
        """Return a new program, which ends with the deployment."""
        self.programs[name] = Program(command, log=self.log_of(name), **options)
        return self.programs[name]

    def start(self, name):
        """Start a service of ours, as its container would."""
        place = {"cwd": self.image.folder, "env": self.app_environment(name)}
        program = self.program(name, self.command(name), **place)
        program.start()
        return program

    def run(self, name, *command):
        """Run a command in a service of ours to its end, its own if there is no other."""
        place = {"cwd": self.image.folder, "env": self.app_environment(name)}
        return run(list(command) or self.command(name), **place)

    def is_up(self):
        return requests.get(f"http://127.0.0.1:{self.web_port}/readyz", timeout=5).ok

    def visitor(self, **options):
        return Browser(self.site, trusts=self.certificate, **options)


@contextmanager
def deployed(folder):
    """Bring everything up for the block, in the order that compose.yaml demands."""
    require_caddy()
    deployment = Deployment(folder)
    with ExitStack() as stack:
        deployment.mail = stack.enter_context(mail_server())
        _write_secrets(deployment)
        database = postgres(deployment.environment("db"), deployment.log_of("db"))
        deployment.postgres = stack.enter_context(database)
        stack.callback(_end, deployment.programs)
        deployment.image.build()
        deployment.as_built = deployment.image.contents()
        deployment.run("migrate")
        _make_database_of_stripe(deployment)
        web, stripe = deployment.start("web"), _start_stripe(deployment)
        deployment.start("worker")
        web.wait_until(deployment.is_up)
        stripe.wait_until(lambda: _answers(f"http://127.0.0.1:{deployment.stripe_port}/readyz"))
        _start_caddy(deployment)
        yield deployment


def _end(programs):
    for program in programs.values():
        program.end()


def _write_secrets(deployment):
    deployment.secrets.mkdir()
    for name, value in {
        "db_password": "p@ss:w/rd $with %all that URLs do not like",
        "secret_key": "not a secret: " + "0123456789abcdef" * 4,
        "email_url": deployment.mail.url,
        "stripe_secret_key": "sk_test_of_the_shop",
        "stripe_webhook_secret": WEBHOOK_SECRET,
    }.items():
        (deployment.secrets / name).write_text(f"{value}\n")


def _make_database_of_stripe(deployment):
    """Copy the shop's empty tables: it takes less time than making them anew."""
    deployment.postgres.execute("CREATE DATABASE stripe TEMPLATE lectern")
    run([sys.executable, "manage.py", "migrate"], **_stripe(deployment))


def _start_stripe(deployment):
    address = ["--host", "127.0.0.1", "--port", str(deployment.stripe_port)]
    server = [sys.executable, "-m", "uvicorn", "project.asgi:application", *address]
    program = deployment.program("stripe", server, **_stripe(deployment))
    program.start()
    return program


def _stripe(deployment):
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.deploy.stripe_settings",
        "DATABASE_URL": deployment.postgres.url("stripe"),
        "SECRET_KEY": "the sandbox's, which nobody needs to guess",
        "SITE_URL": f"http://127.0.0.1:{deployment.stripe_port}",
        "SHOP_URL": deployment.site,
        "SHOP_CERTIFICATE": str(deployment.certificate),
        "SHOP_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    return {"cwd": recipe.CHECKOUT, "env": machine() | environment}


def _start_caddy(deployment):
    environment = deployment.environment("caddy") | {
        "PATH": machine()["PATH"],
        "UPSTREAM": f"127.0.0.1:{deployment.web_port}",
        "PROTECTED": deployment.image.here("/opt/media/protected"),
        "HOME": str(deployment.folder),
        "XDG_DATA_HOME": str(deployment.folder),
        "XDG_CONFIG_HOME": str(deployment.folder),
    }
    config = ["--config", str(recipe.CADDYFILE), "--adapter", "caddyfile"]
    program = deployment.program("caddy", ["caddy", "run", *config], env=environment)
    program.start()
    program.wait_until(lambda: deployment.certificate.exists() and _is_open(deployment))


def _is_open(deployment):
    with deployment.visitor() as visitor:
        return visitor.open("/readyz").status == 200


def _answers(url):
    return requests.get(url, timeout=5).ok
