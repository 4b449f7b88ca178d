"""Which languages PostgreSQL knows the grammar of."""

# Of ISO 639 codes; PostgreSQL 14 and later have all of these, with no extension.
CONFIGURATIONS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
SIMPLE = "simple"


def configuration(language: str) -> str:
    """Return the text search configuration for a code such as ``de`` or ``pt-br``.

    A language that PostgreSQL does not know is searched by its words as they stand.
    """
    return CONFIGURATIONS.get(language.lower().replace("_", "-").split("-")[0], SIMPLE)
