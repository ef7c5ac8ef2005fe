"""What a customer is told of their request in every ending but an offer and a payment: the words alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bakery.custom_cakes.states import RequestStatus
from bakery.orders.models import Order
from bakery.orders.states import PaymentStatus

_R = RequestStatus
# What a payment that crossed the end of its offer, or the call that it was off, comes to.
_GOES_BACK = "What you paid goes back to your card."


@dataclass(frozen=True, slots=True)
class News:
    """`{money}` in a paragraph says what became of the customer's money."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button: str = "See your request"
    copy: bool = False
    money: str = "There is nothing to pay."


_BY_STATUS = {
    _R.CHANGES_REQUESTED: News(
        "Please change one thing about your cake {number}",
        "We would like to make it, with a change.",
        ("Open your request, change it and send it again. There is nothing to pay yet.",),
        "Change your cake",
    ),
    _R.REJECTED: News(
        "We cannot make your cake {number}",
        "We are sorry: we cannot make this cake.",
        ("A copy starts from everything you sent, so you only change what has to change.",),
        "Send a changed copy",
        copy=True,
    ),
    _R.EXPIRED: News(
        "Our offer for your cake {number} has run out",
        "Our offer has run out.",
        (
            "It was not paid in time, so the day is free for others again. {money}",
            "If you still want it, ask once more: a copy starts from everything you sent.",
        ),
        "Ask once more",
        copy=True,
        money="Nothing was charged.",
    ),
}
_OURS = News(
    "Your cake {number} was called off",
    "Your cake was called off.",
    ("{money}",),
    "Send a changed copy",
    copy=True,
)
_THEIRS = News(
    "You called off your cake {number}",
    "You called your cake off.",
    ("{money} If you change your mind, a copy starts from everything you sent.",),
    "Send a changed copy",
    copy=True,
)


def news_of(status: RequestStatus, order: Order | None, *, theirs: bool) -> News:
    """What is said of a request that came to `status`; `theirs`: its customer did it. `order` is its offer's."""
    news = _BY_STATUS.get(status) or (_THEIRS if theirs else _OURS)
    untouched = order is None or order.payment_status == PaymentStatus.UNPAID
    money = news.money if untouched else _GOES_BACK
    return replace(news, paragraphs=tuple(text.replace("{money}", money) for text in news.paragraphs))
