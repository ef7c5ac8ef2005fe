"""Questions people ask, with answers that promise nothing the shop cannot do today."""

from __future__ import annotations

from bakery.demo.content.types import Faq

FAQS: tuple[Faq, ...] = (
    Faq(
        "how-to-order",
        "Ordering",
        "How do I order?",
        (
            "Put what you would like in the cart, choose a pickup time, and pay by card. You do not need an account. We send a confirmation with your order number and a receipt by email.",
            "If you would rather talk to somebody, ring us on 02 5550 1240 during opening hours.",
        ),
    ),
    Faq(
        "how-early",
        "Ordering",
        "How far ahead should I order?",
        (
            "Bread, pastries, cookies and drinks can usually be ordered for the same day. Most cakes need 24 hours, honey and fig cakes 48, and the two-tier cake 72. Each product page shows its own earliest pickup.",
            "You can order up to sixty days ahead. Weekends fill first, and so do the days before Eid, Nowruz and Mother's Day.",
        ),
    ),
    Faq(
        "cake-message",
        "Ordering",
        "Can you write on my cake?",
        (
            "Yes. On cakes that take a message you will find a field for up to forty characters, in English, Dari or Pashto or any other letters we can pipe. We write exactly what you type, so please check names twice.",
        ),
    ),
    Faq(
        "custom-cakes",
        "Ordering",
        "Do you make custom cakes?",
        (
            "We do, by phone for now: ring 02 5550 1240 and ask for Zohra, ideally two weeks ahead. Tell us how many people, which date and what you have in mind, and we will ring back with a price.",
        ),
    ),
    Faq(
        "pickup",
        "Pickup",
        "Where and how do I collect?",
        (
            "At the blue door, 12 Quince Lane, Auburn, at the time you chose. Give your order number or show the confirmation. Somebody else may collect for you if they have the number.",
            "There is ten-minute parking outside and no step at the door.",
        ),
    ),
    Faq(
        "late",
        "Pickup",
        "What if I am late?",
        (
            "Ring us. We keep your order until we close that day and cakes stay in the cold room. On Fridays we are closed from 12.30 to 2 pm for prayers.",
        ),
    ),
    Faq(
        "delivery",
        "Pickup",
        "Do you deliver?",
        (
            "Not at the moment. Everything is collected from the shop, which is seven minutes on foot from Auburn station.",
        ),
    ),
    Faq(
        "allergens",
        "Allergens and diets",
        "I have an allergy. What can I eat?",
        (
            "Every product page lists all fourteen major allergens and says of each: contains, may contain, not contained, or not known. Where we do not know, we say so, and you should treat it as if it were in there.",
            "Breads are made in their own room. Everything else shares a kitchen with wheat, milk, eggs, nuts and sesame. If your allergy is severe, please ring us before you order.",
        ),
    ),
    Faq(
        "halal",
        "Allergens and diets",
        "Is everything halal?",
        (
            "Yes. No pork, no alcohol, not even in our vanilla, and meat from a halal butcher. The only gelatine we use is halal beef gelatine; products with it are not marked vegetarian.",
        ),
    ),
    Faq(
        "vegan-eggless",
        "Allergens and diets",
        "Do you have vegan and eggless cakes?",
        (
            "Yes: filter the menu by Vegan or Eggless. The tags speak of the recipe. Because the kitchen also works with milk and eggs, most of these may contain traces, and the product page says which.",
        ),
    ),
    Faq(
        "cancel",
        "Changes and cancellations",
        "Can I cancel or change an order?",
        (
            "You can cancel on your order's page, which says to the cent what comes back before you confirm: everything until seven days before pickup, half of it until three days before, and nothing after that, because by then we have bought and baked for you. Of a deposit, the part that we named before you paid is kept. Ring us if something went wrong on our side, or if you want to change an order: we will do what is fair.",
            "If something is wrong with what you collected, tell us the same day. Your rights under the Australian Consumer Law stay as they are.",
        ),
    ),
    Faq(
        "storage",
        "Storage and serving",
        "How do I store and serve my cake?",
        (
            "The product page says it for each cake. As a rule: buttercream likes two hours out of the fridge before it is cut, cream and mango cakes stay cold, and a warm knife makes clean slices.",
            "In the car, put the box flat on the floor with the air-conditioning on, never on a lap or a seat.",
        ),
    ),
    Faq(
        "payment",
        "Payment and receipts",
        "How can I pay, and do I get a tax invoice?",
        (
            "By card when you order. Prices include GST where it applies; plain bread is GST-free. Your receipt shows the GST for each rate and our ABN, and can be downloaded from the order page.",
        ),
    ),
)
