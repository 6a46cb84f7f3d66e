"""Start the workbench: `python app.py [--host --port --profile --storage]`, the same as `kbapp app`."""

import sys

from kbapp.cli import main

if __name__ == "__main__":
    main(["app", *sys.argv[1:]])
