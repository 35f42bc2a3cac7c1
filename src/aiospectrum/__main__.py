"""``python -m aiospectrum``, which is the command."""

import sys

from aiospectrum.cli import main

if __name__ == "__main__":
    sys.exit(main())
