"""The shell, with what it needs loaded before its answer's time begins to run.

A busy machine takes more seconds to load RunPod's SDK than an answer has.

    python -m tests.integration.unhurried WORDS
"""

import sys

from bot.cli import main
from bot.sources.runpod import _sdk

if __name__ == "__main__":
    _sdk()
    sys.exit(main(sys.argv[1:]))
