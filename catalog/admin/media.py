"""A lesson's media as staff give them: a video, its captions, and files to download."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from catalog.forms import PictureField
from catalog.media.videos import InvalidVideo
from catalog.media.webvtt import InvalidCaptions, decode_captions, read_cues
from catalog.models import Caption, LessonFile, Video
from catalog.models.media import POSTER, safe_name


class VideoForm(forms.ModelForm):
    """A video. What a file holds is what counts, not what it is called."""

    upload = PictureField(
        POSTER,
        label=_("Poster"),
        help_text=_("What is shown before it plays, cut to 16:9: JPEG, PNG, WebP or AVIF."),
    )
    remove_poster = forms.BooleanField(required=False, label=_("Remove the poster"))

    class Meta:
        model = Video
        fields = ["file", "address", "seconds", "upload", "remove_poster"]
        widgets = {
            "file": forms.ClearableFileInput({"accept": "video/mp4,video/webm"}),
            "address": forms.URLInput({"size": 60}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seconds"].required = False

    def clean_seconds(self) -> int:
        """Take an empty field for what the file says."""
        return self.cleaned_data["seconds"] or 0

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        file, seconds = self.cleaned_data.get("file"), self.cleaned_data.get("seconds")
        if isinstance(file, UploadedFile):
            try:
                self.instance.play(file)
            except InvalidVideo as error:
                self.add_error("file", ValidationError(str(error)))
            if "seconds" in self.changed_data and seconds:
                self.instance.seconds = seconds

    def save(self, commit: bool = True) -> Any:
        """Save the video, with the poster that was given."""
        if picture := self.cleaned_data.get("upload"):
            self.instance.begin_with(picture)
        elif self.cleaned_data.get("remove_poster"):
            self.instance.poster = ""
        return super().save(commit)


class CaptionForm(forms.ModelForm):
    """Captions. Those that are there already stay unless others are given."""

    upload = forms.FileField(
        required=False,
        label=_("WebVTT file"),
        widget=forms.FileInput({"accept": ".vtt,text/vtt"}),
        help_text=_("The transcript under the video is made from it."),
    )

    class Meta:
        model = Caption
        fields = ["language", "upload"]

    def clean_upload(self) -> str:
        """Return the text of the file, or else the one that is there."""
        file = self.cleaned_data["upload"]
        if not file:
            if not self.instance.text:
                raise ValidationError(self.fields["upload"].error_messages["required"], "required")
            return str(self.instance.text)
        try:
            text = decode_captions(file.read())
            read_cues(text)
        except InvalidCaptions as error:
            raise ValidationError(str(error)) from error
        self.instance.text = text
        return text


class LessonFileForm(forms.ModelForm):
    """A file to download. Without another name it keeps its own."""

    class Meta:
        model = LessonFile
        fields = ["position", "file", "name"]
        widgets = {"file": forms.FileInput()}

    def clean(self) -> dict[str, Any]:
        """Name the file as it is going to be downloaded."""
        values: dict[str, Any] = super().clean() or {}
        file = values.get("file")
        if name := values.get("name") or getattr(file, "name", ""):
            values["name"] = safe_name(name)
        if isinstance(file, UploadedFile):
            self.instance.size = file.size
        return values


class VideoInline(admin.StackedInline):
    """The lesson's video."""

    model = Video
    form = VideoForm
    extra = 0
    max_num = 1
    verbose_name_plural = _("video")


class CaptionInline(admin.TabularInline):
    """What is said in the video, in one language or several."""

    model = Caption
    form = CaptionForm
    extra = 0


class LessonFileInline(admin.TabularInline):
    """What comes with the lesson to download."""

    model = LessonFile
    form = LessonFileForm
    fields = ("position", "file", "name")
    extra = 0
