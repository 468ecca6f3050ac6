"""``python -m docgen``."""

import sys

from docgen.main import main

sys.exit(main())
