"""Markdown that becomes HTML."""

from catalog.markdown import render_markdown


def test_what_is_wider_than_a_phone_can_be_scrolled_by_keyboard():
    html = render_markdown("| a |\n|---|\n| b |\n\n    code\n\n<table> and <pre>")

    assert html.count('<table tabindex="0">') == html.count('<pre tabindex="0">') == 1
    assert "&lt;table&gt; and &lt;pre&gt;" in html
