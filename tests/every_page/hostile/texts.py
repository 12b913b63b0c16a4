"""Texts that nobody means well with, or that no field expects."""

SCRIPT = "<script>alert(1)</script>"
MARKUP = "\"'><b>"
# The first two are short enough to be kept by every field of free text, so that they get shown.
TEXTS: dict[str, str | bytes] = {
    "script": SCRIPT,
    "all sorts": f"{MARKUP}{{{{7*7}}}}%s\u202e\r\nÅA\u030a\U0001f469\u200d\U0001f467",
    "NUL": "a\x00b",
    "only invisible": "\u200b\u202e\u2066\ufeff",
    "no characters": "\uffff\U0010ffff\ue000",
    "long": "Å" * 10_000,
    "as long as a name": "Å" * 120,
    "bytes that are no UTF-8": b"a\xff\xed\xa0\x80\xed\xbf\xbf\xc3",
}
SHOWN = ("script", "all sorts")
# What PostgreSQL takes in no text, or in none of that length.
UNSTORABLE = ("NUL", "long", "as long as a name", "bytes that are no UTF-8")
