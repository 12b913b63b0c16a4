"""The eves that a hospital may observe: a leaf, which the settings read."""

# What an eve is called in the settings → the day after it, by its name in ``closed_days``.
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
