"""The program ``ocppfw``, as ``python -m ocppfw``."""

import sys

from ocppfw.console.main import main

if __name__ == "__main__":
    sys.exit(main())
