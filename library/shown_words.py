"""What people write for others to read: the fields of its forms."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class WordsField(forms.CharField):
    """A text whose line ends count once, as browsers count them against ``maxlength``."""

    def to_python(self, value: Any) -> Any:
        """Return the text with the line ends that the database keeps."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


class ShownNameField(forms.CharField):
    """A name that others see. An address is refused: robots would read it."""

    def __init__(self, *, max_length: int) -> None:
        super().__init__(label=_("Name to show"), max_length=max_length)

    def validate(self, value: Any) -> None:
        """Refuse an address."""
        super().validate(value)
        if "@" in value:
            raise ValidationError(gettext("Please choose a name that is not an e-mail address."))
