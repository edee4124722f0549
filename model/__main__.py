"""``python -m defercheck``."""

from defercheck.cli import main

main()
