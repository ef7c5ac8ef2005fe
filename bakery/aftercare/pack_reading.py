"""The file of a dispute for whoever looks at it: as it went out, else as it would go out now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bakery.aftercare import answers
from bakery.aftercare.models import AnswerState
from bakery.aftercare.pack_facts import compose
from bakery.aftercare.pack_pdf import build_pack
from bakery.core.errors import NotFound
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.files.port import FileMissing, Files
from bakery.payments.dispute_queries import get_dispute


@dataclass(frozen=True, slots=True)
class PackFile:
    """What a person downloads."""

    name: str
    data: bytes


def read_file(dispute_id: int, files: Files) -> PackFile:
    """Refuses an unknown dispute, and one whose evidence is not gathered yet (NotFound)."""
    end_read()
    with transaction() as session:
        dispute, order = get_dispute(session, dispute_id)
        answer = answers.current(session, dispute)
        decided = answer is not None and answer.state in (AnswerState.SENDING, AnswerState.SENT)
        key, sha256 = (answer.file_key, answer.file_sha256) if answer and decided else (None, None)
        facts = answer.pack if answer and decided else compose(session, dispute)
        name = f"evidence-{order.number}.pdf"
    if key:
        try:
            data = files.get(key)
        except FileMissing:
            data = b""
        if hashlib.sha256(data).hexdigest() == sha256:
            return PackFile(name, data)
    if facts is None:
        raise NotFound("The evidence is still being gathered. Please try again in a minute.")
    return PackFile(name, build_pack(facts, files).data)
