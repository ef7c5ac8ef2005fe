"""/admin/orders/<number>/papers: what was issued for an order, as files."""

from __future__ import annotations

from flask import Blueprint, Response

from bakery.backoffice.frame import init_frame
from bakery.core.errors import NotFound
from bakery.infra.db import db
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders import staff_queries
from bakery.payments import receipts
from bakery.payments.papers import store
from bakery.payments.papers.queries import list_papers

blueprint = init_frame(Blueprint("admin_papers", __name__, url_prefix="/admin/orders"))
# The one that is issued on demand.
INVOICE = "invoice"


@blueprint.get("/<number>/papers/<label>.pdf")
def show(number: str, label: str) -> Response:
    """A paper of this order by its number; `invoice` issues the tax invoice if it is not out yet."""
    session = db.session()
    order_id = staff_queries.get_order(session, number).id
    found = next((paper for paper in list_papers(session, order_id) if paper.label == label), None)
    end_read()
    if label == INVOICE:
        pdf = receipts.get_pdf(order_id, adapters().files)
    elif found is not None:
        pdf = store.fetch(found.kind, found.id, adapters().files)
    else:
        raise NotFound("There is no such paper of this order.")
    response = Response(pdf.data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{pdf.name}"'
    return response
