import pytest
import stripe
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import disputes, evidence, jobs
from checkout.sandbox.models import Dispute, Event
from tests.sandbox import sdk_types
from tests.sandbox.asking import (
    INQUIRY_CARD,
    answer_dispute,
    disputed,
    kinds_since,
    refusal,
    told_since,
)

pytestmark = pytest.mark.django_db(transaction=True)


def do_what_banks_do(dispute_id):
    """Do what the worker would do some seconds later."""
    for job in ProcrastinateJob.objects.filter(args={"dispute_id": dispute_id}):
        assert job.task_name == "checkout.sandbox.disputes.decide"
        assert job.scheduled_at is not None
        jobs.decide(**job.args)


def test_evidence_can_be_staged_and_is_submitted_once(stripe_client):
    dispute = disputed()
    before = Event.objects.count()

    staged = answer_dispute(stripe_client, dispute, submit=False, metadata={"case": "7"})
    assert (staged.status, staged.metadata.to_dict()) == ("needs_response", {"case": "7"})
    assert staged.evidence_details.has_evidence is True
    assert staged.evidence_details.submission_count == 0
    sent = stripe_client.v1.disputes.update(dispute.pk, {"submit": True})

    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence_details.submission_method == "manual"
    assert sent.evidence.uncategorized_text == "Ada studied it."
    assert kinds_since(before) == ["charge.dispute.updated"] * 2
    assert told_since(before)[1].data_object == sent.to_dict()
    status, _, message = refusal(answer_dispute, stripe_client, dispute)
    assert (status, message) == (400, "The evidence for this dispute has already been submitted.")
    do_what_banks_do(dispute.pk)
    assert Dispute.objects.get().status == "under_review"


def test_winning_evidence_wins_and_brings_the_money_back(stripe_client):
    dispute = disputed()
    before = Event.objects.count()

    assert answer_dispute(stripe_client, dispute, "my winning_evidence").status == "under_review"
    do_what_banks_do(dispute.pk)
    do_what_banks_do(dispute.pk)

    won = stripe_client.v1.disputes.retrieve(dispute.pk)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert [(moved.reporting_category, moved.net) for moved in won.balance_transactions] == [
        ("dispute", -6400),
        ("dispute_reversal", 4900),
    ]
    assert kinds_since(before) == [
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    assert [event.data_object for event in told_since(before)[1:]] == [won.to_dict()] * 2
    assert stripe_client.v1.charges.retrieve(dispute.charge_id).disputed is True


def test_losing_evidence_loses(stripe_client):
    dispute = disputed()
    before = Event.objects.count()

    answer_dispute(stripe_client, dispute, "losing_evidence")
    do_what_banks_do(dispute.pk)

    lost = stripe_client.v1.disputes.retrieve(dispute.pk)
    assert (lost.status, len(lost.balance_transactions)) == ("lost", 1)
    assert kinds_since(before) == ["charge.dispute.updated", "charge.dispute.closed"]


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("winning_evidence", "warning_closed", ["charge.dispute.closed"]),
        ("losing_evidence", "warning_closed", ["charge.dispute.closed"]),
        (
            "escalate_inquiry_evidence",
            "needs_response",
            ["charge.dispute.updated", "charge.dispute.funds_withdrawn"],
        ),
    ],
)
def test_evidence_decides_inquiries(stripe_client, text, status, told):
    inquiry = disputed(INQUIRY_CARD)
    before = Event.objects.count()

    assert answer_dispute(stripe_client, inquiry, text).status == "warning_under_review"
    do_what_banks_do(inquiry.pk)

    assert Dispute.objects.get().status == status
    assert kinds_since(before) == ["charge.dispute.updated", *told]


def test_a_lost_dispute_is_appealed(stripe_client):
    dispute = disputed()
    disputes.lose(dispute.pk)

    assert disputes.appeal(dispute.pk) is True
    assert (
        answer_dispute(stripe_client, dispute, "winning_evidence").status == "appeal_under_review"
    )
    do_what_banks_do(dispute.pk)

    assert Dispute.objects.get().status == "won"


def test_what_the_sandbox_does_not_imitate_of_disputes_is_refused(stripe_client):
    dispute = disputed()
    update = stripe_client.v1.disputes.update

    for params in (
        {"intended_submission_method": "manual"},
        {"evidence": {"receipt": "file_x"}},
        {"evidence": {"appeal": {"card": {"reason_for_filing": "x"}}}},
    ):
        assert refusal(update, dispute.pk, params)[:2] == (400, "sandbox_not_imitated")
    assert refusal(update, dispute.pk, {"evidence": {"receipts": "x"}})[1] == "parameter_unknown"
    too_long = dict.fromkeys(evidence.TEXTS[:3], "x" * 50001)
    assert refusal(update, dispute.pk, {"evidence": too_long})[0] == 400
    assert refusal(stripe_client.v1.disputes.retrieve, "du_x") == (
        404,
        "resource_missing",
        "No such dispute: 'du_x'",
    )


def test_evidence_has_the_fields_of_the_sdk():
    names = {*evidence.TEXTS, *evidence.FILES, "appeal", "enhanced_evidence"}

    assert names == set(sdk_types.fields(stripe.Dispute.Evidence))


def test_metadata_alone_submits_nothing(stripe_client):
    dispute = disputed()

    changed = stripe_client.v1.disputes.update(dispute.pk, {"metadata": {"case": "7"}})

    assert (changed.status, changed.metadata.to_dict()) == ("needs_response", {"case": "7"})
    assert changed.evidence_details.submission_count == 0
