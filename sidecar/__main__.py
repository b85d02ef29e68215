"""``python -m sidecar`` is ``fermat-sidecar``."""

import sys

from sidecar.cli import main

sys.exit(main())
