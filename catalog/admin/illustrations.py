"""Pictures for the texts of a course, uploaded on its page."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.pictured import shown
from catalog.models import Illustration
from catalog.pictures import InvalidPicture

SHOWN_HEIGHT = 80  # pixels


class IllustrationForm(forms.ModelForm):
    """A picture: what it is called, and a file to show under that name."""

    name = forms.CharField(
        label=_("Name"), required=False, max_length=80, help_text=_("Empty: the file’s own name.")
    )
    upload = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/avif"}),
    )

    class Meta:
        model = Illustration
        fields = ["name"]

    def clean(self) -> dict[str, Any]:
        """Read the picture, and find its name. Refuse a row that would show nothing."""
        values: dict[str, Any] = super().clean() or {}
        values["name"] = values.get("name") or self.instance.name
        if file := values.get("upload"):
            values["name"] = values.get("name") or re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)
            from catalog.pictures.illustrations import read_illustration

            try:
                self.kept = read_illustration(file)
            except InvalidPicture as error:
                self.add_error("upload", str(error))
            else:
                self.instance.show(self.kept)
        elif self.instance.pk is None and self.has_changed():
            raise ValidationError(gettext("Choose a file."))
        return values

    def save(self, commit: bool = True) -> Any:
        """Write the file as well."""
        if kept := getattr(self, "kept", None):
            kept.write()
        return super().save(commit)


class IllustrationInline(admin.TabularInline):
    """The pictures that the course's texts may show."""

    model = Illustration
    form = IllustrationForm
    fields = ("picture", "markdown", "name", "upload")
    readonly_fields = ("picture", "markdown")
    extra = 0

    @admin.display(description=_("picture"))
    def picture(self, row: Illustration) -> SafeString | str:
        """Show it, small."""
        if row.pk is None:
            return "-"
        return shown(row.url, round(row.width * SHOWN_HEIGHT / row.height), SHOWN_HEIGHT)

    @admin.display(description=_("in a text"))
    def markdown(self, row: Illustration) -> str:
        """Say how a text shows it."""
        return f"![{gettext('What one sees')}](images/{row.name})" if row.pk else "-"
