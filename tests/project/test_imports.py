"""What a process that serves pages imports at its start: nothing large that it seldom needs."""

import os
import subprocess
import sys

from django.conf import settings

# The gateway's SDK, the reading of pictures, and the parser of texts.
HEAVY = ["stripe", "PIL", "resvg_py", "markdown_it", "pygments", "latex2mathml"]


def test_server_starts_without_what_pages_do_not_need():
    code = f"import sys, project.asgi; print([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "a key for a process that answers nobody, and says nothing of anything",
            "DATABASE_URL": "postgres://nobody@localhost/nothing",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "[]\n"
