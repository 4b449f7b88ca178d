"""A browser without JavaScript: it follows links, fills in forms and keeps cookies."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

TIMEOUT = 30  # seconds


class Page:
    """What came, with its forms and links."""

    def __init__(self, response):
        self.url, self.status, self.text = response.url, response.status_code, response.text
        self.headers = response.headers
        reader = _Reader()
        reader.feed(self.text)
        self.forms, self.links = reader.forms, reader.links

    @property
    def path(self):
        return urlsplit(self.url).path

    def form(self, action=""):
        """Return the first form that is sent to ``action``, or to the page itself."""
        here = [urljoin(self.url, action), *([self.url.partition("?")[0]] if not action else [])]
        for form in self.forms:
            if form["method"] == "post" and urljoin(self.url, form["action"]) in here:
                return form
        raise AssertionError(f"{self.url} has no form for {action or 'itself'}:\n{self.text}")


class Browser:
    """Somebody's browser, at an address, which trusts the certificates in the file ``trusts``."""

    def __init__(self, site, *, trusts, address="127.0.0.1"):
        self.site = site
        self.http = requests.Session()
        self.http.mount("https://", _From(address))
        self.http.trust_env = False
        self.http.verify = str(trusts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def open(self, address, **options):
        url = urljoin(self.site, address)
        return Page(self.http.get(url, timeout=TIMEOUT, **options))

    def send(self, page, action="", **fields):
        """Fill in the form and send it, as browsers do with where it comes from."""
        form = page.form(action)
        parts = urlsplit(page.url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": page.url}
        url = urljoin(page.url, form["action"])
        data = form["fields"] | fields
        return Page(self.http.post(url, data=data, headers=origin, timeout=TIMEOUT))


class _From(HTTPAdapter):
    """Connects from one of this machine's addresses."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.links, self._is_inside = [], [], False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            method = (found.get("method") or "get").lower()
            self.forms.append({"action": found.get("action") or "", "method": method, "fields": {}})
            self._is_inside = True
        elif tag == "input" and self._is_inside and _is_sent(found):
            self.forms[-1]["fields"][found["name"]] = found.get("value") or ""
        elif tag in ("a", "link", "script"):
            self.links.append(found.get("href") or found.get("src") or "")

    def handle_endtag(self, tag):
        if tag == "form":
            self._is_inside = False


def _is_sent(field):
    """Whether a browser sends the field: of what can be chosen, only what is."""
    is_choice = field.get("type") in ("radio", "checkbox")
    return bool(field.get("name")) and (not is_choice or "checked" in field)
