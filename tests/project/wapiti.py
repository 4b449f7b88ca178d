"""Wapiti attacks the demo, once as a stranger and once as a learner, and says what it found.

``uv run python -m tests.project.wapiti``, in a few minutes. It ends with the number of findings
above informational; each is printed with the request that shows it. Wapiti itself is fetched by
exact version, beside the project's own packages. What it takes for a finding and is none is named
below, with what shows that it is none; it is counted, not hidden.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser.shop import run_beside, running_demo

WAPITI = ["uvx", "--quiet", "--from", "wapiti3==3.3.2", "wapiti"]
MODULES = "csp,cookieflags,http_headers,redirect,xss,permanentxss,crlf,csrf,sql,file,exec,ssrf,xxe"
KINDS = ["vulnerabilities", "anomalies"]
EXPLAINED = {
    "Cross Site Request Forgery": "Sec-Fetch-Site and Origin decide, where no token does:"
    " tests/checkout/test_cart.py, test_start.py, tests/project/test_theme.py,"
    " tests/accounts/test_attacks.py",
    "Secure Flag cookie": "the demo speaks HTTP; over HTTPS all have it (settings.py)",
    "HttpOnly flag is not set on the cookie 'theme'": "that takes the cookie away; it is empty",
    "HttpOnly flag is not set on the cookie 'messages'": "that takes the cookie away; it is empty",
    "X-Frame-Options is not set\tGET /static/": "a script or style shows nothing in a frame",
}
# It would sign itself out, or do to the demo what is nobody's attack.
LEFT_ALONE = ["accounts/logout*", "account/data/*", "sandbox/*", "demo/*"]


def main() -> int:
    """Attack, print what was found, and return how many of it are more than informational."""
    with tempfile.TemporaryDirectory() as home, running_demo(Path(home)) as demo:
        states = json.loads(run_beside(demo, "-m", "tests.browser.states"))["states"]
        found = 0
        for name, session in [("a stranger", ""), ("a learner", states["shelf"]["session"])]:
            report = _attack(demo, session, Path(home) / "report.json")
            findings = list(_grave(report))
            open_ones = [each for each in findings if not _is_explained(*each)]
            found += len(open_ones)
            pages = report["infos"].get("crawled_pages_nbr", "?")
            explained = len(findings) - len(open_ones)
            _say(f"As {name}: {pages} pages, {len(open_ones)} findings, {explained} explained")
            for kind, finding in open_ones:
                _say(f"  {kind} (level {finding['level']}): {finding['info']}")
                _say("    " + finding["http_request"].replace("\n", "\n    "))
    return found


def _attack(demo, session, report):
    """Return what Wapiti says of the demo, seen with somebody's session."""
    command = [*WAPITI, "--url", f"{demo}/", "--scope", "folder", "--module", MODULES]
    command += ["--depth", "2", "--max-links-per-page", "20", "--max-scan-time", "60"]
    command += ["--max-attack-time", "20", "--flush-session", "--no-bugreport", "--verbose", "0"]
    command += ["--format", "json", "--output", str(report)]
    if session:
        command += ["--header", f"Cookie: session={session}"]
    for path in LEFT_ALONE:
        command += ["--exclude", f"{demo}/{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode or not report.exists():
        raise RuntimeError(f"Wapiti could not attack {demo}:\n{done.stdout[-2000:]}{done.stderr}")
    return json.loads(report.read_text())


def _grave(report):
    """Yield each finding that is more than informational, with its kind."""
    for kind in KINDS:
        for name, findings in report[kind].items():
            yield from ((name, finding) for finding in findings if finding["level"] > 0)


def _is_explained(kind, finding):
    """Tell by the kind, by what is said of it, or by that and the first line of the request."""
    about = f"{finding['info']}\t{finding['http_request']}"
    return any(kind.startswith(known) or about.startswith(known) for known in EXPLAINED)


def _say(words):
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
