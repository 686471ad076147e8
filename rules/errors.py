"""What the rules refuse."""


class RulesError(ValueError):
    """A rule file or an override that cannot be used; the message says where and why.

    `name` is the parameter that an override is about, where it is about one.
    """

    def __init__(self, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name
