"""Wapiti attacks the demo, once as a stranger and once as a learner, and says what it found.

``uv run python -m tests.project.wapiti``, in a minute or two. It ends with the number of findings
above informational; each is printed with the request that shows it. Wapiti itself is fetched by
exact version, beside the project's own packages.
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
            found += len(findings)
            pages = report["infos"].get("crawled_pages_nbr", "?")
            _say(f"As {name}: {pages} pages, {len(findings)} findings above informational")
            for kind, finding in findings:
                _say(f"  {kind} (level {finding['level']}): {finding['info']}")
                _say("    " + finding["http_request"].replace("\n", "\n    "))
    return found


def _attack(demo, session, report):
    """Return what Wapiti says of the demo, seen with somebody's session."""
    command = [*WAPITI, "--url", f"{demo}/", "--scope", "folder", "--module", MODULES]
    command += ["--depth", "3", "--max-links-per-page", "30", "--max-scan-time", "120"]
    command += ["--max-attack-time", "30", "--flush-session", "--no-bugreport", "--verbose", "0"]
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


def _say(words):
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
