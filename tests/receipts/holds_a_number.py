"""A process that issues a receipt and never ends its transaction: `… holds_a_number DATABASE ORDER`."""

import os
import sys
import time

from bakery.app import create_app
from bakery.infra.transaction import transaction
from bakery.payments import receipts
from tests.conftest import make_settings


def main(database: str, order_id: int) -> None:
    """Say the number, then hold it until somebody kills us."""
    base = os.environ["TEST_DATABASE_URL"].rsplit("/", 1)[0]
    app = create_app(make_settings(DATABASE_URL=f"{base}/{database}"))
    with app.app_context(), transaction() as session:
        print(receipts.issue(session, order_id).label, flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
