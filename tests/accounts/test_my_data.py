"""My data: taken along as an archive, and forgotten while the books are kept."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from catalog.models import Course
from checkout.books import compare_books
from checkout.models import Order, Payment, RefundReason, WebhookEvent
from checkout.refunds import request_refund
from checkout.settlement import settle
from library.models import Enrollment, LessonProgress
from project.accounts.jobs import forget_exports
from project.accounts.models import DataExport, User
from project.accounts.my_data.deletion import CannotDelete, delete_account
from project.accounts.my_data.export import build_archive, make_export, request_export
from project.models import OutboundMail
from tests.accounts.ways import sign_in
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import complete, create_course, create_learner, create_lesson, create_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """Somebody who has bought a course, and done a lesson of it."""
    ada = create_learner(email="ada@example.com", name="Ada Lovelace")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    course = create_course(title="Bread & <Butter>", lessons=2)
    payment = create_payment(order=create_order(courses=[course], buyer=ada))
    settle(payment.pk, snapshot_of(payment, customer_email="ada@example.com"))
    complete(ada, course.lessons.first())
    return ada


@pytest.fixture
def signed_in(client, ada):
    sign_in(client, ada.email)
    return client


def unpack(archive):
    with ZipFile(BytesIO(archive)) as folder:
        return {name: folder.read(name).decode() for name in folder.namelist()}


def test_archive_holds_what_the_shop_knows(ada):
    files = unpack(build_archive(ada))

    order = Order.objects.get()
    receipt = f"receipts/{1000 + order.pk}.html"
    assert sorted(files) == ["data.json", "index.html", receipt]
    facts = json.loads(files["data.json"])
    assert set(facts) == {
        "account",
        "certificates",
        "invitations",
        "mail",
        "notes",
        "orders",
        "questions",
        "quizzes",
        "reviews",
        "studies",
    }
    assert facts["account"][0]["addresses"] == [
        {"email": "ada@example.com", "is_proven": True, "is_primary": True}
    ]
    [sold] = facts["orders"]
    assert (sold["total_minor"], sold["standing"]) == (3900, "Paid")
    assert [line["title"] for line in sold["lines"]] == ["Bread & <Butter>"]
    [study] = facts["studies"]
    assert (study["course"], study["lessons_in_all"]) == ("Bread & <Butter>", 2)
    assert len(study["lessons_done"]) == 1


def test_archive_is_read_offline(ada):
    files = unpack(build_archive(ada))

    for name in files:
        if name.endswith(".html"):
            assert "Bread &amp; &lt;Butter&gt;" in files[name]
            for way_out in ("http://", "https://", "<script", "<link", "src="):
                assert way_out not in files[name], name


def test_archive_tells_nothing_of_others(ada):
    other = create_learner(email="bob@example.com")
    create_payment(order=create_order(courses=[create_course(title="Stars")], buyer=other))

    text = "".join(unpack(build_archive(ada)).values())

    assert "bob@example.com" not in text
    assert "Stars" not in text


def test_archive_asks_as_often_for_many_orders(ada, django_assert_max_num_queries):
    for _ in range(10):
        create_order(courses=[create_course()], buyer=ada, with_cart=False)

    with django_assert_max_num_queries(20):
        build_archive(ada)


def test_export_is_made_by_a_job_and_mailed_about_once(ada):
    export = request_export(ada)
    assert not export.is_ready

    make_export(export.pk)
    make_export(export.pk)

    export.refresh_from_db()
    assert export.is_ready
    letters = OutboundMail.objects.filter(subject="Your data is ready")
    assert [letter.to for letter in letters] == ["ada@example.com"]
    assert "/account/data/" in letters[0].text


def test_export_of_the_same_person_replaces_the_last(ada):
    make_export(request_export(ada).pk)

    again = request_export(ada)

    assert not again.is_ready
    assert DataExport.objects.count() == 1


def test_export_is_forgotten_after_a_week(ada):
    make_export(request_export(ada).pk)
    forget_exports()
    assert DataExport.objects.count() == 1

    DataExport.objects.update(requested_at=timezone.now() - timedelta(days=8))
    forget_exports()

    assert not DataExport.objects.exists()


def test_archive_is_downloaded_by_its_person_alone(signed_in, ada, client):
    make_export(request_export(ada).pk)

    response = signed_in.get("/account/data/archive/")

    assert response["Content-Type"] == "application/zip"
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    assert "data.json" in unpack(response.content)
    client.logout()
    sign_in(client, create_learner().email)
    assert client.get("/account/data/archive/").status_code == 404
    client.logout()
    assert client.get("/account/data/archive/").status_code == 303


def test_page_asks_for_an_archive(signed_in):
    response = signed_in.post("/account/data/export/", follow=True)

    assert response.redirect_chain == [("/account/data/", 302)]
    assert "mail you when it is ready" in response.content.decode()
    assert DataExport.objects.count() == 1


def test_deletion_forgets_the_person_and_keeps_the_books(ada):
    before = compare_books().difference
    order = Order.objects.get()
    Payment.objects.update(request={"customer_email": order.email})
    WebhookEvent.objects.create(
        gateway="stripe",
        livemode=False,
        event_id="evt_1",
        type="checkout.session.completed",
        payload={"email": "ada@example.com"},
        event_created_at=timezone.now(),
        state="done",
        payment=Payment.objects.get(),
    )

    delete_account(ada)

    gone = User.objects.get(pk=ada.pk)
    assert (gone.is_active, gone.name) == (False, "")
    assert gone.email.endswith("@deleted.invalid")
    assert not gone.has_usable_password()
    assert not EmailAddress.objects.exists()
    assert not LessonProgress.objects.exists()
    order.refresh_from_db()
    assert (order.user, order.email, order.total_minor) == (gone, gone.email, 3900)
    payment = Payment.objects.get()
    assert (payment.request, payment.customer_email, payment.received_minor) == ({}, "", 3900)
    assert WebhookEvent.objects.get().payload == {}
    assert Enrollment.objects.get().learner == gone
    assert compare_books().difference == before


def test_deletion_leaves_the_address_nowhere(ada):
    OutboundMail.objects.update(sent_at=timezone.now(), text="", html="")

    delete_account(ada)

    # The last letter is on its way, and the worker blanks what it has sent.
    OutboundMail.objects.filter(subject="Your account is deleted").delete()
    dump = "".join(
        repr(list(model._base_manager.values_list()))
        for model in (User, Order, Payment, WebhookEvent, OutboundMail, EmailAddress)
    )
    assert "ada@example.com" not in dump
    assert "Lovelace" not in dump


def test_deletion_says_goodbye(ada):
    delete_account(ada)

    letter = OutboundMail.objects.get(subject="Your account is deleted")
    assert letter.to == "ada@example.com"


def test_money_can_still_go_back_after_a_deletion(ada):
    delete_account(ada)

    refund = request_refund(Payment.objects.get(), amount_minor=3900, reason=RefundReason.ASKED)

    assert refund.amount_minor == 3900


@pytest.mark.parametrize("status", ["processing", "pending"])
def test_deletion_waits_for_money_that_is_under_way(ada, status):
    order = create_order(courses=[create_course()], buyer=ada)
    Order.objects.filter(pk=order.pk).update(status=status)

    with pytest.raises(CannotDelete):
        delete_account(ada)

    assert User.objects.get(pk=ada.pk).email == "ada@example.com"


def test_staff_cannot_delete_themselves():
    staff = create_staff()

    with pytest.raises(CannotDelete):
        delete_account(staff)

    assert User.objects.get(pk=staff.pk).is_active


def test_deletion_page_asks_for_the_address(signed_in, ada):
    response = signed_in.post("/account/data/deletion/", {"email": "bob@example.com"})

    assert response.status_code == 422
    assert "not the address of this account" in response.content.decode()
    assert User.objects.get(pk=ada.pk).is_active


def test_deletion_page_signs_out_everywhere(signed_in, ada, client):
    elsewhere = type(client)()
    elsewhere.force_login(ada)

    response = signed_in.post("/account/data/deletion/", {"email": " ADA@example.com "})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert "_auth_user_id" not in signed_in.session
    assert elsewhere.get("/orders/").status_code == 303
    assert Course.objects.exists()


def test_address_is_free_for_a_new_account(ada):
    delete_account(ada)

    again = create_learner(email="ada@example.com")

    assert not Order.objects.filter(user=again).exists()


@pytest.mark.parametrize("url", ["/account/data/", "/account/data/deletion/"])
def test_pages_of_my_data_are_in_the_shop(signed_in, url):
    response = signed_in.get(url)

    assert response.status_code == 200
    assert response.content.decode().count("<h1>") == 1
    assert "style=" not in response.content.decode()


def test_lessons_of_others_stay(ada):
    bob = create_learner()
    lesson = create_lesson(section=Course.objects.get().sections.first())
    complete(bob, lesson)

    delete_account(ada)

    assert LessonProgress.objects.get().learner == bob
