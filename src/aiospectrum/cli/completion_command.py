"""``aiospectrum completion``: scripts by which shells complete commands, options and choices."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from aiospectrum.cli.options import Passed

__all__ = ["Shell", "completion_command"]

Shell: TypeAlias = Literal["bash", "zsh", "fish"]
"""A shell that can complete the command."""

# The script that cyclopts makes for zsh only defines a function, which nothing calls when a file of $fpath has another
# name than the function, and which nothing registers when the script is sourced.
_ZSH_END = """
_aiospectrum_or_files() {
  local insert=$compstate[insert] # which a message in place of matches takes away
  _cyclopts_aiospectrum "$@"
  (( compstate[nmatches] )) && return
  compstate[insert]=$insert
  _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _aiospectrum_or_files "$@"
else
  compdef _aiospectrum_or_files aiospectrum
fi
"""


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
        context.out.file.write(f"{_mended(shell, generate(shell)).rstrip()}\n")
        context.out.file.flush()

    return completion


def _mended(shell: Shell, script: str) -> str:
    """A script of cyclopts that completes files too, and commands after options that have a value."""
    match shell:
        case "bash":
            return script.replace("complete -F ", "complete -o default -F ")
        case "zsh":
            return f"{script}{_ZSH_END}"
        case "fish":  # its own function takes the value of an option for a command
            return script.replace("__fish_use_subcommand", "__fish_aiospectrum_using_command")
