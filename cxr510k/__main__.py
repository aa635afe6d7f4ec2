"""Start the command line: ``python -m cxr510k``."""

from cxr510k.main import main

main()
