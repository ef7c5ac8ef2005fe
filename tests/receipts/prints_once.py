"""A process that prints and signs one invoice, and says the file's sha256: `… prints_once < key.json`."""

import hashlib
import json
import sys
from datetime import datetime

from bakery.core import clock
from bakery.payments.papers import signing
from bakery.payments.receipt_pdf import render_pdf


def main() -> None:
    """The key, the facts and the day on which it is printed come by stdin."""
    told = json.load(sys.stdin)
    signer = signing.Signer(1, "S", bytes.fromhex(told["certificate"]), bytes.fromhex(told["private"]))
    with clock.travel(datetime.fromisoformat(told["today"])):
        pdf = render_pdf("R-000001", told["facts"])
        signed = signing.sign(pdf, signer, datetime.fromisoformat(told["facts"]["issued_at"]), "Issued")
    print(hashlib.sha256(signed).hexdigest())


if __name__ == "__main__":
    main()
