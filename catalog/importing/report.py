"""What an import did, as people read it."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """What an import changed in one course, and what it left, as people read it."""

    title: str
    is_new: bool = False
    changes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # what it lacks, and should have
