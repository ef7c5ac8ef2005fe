"""What each job is called on the pages of staff. A job without words shows its own name; a test finds it."""

from __future__ import annotations

from collections.abc import Sequence

# By function: what it does, and what its first argument is a number of.
JOBS = {
    "jobs.orders.send_confirmation": ("Confirmation and receipt by email", "order"),
    "jobs.orders.send_staff_sms": ("SMS to the bakery about a cake", "order"),
    "jobs.orders.send_cancellation": ("Email about a cancelled order", "order"),
    "jobs.orders.send_late_refund": ("Email about money given back", "order"),
    "jobs.orders.send_payment_received": ("Email that a payment towards the rest came in", "ledger row"),
    "jobs.orders.send_deposit_asked": ("Email how to pay with a deposit", "order"),
    "jobs.balance.send_news": ("Email about what is due of an order", "step"),
    "jobs.balance.collect": ("Look after what is due of orders", ""),
    "jobs.orders.expire_holds": ("Release what was not paid in time", ""),
    "jobs.custom_cakes.send_received": ("Email that a cake request arrived", "request"),
    "jobs.custom_cakes.send_decision": ("Email about a decision on a cake", "request"),
    "jobs.custom_cakes.send_decision_sms": ("SMS about a decision on a cake", "request"),
    "jobs.custom_cakes.tell_staff": ("Email to the bakery about a cake request", "request"),
    "jobs.custom_cakes.send_message": ("Email about a message on a cake", "message"),
    "jobs.custom_cakes.follow_order": ("Bring a cake request in line with its order", "order"),
    "jobs.custom_cakes.follow_orders": ("Bring cake requests in line with their orders", ""),
    "jobs.payments.apply_event": ("Apply what Stripe told us", "event"),
    "jobs.payments.refund_late_payment": ("Give a payment back at Stripe", "payment"),
    "jobs.payments.close_session": ("Close a payment page at Stripe", "payment"),
    "jobs.payments.reconcile": ("Compare our payments with Stripe's", ""),
    "jobs.nudges.look": ("See whether an order is still not paid", "order"),
    "jobs.nudges.send": ("Email that a payment is not finished", "order"),
    "jobs.cards.keep_card": ("Keep a card for its customer", "payment"),
    "jobs.cards.keep_set_up_card": ("Keep a card that was added in an account", "page"),
    "jobs.cards.close_card_setup": ("Close a page for a card on which many were refused", "page"),
    "jobs.cards.follow_card_setups": ("Look for cards that Stripe never told of", ""),
    "jobs.cards.detach_card": ("Let Stripe forget a card", ""),
    "jobs.cards.delete_customer": ("Let Stripe forget a customer", "customer"),
    "jobs.cards.let_go": ("Let go of a card kept for the rest", "order"),
    "jobs.cards.let_go_of_all": ("Let go of cards whose rest is paid", ""),
    "jobs.refunds.execute": ("Have Stripe give money back", "refund"),
    "jobs.refunds.follow": ("Ask Stripe about refunds on their way", ""),
    "jobs.refunds.send_refunded": ("Email that money has gone back, with the credit note", "refund"),
    "jobs.refunds.send_declined": ("Email that a refund is declined", "refund"),
    "jobs.books.prove": ("Prove the books", "proof"),
    "jobs.books.ask_nightly": ("Ask for the nightly proof of the books", ""),
    "jobs.production.open_tickets": ("Put an order on the kitchen's board", "order"),
    "jobs.production.void_tickets": ("Call off an order in the kitchen", "order"),
    "jobs.production.follow_order": ("Bring the kitchen in line with an order", "order"),
    "jobs.evidence.store": ("Keep the evidence of a sale", "order"),
    "jobs.disputes.gather": ("Gather the evidence for a dispute", "dispute"),
    "jobs.disputes.send_answer": ("Send the answer to a dispute to Stripe", "answer"),
    "jobs.disputes.accept": ("Accept a dispute at Stripe", "answer"),
    "jobs.disputes.watch_disputes": ("Remind staff of disputes that wait for an answer", ""),
    "jobs.servings.retrain": ("Learn how many cakes serve from what staff decided", ""),
    "jobs.messages.send_staff_alert": ("Alert to staff by email", "alert"),
    "jobs.messages.send_sms_fallback": ("Email in place of a failed SMS", "message"),
    "jobs.catalog.draw_picture": ("Draw the picture of a new cake", "product"),
    "jobs.learning.retrain": ("Train the price model", "training"),
    "jobs.learning.ask_weekly": ("Ask for the weekly training of the price model", ""),
    "jobs.outbox.run": ("One thing that was owed", "row"),
    "jobs.outbox.sweep": ("Look for what is owed", ""),
    "jobs.housekeeping.tidy": ("Clear out what is old", ""),
    "jobs.cake_drafts.forget": ("Forget cakes nobody came back to", ""),
}
# By the name in `job_run`.
PERIODIC = {
    "sweep_outbox": "jobs.outbox.sweep",
    "expire_holds": "jobs.orders.expire_holds",
    "follow_cake_orders": "jobs.custom_cakes.follow_orders",
    "reconcile": "jobs.payments.reconcile",
    "watch_disputes": "jobs.disputes.watch_disputes",
    "collect_balances": "jobs.balance.collect",
    "follow_card_setups": "jobs.cards.follow_card_setups",
    "let_go_of_cards": "jobs.cards.let_go_of_all",
    "follow_refunds": "jobs.refunds.follow",
    "prove_books": "jobs.books.ask_nightly",
    "tidy": "jobs.housekeeping.tidy",
    "forget_cake_drafts": "jobs.cake_drafts.forget",
    "retrain_servings": "jobs.servings.retrain",
    "retrain_pricing": "jobs.learning.ask_weekly",
}


def job_words(function: str) -> str:
    """What a job does; also for the name of a periodic one."""
    return JOBS.get(PERIODIC.get(function, function), (function.removeprefix("jobs."), ""))[0]


def job_subject(function: str, args: Sequence[object]) -> str:
    """What a job is about: `order 7`. Empty when that says nothing."""
    kind = JOBS.get(function, ("", "with"))[1]
    return f"{kind} {args[0]}" if kind and args else ""
