"""The sandbox's URLs. What it tells the shop goes on to the shop that the test runs."""

import os

import requests
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from project.urls import urlpatterns as project_urls


@csrf_exempt
def hand_on(request):
    """Hand an event on, byte by byte, to where the shop was told that Stripe would send it."""
    names = ["Content-Type", "Stripe-Signature", "User-Agent"]
    answer = requests.post(
        f"{os.environ['SHOP_URL']}/webhooks/stripe/",
        data=request.body,
        headers={name: request.headers[name] for name in names},
        verify=os.environ["SHOP_CERTIFICATE"],
        allow_redirects=False,
        timeout=10,
    )
    return HttpResponse(status=answer.status_code)


urlpatterns = [path("webhooks/stripe/", hand_on), *project_urls]
