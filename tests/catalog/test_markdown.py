"""Markdown that becomes HTML."""

import pytest
from django.utils import translation

from catalog.markdown import render_markdown


def test_what_is_wider_than_a_phone_can_be_scrolled_by_keyboard():
    html = render_markdown("| a |\n|---|\n| b |\n\n    code\n\n<table> and <pre>\n\n$$x$$")

    assert html.count('<table tabindex="0">') == html.count('<pre tabindex="0">') == 1
    assert html.count('<div class="formula" tabindex="0">') == 1
    assert "&lt;table&gt; and &lt;pre&gt;" in html


def test_code_is_colored_by_classes():
    assert render_markdown("```sql\nSELECT 1 -- one\n```") == (
        '<pre tabindex="0"><code class="language-sql"><span class="hl-k">SELECT</span>'
        '<span class="hl-w"> </span><span class="hl-mi">1</span><span class="hl-w"> </span>'
        '<span class="hl-c1">-- one</span>\n</code></pre>\n'
    )


@pytest.mark.parametrize("language", ["", "no-such-language", "text"])
def test_code_in_an_unknown_language_stays_as_it_is(language):
    assert ">if a &lt; b:\n</code>" in render_markdown(f"```{language}\nif a < b:\n```")


def test_formulas_become_mathml():
    html = render_markdown("Water is $65\\,\\%$, so $w = \\frac{a}{b}$.\n\n$$\na^2 < b\n$$")

    assert html.count("<math ") == 3
    assert "<mfrac>" in html
    assert '<div class="formula" tabindex="0"><math display="block" alttext="a^2 &lt; b">' in html


def test_prices_are_no_formulas():
    assert render_markdown("It costs $5 or $10, not US$12.") == (
        "<p>It costs $5 or $10, not US$12.</p>\n"
    )


@pytest.mark.parametrize(
    "formula",
    [r"\frac{", r"\unknown{x}", r"\begin{matrix}", "^", "{" * 900, "x" * 1001, r"\left(" * 150],
)
def test_a_formula_that_cannot_be_read_is_shown_as_code(formula):
    assert render_markdown(f"${formula}$") == f"<p><code>{formula}</code></p>\n"


@pytest.mark.parametrize(
    "formula", [r"\href{javascript:alert(1)}{x}", r"\class{cart}{x}", r"\color{red}{x}"]
)
def test_a_formula_links_to_nothing_and_looks_like_the_text(formula):
    html = render_markdown(f"${formula}$")

    assert all(f" {name}=" not in html for name in ("href", "class", "mathcolor"))


def test_a_callout_has_a_title_in_the_language_of_the_course():
    source = "> [!WARNING]\n> The oven is *hot*.\n>\n> Really."

    assert render_markdown(source) == (
        '<div class="callout callout-warning" role="note">\n'
        '<p class="callout-title">Warning</p>\n'
        "<p>The oven is <em>hot</em>.</p>\n<p>Really.</p>\n</div>\n"
    )
    with translation.override("id"):
        assert '<p class="callout-title">Warning</p>' in render_markdown(source, language="de")


def test_a_callout_may_have_a_title_of_its_own():
    html = render_markdown("> [!tip] Mit *Salz*\n> Später.")

    assert '<p class="callout-title">Mit <em>Salz</em></p>\n<p>Später.</p>' in html


@pytest.mark.parametrize("source", ["> [!NOTHING]\n> a", "> a [!NOTE]", "> - [!NOTE]", "[!NOTE]"])
def test_other_quotations_are_no_callouts(source):
    assert "callout" not in render_markdown(source)


def test_a_picture_with_a_title_has_a_caption():
    assert render_markdown('![A loaf](https://a.example/b.jpg "Cut & *cool*")') == (
        '<figure><img src="https://a.example/b.jpg" alt="A loaf">'
        "<figcaption>Cut &amp; *cool*</figcaption></figure>\n"
    )
    assert "figure" not in render_markdown('In ![a](/b.jpg "c") line')


def test_headings_can_be_linked_to():
    html = render_markdown("## What *flour* does\n\n## What flour does\n\n[up](#what-flour-does)")

    assert '<h2 id="text-what-flour-does">' in html
    assert '<h2 id="text-what-flour-does-1">' in html
    assert '<a href="#text-what-flour-does"' in html


def test_texts_on_one_page_have_ids_of_their_own():
    source = 'id="note-1"\n\n## A\n\n[To it](#a), with a note[^1].\n\n[^1]: Here.'
    html = render_markdown(source, name="question-7")

    assert '<h2 id="text-question-7-a">' in html
    assert 'href="#text-question-7-a"' in html
    assert '<li id="note-question-7-1">' in html
    assert 'href="#note-question-7-1"' in html
    assert '<p>id="note-1"</p>' in html


def test_footnotes_lead_there_and_back():
    html = render_markdown("One[^a] and again[^a].\n\n[^a]: Said.")

    for address in ("note-1", "note-1-at-1", "note-1-at-2"):
        assert html.count(f'id="{address}"') == html.count(f'href="#{address}"') - (
            address == "note-1"
        )
    assert '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes">' in html


def test_addresses_are_found_by_whoever_renders():
    find = {"lesson:bowline": "/library/knots/bowline/", "images/a.jpg": "/media/a.webp"}.get
    html = render_markdown("[a](lesson:bowline) ![b](images/a.jpg) [c](lesson:no)", find=find)

    assert 'href="/library/knots/bowline/"' in html
    assert 'src="/media/a.webp"' in html
    assert "lesson:" not in html
