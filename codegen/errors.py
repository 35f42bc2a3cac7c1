"""The error for a spec that the generator does not support."""

__all__ = ["SpecError", "join"]


class SpecError(Exception):
    """The spec holds a construct that cannot be generated from; nothing is written."""

    def __init__(self, pointer: str, problem: str, supported: str) -> None:
        """Keep where it is and what would do.

        Args:
            pointer: JSON pointer into the spec.
            problem: What stands there.
            supported: What the generator supports in its place.
        """
        super().__init__(f"{pointer}: {problem}; supported: {supported}")
        self.pointer = pointer


def join(pointer: str, *keys: str | int) -> str:
    """Extend a JSON pointer.

    Source: https://www.rfc-editor.org/rfc/rfc6901#section-3

    Args:
        pointer: Where to start.
        *keys: Keys and indexes below it.

    Returns:
        The longer pointer.
    """
    steps = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return "/".join((pointer, *steps))
