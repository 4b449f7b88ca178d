"""Pictures that staff upload: checked, cropped, re-encoded and kept in several widths."""
