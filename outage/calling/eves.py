"""The eves that a hospital may observe.

A module of its own for the settings, since ``closed_days`` imports ``holidays``, which is slow.
"""

# What an eve is called in the settings → the day after it, by its Swedish name in ``holidays``.
EVES = {
    "twelfth-night": "Trettondedag jul",
    "maundy-thursday": "Långfredagen",
    "easter": "Påskdagen",
    "walpurgis": "Första maj",
    "ascension": "Kristi himmelsfärdsdag",
    "whitsun": "Pingstdagen",
    "midsummer": "Midsommardagen",
    "all-saints": "Alla helgons dag",
    "christmas": "Juldagen",
    "new-year": "Nyårsdagen",
}
