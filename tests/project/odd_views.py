"""Views that try a handler's patience, beside the shop's own."""

import threading
from pathlib import Path

from django.db import connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from library.byte_ranges import send_file
from project.urls import urlpatterns as real_urls

slow_gate = threading.Event()  # what /wait/ waits for
waiting = threading.Semaphore(0)  # one more for each request that waits there
closed = threading.Event()  # an endless stream has ended
order_of_service = []


def ask_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(f"{cursor.fetchone()[0]} {threading.current_thread().name}")


@csrf_exempt
def echo(request):
    return HttpResponse(str(len(request.body)))


def wait_for_gate(request):
    waiting.release()
    slow_gate.wait(30)
    return HttpResponse("through")


def note_turn(request, number):
    order_of_service.append(number)
    return HttpResponse("done")


def stream(request):
    return StreamingHttpResponse(b"part" for _ in range(100))


def endless(request):
    def parts():
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    return StreamingHttpResponse(parts())


def whole_file(request):
    return FileResponse(Path(__file__).open("rb"))


def part_of_file(request):
    file = Path(__file__)
    size = file.stat().st_size
    return send_file(request, file.open("rb"), size=size, etag='"1"', content_type="text/plain")


def fail(request):
    raise RuntimeError("a defect")


def fail_in_stream(request):
    def parts():
        yield b"all is well"
        raise RuntimeError("a defect")

    return StreamingHttpResponse(parts())


def say_address(request):
    return HttpResponse(reverse("catalog:course_list"))


def failing_middleware(get_response):
    def middleware(request):
        if request.path == "/echo/" and "middleware" in request.GET:
            raise RuntimeError("a defect")
        return get_response(request)

    return middleware


urlpatterns = [
    path("ask/", ask_database),
    path("checkout/ask/", ask_database),
    path("echo/", echo),
    path("wait/", wait_for_gate),
    path("turn/<int:number>/", note_turn),
    path("stream/", stream),
    path("endless/", endless),
    path("file/", whole_file),
    path("part/", part_of_file),
    path("fail/", fail),
    path("fail/in/stream/", fail_in_stream),
    path("address/", say_address),
    *real_urls,
]
