"""What goes out compressed, and that whoever reads gzip can read it."""

import gzip

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from project.compression import CompressText

PAGE = b"<p>The same again, and again, and again.</p>" * 100


def sent(response, *, accepts="gzip, br"):
    """Return the response as it goes out to a browser that accepts these encodings."""
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressText(lambda _: response)(request)


def test_page_goes_out_compressed():
    response = sent(HttpResponse(PAGE, headers={"ETag": '"known"'}))

    assert gzip.decompress(response.content) == PAGE
    assert len(response.content) < len(PAGE) / 5
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert response["Vary"] == "Accept-Encoding"
    assert response["ETag"] == 'W/"known"'


def test_length_of_a_page_tells_nothing():
    lengths = {len(sent(HttpResponse(PAGE)).content) for _ in range(50)}

    assert len(lengths) > 10


def test_page_that_comes_piece_by_piece_goes_out_compressed():
    response = sent(StreamingHttpResponse(iter([PAGE, PAGE])))

    assert gzip.decompress(b"".join(response)) == PAGE * 2


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(b"short"),
        HttpResponse(PAGE, content_type="image/webp"),
        HttpResponse(PAGE, status=206),
        HttpResponse(PAGE, headers={"Content-Encoding": "br"}),
        HttpResponse(bytes(range(256)), content_type="text/plain"),  # it would become longer
    ],
)
def test_what_would_not_gain_goes_out_as_it_is(response):
    content, encoding = response.content, response.get("Content-Encoding")

    assert sent(response).content == content
    assert response.get("Content-Encoding") == encoding


def test_browser_that_reads_no_gzip_gets_the_page_as_it_is():
    response = sent(HttpResponse(PAGE), accepts="br")

    assert response.content == PAGE
    assert response["Vary"] == "Accept-Encoding"


def test_file_goes_out_as_it_is(tmp_path):
    (tmp_path / "guests.csv").write_bytes(PAGE)
    file = FileResponse((tmp_path / "guests.csv").open("rb"), content_type="application/pdf")

    assert b"".join(sent(file)) == PAGE
