"""Which of the faults 47 to 92 this shop cannot have, each with its reason."""

NOT_APPLICABLE_LATER: dict[int, str] = {}
