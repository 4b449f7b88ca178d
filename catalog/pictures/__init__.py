"""Pictures that staff upload: checked, cropped, re-encoded and kept in several widths.

``kept`` says what lies in the storage, and under which names. Pillow takes ten megabytes, so only
what reads or draws pictures imports it (``reading``, ``keeping``, ``illustrations``, ``previews``),
and whoever serves pages imports that with the first picture.
"""


class InvalidPicture(Exception):
    """The file cannot be shown; the message tells its owner why."""
