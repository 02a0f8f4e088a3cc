"""Sentences as companies write them, with invented names in them.

The treebanks and the encyclopedia passages hold few memos, contracts and product notes. These fill in the shape of
them: who signs, which legal form a company has, how a product is numbered. All names are put together from parts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from spacy.language import Language
from spacy.tokens import Doc

# fmt: off
_STEMS = (
    "Bright", "North", "Silver", "Green", "Blue", "River", "Stone", "Oak", "Ash", "Iron", "Gold", "Swift", "Clear",
    "High", "West", "East", "South", "Red", "Fair", "New", "Summer", "Winter", "Cedar", "Maple", "Falcon", "Lark",
    "Harbor", "Copper", "Amber", "Crest", "Alder", "Birch", "Elm", "Heron", "Lumen", "Nova", "Vela", "Orion", "Terra",
)
_TAILS = (
    "water", "field", "wind", "gate", "bridge", "line", "port", "peak", "ford", "brook", "light", "wood", "view",
    "stone", "well", "mark", "path", "crest", "haven", "point", "works", "tech", "soft", "net", "log", "bank",
)
_TRADES = (
    "Systems", "Logistics", "Foods", "Energy", "Insurance", "Software", "Pharma", "Motors", "Textiles", "Consulting",
    "Analytics", "Robotics", "Partners", "Industries", "Solutions", "Media", "Airlines", "Shipping", "Instruments",
    "Capital", "Health", "Materials", "Networks", "Bearings", "Labs", "Telecom", "Retail", "Chemicals",
)
_FORMS = ("Ltd", "Ltd.", "GmbH", "Inc.", "Inc", "AG", "LLC", "Corp.", "plc", "Group", "Holdings", "S.A.", "B.V.", "KG")
_UNITS = (
    "Finance Department", "Legal Department", "Human Resources", "Works Council", "Board of Directors",
    "Data Protection Office", "Procurement Team", "Audit Committee", "Information Security Team", "Sales Department",
)
_MODELS = ("Pro", "X", "XL", "Lite", "2", "3", "300", "500", "7000", "Plus", "One", "Mini", "S4", "K2", "R10", "Cloud")
_OCCASIONS = ("Conference", "Summit", "Trade Fair", "Forum", "Expo", "Awards", "Congress", "Developer Days")
_WORKS = ("Handbook", "Style Guide", "Report", "Code of Conduct", "Review", "Manual", "Quarterly", "Playbook")
_SUBJECTS = ("Travel", "Safety", "Brand", "Quality", "Energy", "Supplier", "Security", "Employee", "Climate", "Audit")
_TEMPLATES = (
    "{ORG} and {ORG} have signed a supply agreement for {PLACE}.",
    "This agreement is made between {ORG}, {PLACE}, and {ORG} (the \"Supplier\").",
    "{PERSON}, head of procurement at {ORG}, approved the order on 4 May 2023.",
    "Please send questions about the policy to {PERSON} in the {ORG}.",
    "{ORG} supplies {ORG} with bearings, seals and spare parts.",
    "The {PRODUCT} replaces the {PRODUCT} from the third quarter on.",
    "Our office in {PLACE} moves to {PLACE} next spring.",
    "{PERSON} joined {ORG} in 2019 and reports to {PERSON}.",
    "Minutes of the meeting: present were {PERSON}, {PERSON} and {PERSON}.",
    "The {EVENT} takes place in {PLACE}; {ORG} will show the {PRODUCT} there.",
    "See the {WORK} for details on expenses.",
    "As the {WORK} says, laptops must be locked when left alone.",
    "{ORG} acquired {ORG}, a maker of sensors based in {PLACE}, for 40 million euros.",
    "Invoice 2214 from {ORG} was paid by the {ORG} last week.",
    "Contact: {PERSON}, {ORG}, {PLACE}",
    "From: {PERSON}\nTo: {PERSON}\nSubject: Delivery to {PLACE}",
    "The warehouse in {PLACE} is run by {ORG} on behalf of {ORG}.",
    "{PERSON} presented the results of {ORG} at the {EVENT}.",
    "Customers of {ORG} can update the {PRODUCT} without a restart.",
    "We use {PRODUCT} for time tracking and {PRODUCT} for tickets.",
    "The contract with {ORG} ends on 31 December 2024 and is renewed by {PERSON}.",
    "Report incidents to the {ORG} within 24 hours.",
    "{ORG} is a subsidiary of {ORG} and employs 230 people in {PLACE} and {PLACE}.",
    "In {PLACE}, {ORG} opened a plant that builds the {PRODUCT}.",
    "{PERSON} wrote the {WORK} together with {PERSON}.",
    "Approved by: {PERSON}, Managing Director, {ORG}",
    "The {ORG} meets every Tuesday; {PERSON} takes the chair.",
    "According to {ORG}, deliveries from {PLACE} are delayed by two weeks.",
    "Employees at our {PLACE} site may work from home on two days a week.",
    "Version 2 of the {WORK} was released by the {ORG}.",
    "{PERSON} of {ORG} asked whether the {PRODUCT} can be leased.",
    "Shareholders of {ORG} elected {PERSON} as chief executive.",
    "The audit of {ORG} was carried out by {ORG}.",
    "All travel must be booked two weeks ahead through the travel desk.",
    "Invoices are kept for ten years. Passwords need at least 14 characters.",
    "Annual Leave Policy\n\nThis policy applies to all employees of {ORG}.",
    "Release Notes {PRODUCT}\n\nFixed: the export no longer stops when a file is empty.",
)
# fmt: on
_SLOT = re.compile(r"\{(\w+)\}")


def invented(label: str, chance: random.Random) -> str:
    """Return a made-up name of an organisation, product, event or work."""
    coined = chance.choice(_STEMS) + chance.choice(_TAILS)
    if label == "ORG":
        if chance.random() < 0.15:
            return chance.choice(_UNITS)
        shape = chance.random()
        trade = f" {chance.choice(_TRADES)}" if shape < 0.7 else ""
        form = f" {chance.choice(_FORMS)}" if shape > 0.35 else ""
        return f"{coined}{trade}{form}"
    if label == "PRODUCT":
        name = coined if chance.random() < 0.6 else f"{chance.choice(_STEMS)}{chance.choice(_TAILS).capitalize()}"
        return f"{name} {chance.choice(_MODELS)}" if chance.random() < 0.7 else name
    if label == "EVENT":
        return f"{chance.choice((coined, 'European ' + chance.choice(_SUBJECTS)))} {chance.choice(_OCCASIONS)}"
    if label == "WORK":
        return f"{chance.choice(_SUBJECTS)} {chance.choice(_WORKS)}"
    raise ValueError(f"no names are made up for {label}")


def company_docs(nlp: Language, count: int, names: Mapping[str, Sequence[str]], seed: int) -> list[Doc]:
    """Return ``count`` documents of a few filled sentences each. ``names`` gives persons and places."""
    chance = random.Random(seed)
    docs: list[Doc] = []
    for _ in range(count):
        text = ""
        spans: list[tuple[int, int, str]] = []
        for template in chance.sample(_TEMPLATES, chance.randint(1, 4)):
            text += chance.choice(("\n", "\n\n", " ")) if text else ""
            position = 0
            for slot in _SLOT.finditer(template):
                text += template[position : slot.start()]
                label = slot[1]
                form = chance.choice(names[label]) if label in {"PERSON", "PLACE"} else invented(label, chance)
                spans.append((len(text), len(text) + len(form), label))
                text += form
                position = slot.end()
            text += template[position:]
        doc = nlp.make_doc(text)
        # A name that the tokenizer does not cut out ("Inc." at a sentence's end) stays open.
        found = [(doc.char_span(start, end, label=label), start, end) for start, end, label in spans]
        lost = [(start, end) for span, start, end in found if span is None]
        doc.set_ents(
            [span for span, _, _ in found if span is not None],
            missing=[doc[t.i : t.i + 1] for t in doc if any(s < t.idx + len(t) and t.idx < e for s, e in lost)],
            default="outside",
        )
        docs.append(doc)
    return docs
