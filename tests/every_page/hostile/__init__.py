"""Hostile texts, and every form as somebody fills it in rightly, in which they are tried."""

from tests.every_page.hostile import handouts, outages, registers

# In this order: with which text an act's fields begin goes by its place.
ACTS = {**handouts.ACTS, **outages.ACTS, **registers.ACTS}
# What a field of free text keeps must be read on a page again, as it was typed.
KEPT = {
    "contact": ["name", "hint"],
    "single day": ["reason"],
    "rule for sign-ins": ["value"],
    "switch item": ["name", "hint"],
    "call": ["caller", "ward", "callback"],
    "replace": ["reason", "place"],
    "bedside": ["place"],
    "notice": ["by", "reference", "witness"],
    "patient": ["caller_name"],
    "serve": ["other_sex_reason"],
    "withdraw patient": ["reason"],
    "settle patient": ["reason"],
    "void": ["reason"],
    "transfer": ["place", "reason"],
    "correct": ["caller", "callback", "reason"],
    "wrong sex": ["reason"],
    "undo": ["reason"],
    "withdraw confirmation": ["reason"],
    "withdraw replacement": ["reason"],
    "withdraw notice": ["reason"],
    "load": ["name", "family_name", "given_name"],
    "mark": ["reason"],
    "move": ["reason"],
    "late": ["place"],
    "late of any ward": ["place"],
    "register late": ["by"],
    "withdraw late": ["reason"],
    "strike late": ["reason"],
    "destroyed": ["note"],
    "explain foreign": ["reason"],
    "from paper": ["ward", "caller", "by"],
    "tick": ["text"],
    "start": ["text"],
    "note": ["text"],
    "sign off": ["text"],
    "end": ["text"],
    "announce": ["reason"],
    "change plan": ["reason"],
    "move planned end": ["reason"],
    "cancel plan": ["reason"],
}
