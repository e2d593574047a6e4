"""`python -m mailhub`."""

from mailhub.cli.main import main

main()
