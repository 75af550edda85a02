"""`python -m deliberation` is the `deliberate` command."""

import sys

from deliberation.cli import main

if __name__ == "__main__":
    sys.exit(main())
