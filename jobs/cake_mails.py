"""Mails and SMS about custom cakes, as drafts. What they say is true when they are rendered."""

from __future__ import annotations

import io
from typing import Any

import structlog
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.illustration.render import rasterise
from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS
from bakery.custom_cakes.contents import allergens, clashes
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent, RequestMessage
from bakery.custom_cakes.preview import describe, draw_preview
from bakery.custom_cakes.queries import RequestFile
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.versions import Change, list_changes, list_versions
from bakery.infra import formats
from bakery.integrations.mail.port import Attachment
from bakery.messages.drafts import Email, Sms
from bakery.messages.sms_text import thrifty
from bakery.orders.models import Order
from bakery.people.consents import has_stopped
from jobs import mails
from jobs.cake_news import News, news_of

log = structlog.get_logger(__name__)
NEWS, OFFER, STAFF, SMS = "custom_cake", "custom_cake_offer", "custom_cake_staff", "custom_cake_sms"
# The first mail about a request; later ones carry the request's own version, which is larger.
RECEIVED = 1
PICTURE_WIDTH = 560
# The ground of the picture: white paper would glare in a dark mailbox, nothing at all would lose dark cakes.
PLATE = "#fdf1d9"
CID = "cake"


def received(row: CustomCakeRequest) -> Email:
    """The wish is here, and there is nothing to pay."""
    news = News(
        "We received your request {number}",
        "Your wish has arrived.",
        (
            f"We are looking at it: {describe(from_json(row.design))}, "
            f"for {formats.date_long(row.needed_on)}.",
            "You will hear from us with a price. Nothing is ordered yet, and there is nothing to pay.",
        ),
    )
    return _news(row, RECEIVED, news)


def news(row: CustomCakeRequest, step: RequestEvent, order: Order | None = None) -> Email:
    """What became of a request, in every ending but an offer and a payment. `order` is what its offer made."""
    theirs = step.actor_label == "customer"
    kind = news_of(RequestStatus(row.status), order, theirs=theirs)
    # A reason is quoted where a member of staff wrote it for the customer.
    said = [step.reason] if step.actor_label not in ("system", "customer") else []
    if step.suggestion:
        said.append(f"What we could make: {step.suggestion}")
    return _news(row, row.version, kind, "\n".join(filter(None, said)))


def offer(file: RequestFile, quote: Quote, order: Order) -> Email:
    """The price, until when it holds, what changed in it, the picture, and the way to pay."""
    row, design = file.request, from_json(quote.design)
    zone = mails.shop().time_zone
    price = formats.money(order.total)
    subject, heading = _OFFERS.get(_what_became(file), _FIRST_OFFER)
    picture = draw_picture(design)
    return mails.draft(
        OFFER,
        to=row.contact_email,
        subject=subject.format(number=row.number, price=price),
        subject_ref=row.ref,
        version=row.version,
        attachments=[Attachment("cake.png", "image/png", picture, CID)] if picture else [],
        heading=heading,
        first_name=(row.contact_name.split() or [row.contact_name])[0],
        row=row,
        quote=quote,
        price=price,
        cid=CID if picture else "",
        cake=describe(design),
        contains=_declared(design),
        avoided=clashes(design),
        changes=latest_changes(file, quote, zone),
        pickup=mails.local_words(quote.pickup_at, zone),
        ends=mails.local_words(quote.expires_at, zone),
        order_number=order.number,
        first=formats.money(order.deposit) if order.asks_deposit else "",
        terms=order.deposit_wording if order.asks_deposit else "",
        pay_link=pay_link(row),
        link=link(row),
        terms_link=f"{mails.settings().base_url}/terms",
    )


def message(row: CustomCakeRequest, written: RequestMessage) -> Email:
    """What was written, to the other side."""
    to_customer = written.from_staff
    return mails.draft(
        NEWS,
        to=row.contact_email if to_customer else mails.alert_email(),
        subject=f"A message about your cake {row.number}"
        if to_customer
        else f"{row.contact_name} wrote about {row.number}",
        subject_ref=f"custom-cake-message:{written.id}",
        heading="We wrote to you about your cake." if to_customer else f"{row.contact_name} wrote.",
        paragraphs=[],
        quoted=written.text,
        button=("Answer", f"{link(row)}#messages" if to_customer else desk_link(row)),
    )


def for_staff(row: CustomCakeRequest, step: RequestEvent, avoided: tuple[str, ...]) -> Email:
    """A wish that came in, came again, or was taken back."""
    back = row.status == RequestStatus.WITHDRAWN
    again = step.kind == "design"
    what = "called off by the customer" if back else "changed, waits for you" if again else "waits for you"
    return mails.draft(
        STAFF,
        to=mails.alert_email(),
        subject=f"Cake {row.number} for {formats.date_shop(row.needed_on)} {what}",
        subject_ref=row.ref,
        version=row.version,
        row=row,
        what=what,
        back=back,
        reason=step.reason if back else "",
        cake=describe(from_json(row.design)),
        inscription=row.design.get("inscription", ""),
        avoided=tuple(sentence.replace("You avoid", "They avoid") for sentence in avoided),
        link=desk_link(row),
    )


