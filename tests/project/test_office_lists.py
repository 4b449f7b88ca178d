"""The lists of the office answer to whatever staff choose: filters, counts, order, search."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.checkout.shop import create_order, create_payment
from tests.factories import create_bundle, create_course, create_staff, enroll

pytestmark = pytest.mark.django_db

LISTS = [model._meta.label_lower for model in admin.site._registry]
CHOICE = re.compile(r'href="(\?[^"]*)"')


@pytest.fixture
def staff():
    client = Client()
    client.force_login(create_staff())
    return client


@pytest.mark.parametrize("name", LISTS)
def test_list_answers_to_all_that_it_offers(staff, name):
    course = create_course(lessons=1)
    create_bundle(course, create_course())
    enroll(course=course)
    create_payment(order=create_order(courses=[course]))
    path = reverse(f"admin:{name.replace('.', '_')}_changelist")

    page = staff.get(path)
    assert page.status_code == 200
    offered = {unescape(choice) for choice in CHOICE.findall(page.content.decode())}
    answers = {
        choice: staff.get(path + choice)
        for choice in sorted(offered | {"?_facets=True", "?q=bread+1001", "?o=-1.2"})
    }

    # A choice that the office cannot follow leads away, to "?e=1".
    assert {choice: answer.status_code for choice, answer in answers.items()} == dict.fromkeys(
        answers, 200
    )
