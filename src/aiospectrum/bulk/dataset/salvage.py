"""What is left of a state that is damaged."""

from aiospectrum.bulk.dataset.errors import DestinationMismatchError, ManifestError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.paths import journal_number
from aiospectrum.bulk.dataset.state import LONGEST_JOURNAL, read_journal
from aiospectrum.bulk.dataset.store import Store

__all__ = ["salvage_index"]


def salvage_index(store: Store) -> tuple[DatasetIndex, dict[str, str]]:
    """Read all lines of the journals that can be read; whether the files go with them has to be verified.

    Args:
        store: Where the dataset is.

    Returns:
        The index; and what is wrong with each damaged journal, by path.

    Raises:
        DestinationMismatchError: There is no dataset.
        ManifestError: No journal says what the dataset is.
        OSError: The store cannot be read.
    """
    sizes = store.list()
    numbered = sorted((number, path) for path in sizes if (number := journal_number(path)) is not None)
    journals = [path for _, path in numbered]
    index, wrong = DatasetIndex(), dict[str, str]()
    for path in journals:
        try:
            lines = store.read(path, LONGEST_JOURNAL).split(b"\n")[:-1]
        except ManifestError as error:
            wrong[path] = str(error)
            continue
        for number, line in enumerate(lines):
            before = [lines[0]] if number else []  # as each line is read behind a header
            try:
                index.apply(path, [*read_journal(path, b"\n".join([*before, line, b""]))][len(before) :])
            except ManifestError as error:
                wrong.setdefault(path, f"line {number + 1} cannot be read: {error.__cause__ or error}")
                if not number:
                    break
    if index.header is None:
        if not journals:
            raise DestinationMismatchError(f"{store.name}: there is no dataset, which `aiospectrum pull` would make")
        raise ManifestError(
            f"{store.name}: no journal says what the dataset is: save elsewhere ({wrong[journals[-1]]})"
        )
    return index, wrong