def sms(file: RequestFile, order: Order | None) -> Sms:
    """The news in one breath, for who agreed to it. Suppressed once they have answered STOP."""
    row, shop = file.request, mails.shop()
    if row.status == RequestStatus.APPROVED_AWAITING_PAYMENT and file.quote is not None and order is not None:
        text = _offer_in_one_breath(file, file.quote, order)
    elif row.status == RequestStatus.CHANGES_REQUESTED:
        text = f"please change one thing about your cake {row.number}: {link(row)}"
    else:
        text = f"we are sorry, we cannot make your cake {row.number}. Why, and what we could: {link(row)}"
    return Sms(
        to=row.contact_phone,
        template=SMS,
        subject_ref=row.ref,
        version=row.version,
        body=thrifty(f"{shop.name}: {text}"),
        status_url=f"{mails.settings().base_url}/webhooks/twilio/status",
        consent=lambda session: not has_stopped(session, row.contact_phone, row.created_at),
    )


def _offer_in_one_breath(file: RequestFile, quote: Quote, order: Order) -> str:
    row, zone = file.request, mails.shop().time_zone
    price = formats.money(order.total)
    first = f"{formats.money(order.deposit)} of it" if order.asks_deposit else "it"
    until, city = formats.datetime_shop(quote.expires_at, zone), zone.rpartition("/")[2].replace("_", " ")
    news = {
        "changed": f"our offer for your cake {row.number} has changed to {price}",
        "extended": f"our offer for your cake {row.number}, {price}, holds longer",
    }.get(_what_became(file), f"your cake {row.number} is approved: {price}")
    return f"{news}. Pay {first} by {until} ({city} time): {pay_link(row)}"


def draw_picture(design: CakeDesign) -> bytes | None:
    """The cake as PNG, on a plate; None when it cannot be drawn, which is no reason to keep a mail back."""
    try:
        drawn = rasterise(draw_preview(design), PICTURE_WIDTH).convert("RGBA")
    except Exception:
        # The drawing library is native code with errors of its own.
        log.exception("cake_not_drawn")
        return None
    plate = Image.new("RGB", drawn.size, PLATE)
    plate.paste(drawn, mask=drawn.getchannel("A"))
    out = io.BytesIO()
    plate.quantize(192).save(out, "PNG", optimize=True)
    return out.getvalue()


def latest_changes(file: RequestFile, quote: Quote, zone: str) -> Change | None:
    """What this quote has that the version before it had not."""
    changes = list_changes(list_versions(file.events, file.quotes), zone)
    return changes[0] if changes and changes[0].name == f"version {quote.version}" else None


def link(row: CustomCakeRequest) -> str:
    """The request's own page, with its key."""
    return f"{mails.settings().base_url}/custom-cakes/{row.number}?key={row.secret}"


def link_of_order(session: Session, order_id: int) -> str:
    """The way to the request whose offer an order is; empty for every other order."""
    row = session.scalar(select(CustomCakeRequest).where(CustomCakeRequest.order_id == order_id))
    return link(row) if row is not None else ""


def pay_link(row: CustomCakeRequest) -> str:
    """Always the same address: it leads to a page at Stripe while the offer lasts."""
    return f"{mails.settings().base_url}/custom-cakes/{row.number}/pay?key={row.secret}"


def desk_link(row: CustomCakeRequest) -> str:
    """Where staff look at it."""
    return f"{mails.settings().base_url}/admin/custom-cakes/{row.number}"


def _what_became(file: RequestFile) -> str:
    """What the last step did to the offer: "changed", "extended", or "" when it was made."""
    last = next((event for event in reversed(file.events) if event.kind != "sent again"), None)
    return last.reason.rpartition(" ")[2] if last is not None and last.kind == "quote" else ""


_OFFERS = {
    "changed": ("Your cake {number}: our offer has changed to {price}", "Our offer has changed."),
    "extended": ("Your cake {number}: our offer holds longer", "Our offer holds longer for you."),
}
_FIRST_OFFER = ("Your cake {number} is approved: {price}", "Yes, we will make your cake.")


def _declared(design: CakeDesign) -> dict[str, str]:
    """Allergens by what is known of them, in words."""
    states = allergens(design)
    return {
        state.value: ", ".join(
            words.lower() for code, words in ALLERGEN_WORDS.items() if states[Allergen(code)] is state
        )
        for state in (Declaration.CONTAINS, Declaration.MAY_CONTAIN, Declaration.UNKNOWN)
    }


def _news(row: CustomCakeRequest, version: int, news: News, quoted: str = "") -> Email:
    words: dict[str, Any] = {"heading": news.heading, "paragraphs": news.paragraphs, "quoted": quoted}
    base = mails.settings().base_url
    copy = f"{base}/custom-cakes/new?copy_of={row.number}&key={row.secret}"
    return mails.draft(
        NEWS,
        to=row.contact_email,
        subject=news.subject.format(number=row.number),
        subject_ref=row.ref,
        version=version,
        button=(news.button, copy if news.copy else link(row)),
        **words,
    )
