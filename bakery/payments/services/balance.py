"""Looking after what is due: words to the customer, the agreed charge, and the end of an order that is not paid.

Money always wins: each step is decided under the order's lock, a page that is open is closed at Stripe before a card
is charged or an order cancelled, and whoever has just opened theirs is left to it.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import declines, mandates
from bakery.payments.balance_models import BalanceEvent, BalanceStep
from bakery.payments.balance_plan import Done
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts, balance
from bakery.payments.operations.attempts import NotPayable
from bakery.payments.services.cancellation import cancel_by_policy
from bakery.payments.services.card_payment import ChargeOutcome, charge_saved_card
from bakery.payments.services.closing import close_session

log = structlog.get_logger(__name__)
_S = BalanceStep
_CHARGES = (_S.CHARGE, _S.CHARGE_AGAIN)
# Who has opened their page within this time is perhaps typing.
AT_THE_PAGE = timedelta(hours=1)
# Beyond the longest reminder nothing is to be done.
_AHEAD = timedelta(days=40)
UNPAID_REST = "the rest was not paid in time"
_GONE = "The saved card is gone."
_ASKED = declines.plain_words("authentication_required")


def look_after_rests(gateway: Gateway, base_url: str, limit: int = 500) -> dict[BalanceStep, int]:
    """Take the next step for every order of which something is due; how many of each. One that fails stops no other."""
    taken: dict[BalanceStep, int] = {}
    for order_id in _with_a_rest(limit):
        try:
            step = look_after(order_id, gateway, base_url)
        except Exception:
            log.exception("rest_not_looked_after", order_id=order_id)
            continue
        if step is not None:
            taken[step] = taken.get(step, 0) + 1
    return taken


def look_after(order_id: int, gateway: Gateway, base_url: str) -> BalanceStep | None:
    """Take the step of one order whose time has come, if there is one. Run twice, late, or after a killed worker, it
    is taken once; Stripe's silence (GatewayUnavailable, Unavailable) leaves it for the next time.
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        step = balance.plan(session, order, has_card=_has_card(session, order_id))
    if step is None:
        return None
    at_their_page = AT_THE_PAGE if step in _CHARGES else timedelta(0)
    if step in (*_CHARGES, _S.CANCELLED) and not _clear_page(order_id, gateway, at_their_page):
        return None
    if not _take(order_id, step):
        return None
    if step in _CHARGES:
        _charge(order_id, step, gateway, base_url)
    return step


def _with_a_rest(limit: int) -> list[int]:
    due = Order.total_cents - Order.credited_cents - Order.held_cents
    with transaction() as session:
        query = select(Order.id).where(
            Order.status.in_(balance.WAITING),
            Order.balance_due_at < clock.now() + _AHEAD,
            due > 0,
        )
        return list(session.scalars(query.order_by(Order.balance_due_at).limit(limit)))


def _take(order_id: int, planned: BalanceStep) -> bool:
    """The step, decided anew under the lock. False when it is another one's turn by now, or nobody's."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        rest = balance.read_rest(session, order, has_card=_has_card(session, order_id))
        if rest is None or balance.plan(session, order, has_card=rest.has_card) != planned:
            return False
        if planned == _S.CANCELLED and attempts.waiting(session, order_id) is not None:
            # Opened meanwhile, or paid and not told of yet.
            return False
        balance.take(session, order, rest, planned)
        if planned == _S.CANCELLED:
            cancel_by_policy(session, order, SYSTEM, UNPAID_REST)
        return True


def _has_card(session: Session, order_id: int) -> bool:
    """Whether the rest may be charged to a card while its owner is away."""
    return mandates.find(session, order_id) is not None


def _clear_page(order_id: int, gateway: Gateway, patience: timedelta) -> bool:
    """Close the order's open page, so that nobody pays there meanwhile. False when somebody does, or has just come.

    A page that is paid cannot be closed: its event is on its way.
    """
    with transaction() as session:
        page = attempts.waiting(session, order_id)
        if page is None or page.channel == PaymentChannel.CARD:
            return True
        if page.created_at > clock.now() - patience:
            return False
        payment_id = page.id
    close_session(payment_id, gateway)
    with transaction() as session:
        orders.lock_order(session, order_id)
        return attempts.fresh(session, payment_id).state not in attempts.OPEN_STATES


def _charge(order_id: int, step: BalanceStep, gateway: Gateway, base_url: str) -> None:
    """Charge the agreed card, or find out how the charge of a worker that died has ended; write down a refusal."""
    with transaction() as session:
        card = mandates.find(session, order_id)
        last = _last_charge(session, order_id, step)
        failed = (
            last.failure or _GONE if last is not None and last.state not in attempts.OPEN_STATES else None
        )
        paid = last is not None and last.state == PaymentState.SUCCEEDED
    if paid:
        return
    if card is None or failed is not None:
        _refused(order_id, step, failed or _GONE)
        return
    try:
        charged = charge_saved_card(order_id, card, gateway, base_url, off_session=True)
    except NotPayable:
        # Paid another way while we were about to.
        return
    if charged.outcome == ChargeOutcome.AUTHENTICATE:
        _refused(order_id, step, _ASKED)
    elif charged.outcome == ChargeOutcome.DECLINED:
        _refused(order_id, step, charged.why)


def _last_charge(session: Session, order_id: int, step: BalanceStep) -> Payment | None:
    """The latest charge of a card since the step was begun."""
    order = session.get_one(Order, order_id)
    begun = session.scalars(
        select(BalanceEvent.at).where(
            BalanceEvent.order_id == order_id,
            BalanceEvent.step == step,
            BalanceEvent.due_on == order.balance_due_on,
        )
    ).one()
    return session.scalars(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.channel == PaymentChannel.CARD,
            Payment.off_session,
            Payment.created_at >= begun,
        )
        .order_by(Payment.id.desc())
    ).first()


def _refused(order_id: int, step: BalanceStep, why: str) -> None:
    """The bank said no, or wants its customer: written down, and told. Nothing, where it was paid meanwhile."""
    outcome = _S.CHARGE_REFUSED if step == _S.CHARGE else _S.CHARGE_AGAIN_REFUSED
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.status not in balance.WAITING or not order.due_later.cents:
            return
        balance.enter(session, order, _S.BANK_ASKS if why == _ASKED else outcome, Done(clock.now()), why)
