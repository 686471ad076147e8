"""What the rules refuse."""


class RulesError(ValueError):
    """A rule file or an override that cannot be used; the message says where and why."""
