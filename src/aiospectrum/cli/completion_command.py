"""``aiospectrum completion``: scripts by which shells complete commands, options and choices."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from aiospectrum.cli.options import Passed

__all__ = ["Shell", "completion_command"]

Shell: TypeAlias = Literal["bash", "zsh", "fish"]
"""A shell that can complete the command."""


def completion_command(generate: Callable[[Shell], str]) -> Callable[..., None]:
    """Make the command.

    Args:
        generate: Makes the script for a shell.
    """

    def completion(shell: Shell, /, *, context: Passed) -> None:
        """Print a script that completes the command in a shell.

        For bash: source <(aiospectrum completion bash)
        For zsh, in a folder of $fpath: aiospectrum completion zsh > ~/.zfunc/_aiospectrum
        For fish: aiospectrum completion fish > ~/.config/fish/completions/aiospectrum.fish

        Args:
            shell: bash, zsh or fish.
            context: The surroundings.
        """
        context.out.file.write(f"{generate(shell).rstrip()}\n")
        context.out.file.flush()

    return completion
