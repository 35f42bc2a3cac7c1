"""``python -m aiospectrum.cli``."""

import sys

from aiospectrum.cli import main

if __name__ == "__main__":
    sys.exit(main())
