"""Signs in as people do: with the code that the worker mails."""

import re

from tests.deploy.programs import wait_for


def sign_in(deployment, visitor, page, *, email):
    """Ask for a code on the page to sign in, and type in the one that the worker has mailed."""
    page = visitor.send(page, login=email)

    def code():
        return re.search(r"^\s*([A-Z0-9-]{6,12})\s*$", letter(), re.MULTILINE)

    def letter():
        return deployment.mail.text_to(email, about="code")

    return visitor.send(page, code=wait_for(code, what="The code")[1])
