"""Files for evidence: uploaded, read again, and refused when they are no evidence."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import pay_with

PDF = b"%PDF-1.7\n% a receipt\n"
PNG = b"\x89PNG\r\n\x1a\n rest"
JPEG = b"\xff\xd8\xff\xe0 rest"
KEY = {"Authorization": "Bearer sk_test_saffron"}


def named(content: bytes, name: str = "receipt.pdf") -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def upload(api: Any, content: bytes = PDF, name: str = "receipt.pdf", **options: Any) -> Any:
    return api.files.create({"purpose": "dispute_evidence", "file": named(content, name)}, options)


@pytest.mark.parametrize(("content", "kind"), [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpg")])
def test_a_file_is_kept_as_it_was_sent(api: Any, content: bytes, kind: str) -> None:
    made = upload(api, content, f"folder/evidence.{kind}")
    assert (made.type, made.size, made.filename) == (kind, len(content), f"evidence.{kind}")
    assert made.purpose == "dispute_evidence"
    answer = requests.get(made.url, headers=KEY, timeout=5)
    assert answer.content == content
    assert requests.get(made.url, timeout=5).status_code == 401
    assert [each.id for each in api.files.list({"purpose": "dispute_evidence"}).data] == [made.id]
    assert api.files.retrieve(made.id).id == made.id


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ a program", "PDF, JPEG or PNG"),
        (PDF + b"x" * 5 * 1024 * 1024, "5,242,880 at most"),
    ],
)
def test_what_is_no_evidence_is_refused(api: Any, box: Sandbox, content: bytes, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        upload(api, content)
    assert refused.value.param == "file"
    assert box.objects("file") == []


def test_a_file_needs_a_purpose_and_a_content(api: Any, box: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="dispute_evidence only"):
        api.files.create({"purpose": "selfie", "file": named(PDF)})
    for data in ({}, {"purpose": "dispute_evidence"}, {"purpose": "dispute_evidence", "file": "text"}):
        answer = requests.post(f"{box.url}/v1/files", data=data, headers=KEY, timeout=5)
        assert answer.status_code == 400
    assert (
        requests.get(f"{box.url}/v1/files/file_nothing/contents", headers=KEY, timeout=5).status_code == 404
    )


def test_the_same_key_makes_one_file_and_refuses_another(api: Any, box: Sandbox) -> None:
    first = upload(api, idempotency_key="k")
    assert upload(api, idempotency_key="k").id == first.id
    with pytest.raises(stripe.IdempotencyError):
        upload(api, PDF + b"other", idempotency_key="k")
    assert len(box.objects("file")) == 1


def test_files_are_evidence_up_to_what_a_bank_takes(api: Any, box: Sandbox) -> None:
    dispute = box.open_dispute(pay_with(api).id)["id"]
    half = upload(api, PDF + b"x" * 2_300_000)
    other = upload(api, PNG + b"x" * 2_300_000)
    api.disputes.update(dispute, {"evidence": {"receipt": half.id}, "submit": False})
    with pytest.raises(stripe.InvalidRequestError, match="4,500,000 in all"):
        api.disputes.update(dispute, {"evidence": {"uncategorized_file": other.id}})
    twice = {"service_documentation": half.id, "uncategorized_text": "The receipt, twice."}
    sent = api.disputes.update(dispute, {"evidence": twice, "expand": ["evidence.receipt"]})
    assert (sent.status, sent.evidence.receipt.filename) == ("under_review", "receipt.pdf")


def test_an_upload_fails_on_demand_like_every_other_call(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "lost_answer", match="POST /v1/files")
    with pytest.raises(stripe.APIConnectionError):
        upload(api)
    assert len(box.objects("file")) == 1
