"""Takes the documentation's pictures: `make screenshots`. Look at them first."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import gallery

ROOT = Path(__file__).parents[2]
WALK = ROOT / "tests" / "integration" / "test_browser.py"


def main() -> int:
    """Walk through the local Slack in a browser, and keep the picture of the thread."""
    if names := sys.argv[1:]:
        return gallery.main(names)
    # In a process of its own: what is imported here it could not prepare any more.
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", str(WALK))
    code = subprocess.run(words, check=False).returncode
    taken = ROOT / ".testbed" / "pictures" / "2-thread.png"
    if code or not taken.exists():
        print("no picture was taken", file=sys.stderr)
        return 1
    (ROOT / "docs").mkdir(exist_ok=True)
    shutil.copy(taken, ROOT / "docs" / "answer.png")
    print("wrote docs/answer.png")
    return gallery.main()


if __name__ == "__main__":
    raise SystemExit(main())
