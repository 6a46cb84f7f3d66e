"""`python -m kbapp` is `kbapp`."""

from kbapp.cli import main

main()
