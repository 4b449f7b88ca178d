"""What a lesson has beside its text: a video, its captions, and files to download."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.media.embeds import Embed, read_embed
from catalog.media.keeping import file_name, poster_name, protected_storage, video_name
from catalog.media.videos import read_video
from catalog.media.webvtt import Cue, InvalidCaptions, read_cues
from catalog.models.outline import Lesson
from catalog.models.searching import CueWords
from catalog.pictures.kept import picture_name
from catalog.pictures.shapes import Shape

if TYPE_CHECKING:
    from PIL import Image

# What is shown before a video plays; kept in one width alone.
POSTER = Shape(folder="posters", ratio=(16, 9), widths=(640, 1280))


def _refuse_other_addresses(address: str) -> None:
    if read_embed(address) is None:
        raise ValidationError(gettext("Please give the address of a video at YouTube or Vimeo."))


class Video(models.Model):
    """A lesson's video: a file of ours, or the address of one at YouTube or Vimeo."""

    lesson = models.OneToOneField(Lesson, on_delete=models.CASCADE, related_name="video")
    file = models.FileField(
        _("file"), storage=protected_storage, upload_to=video_name, max_length=120, blank=True
    )
    content_type = models.CharField(max_length=40, blank=True, editable=False)
    address = models.URLField(
        _("address"),
        blank=True,
        validators=[_refuse_other_addresses],
        help_text=_("Instead of a file: of a video at YouTube or Vimeo."),
    )
    poster = models.FileField(
        _("poster"),
        storage=protected_storage,
        upload_to=poster_name,
        max_length=120,
        blank=True,
        editable=False,
    )
    seconds = models.PositiveIntegerField(
        _("seconds"),
        default=0,
        help_text=_("How long it plays. Empty: what the file says."),
    )

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(file="") ^ models.Q(address=""),
                name="video_is_here_or_elsewhere",
                violation_error_message=_("Give a file or an address, not both."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.lesson}"

    @property
    def embed(self) -> Embed | None:
        """The video at YouTube or Vimeo; ``None`` if it is a file of ours."""
        return read_embed(self.address) if self.address else None

    def play(self, file: "File[bytes]") -> None:
        """Have this file once the row is saved. Raise ``InvalidVideo`` if it is no video.

        The file of before stays until it is swept (catalog/media/keeping.py).
        """
        facts = read_video(cast("BinaryIO", file))
        file.name = f"video{facts.suffix}"
        self.file = file
        self.content_type = facts.content_type
        self.seconds = facts.seconds

    def begin_with(self, picture: "Image.Image") -> None:
        """Show this picture, which has the shape of ``POSTER``, before it plays."""
        from catalog.pictures.keeping import encode_picture

        encoded = encode_picture(picture, POSTER)
        name = picture_name(POSTER, encoded.kept.digest, encoded.kept.width)
        self.poster = ContentFile(encoded.files[name], name="poster.webp")


class Caption(models.Model):
    """What is said in a lesson's video, in one language, as WebVTT."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="captions")
    language = models.CharField(
        _("language"),
        max_length=15,
        validators=[RegexValidator(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")],
        help_text=_("Its code, such as en or id."),
    )
    text = models.TextField(_("text"), editable=False)
    cues = models.JSONField(editable=False)

    class Meta:
        verbose_name = _("captions")
        verbose_name_plural = _("captions")
        ordering: ClassVar[list[str]] = ["language"]
        indexes: ClassVar[list[models.Index]] = [GinIndex(CueWords(F("cues")), name="cue_words")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lesson", "language"], name="caption_language_once")
        ]

    def __str__(self) -> str:
        return self.language

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the transcript beside its source. Raise ``InvalidCaptions`` if that is no WebVTT."""
        self.cues = [[cue.seconds, cue.words] for cue in read_cues(self.text)]
        super().save(*args, **kwargs)

    @property
    def transcript(self) -> list[Cue]:
        """What is said, to read; each part begins at its second."""
        return [Cue(seconds, words) for seconds, words in self.cues]

    def clean(self) -> None:
        """Refuse what is no WebVTT."""
        try:
            read_cues(self.text)
        except InvalidCaptions as error:
            raise ValidationError(str(error)) from error


class LessonFile(models.Model):
    """A file that comes with a lesson."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(
        _("file"), storage=protected_storage, upload_to=file_name, max_length=120
    )
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("As it is downloaded. Empty: as it is.")
    )
    size = models.PositiveBigIntegerField(_("size"), default=0, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lesson", "name"], name="lesson_file_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    def hold(self, file: "File[bytes]", *, name: str = "") -> None:
        """Have this file once the row is saved, and be downloaded by that name or its own."""
        self.name = safe_name(name or file.name or "")
        self.size = file.size
        self.file = file


def safe_name(name: str, *, longest: int = 120) -> str:
    """Return a name that is safe in any folder of any system: no path, no signs that mean more."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(
        " " if letter in '<>:"/|?*' or not letter.isprintable() else letter for letter in last
    )
    cleaned = " ".join(plain.split()).strip(" .") or "file"
    stem, dot, suffix = cleaned.rpartition(".")
    room = longest - len(dot + suffix)
    return cleaned if len(cleaned) <= longest else f"{stem[: max(1, room)]}{dot}{suffix}"[:longest]
