"""What the settings make of variables that an operator sets."""

import pytest

from project.environment import Environment, SecretFiles


@pytest.fixture
def read():
    """Return an environment that has these variables and no others."""

    def environment(**variables):
        made = Environment()
        made.ENVIRON = SecretFiles(env=variables)
        return made

    return environment


def test_password_of_the_database_comes_from_its_file_as_it_is(read, tmp_path):
    (tmp_path / "password").write_text("$a/b@c:d%e\n")
    env = read(
        DATABASE_URL="postgres://lectern@db:5432/lectern",
        DATABASE_PASSWORD_FILE=str(tmp_path / "password"),
    )
    database = env.database("DATABASE_URL", override="DATABASE_PASSWORD")
    given = {key: database[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
    assert given == {
        "HOST": "db",
        "PORT": 5432,
        "NAME": "lectern",
        "USER": "lectern",
        "PASSWORD": "$a/b@c:d%e",
    }


@pytest.mark.parametrize("variables", [{}, {"DATABASE_PASSWORD": ""}])
def test_password_in_the_url_holds_if_there_is_no_other(read, variables):
    env = read(DATABASE_URL="postgres://lectern:in%20it@db/lectern", **variables)
    assert env.database("DATABASE_URL", override="DATABASE_PASSWORD")["PASSWORD"] == "in it"


def test_empty_file_for_the_mail_server_is_none(read, tmp_path):
    (tmp_path / "url").write_text("\n")
    env = read(EMAIL_URL_FILE=str(tmp_path / "url"))
    options = env.mailer("EMAIL_URL", default="smtp://localhost:25")["OPTIONS"]
    assert (options["host"], options["port"]) == ("localhost", 25)


def test_mail_server_is_spoken_to_as_its_url_says(read):
    env = read(EMAIL_URL="smtp+tls://me:p%40ss@mail.example.com:587")
    mailer = env.mailer("EMAIL_URL", default="smtp://localhost:25")
    assert mailer == {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": "mail.example.com",
            "port": 587,
            "username": "me",
            "password": "p@ss",
            "use_tls": True,
            "use_ssl": False,
            "timeout": 10,
        },
    }
