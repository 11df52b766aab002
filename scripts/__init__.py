"""Set-up, servers and supervision behind the Makefile.

Standard library only: this runs before the virtual environment exists.
"""
