"""`python -m envdoctor` is the command `envdoctor`."""

from .cli import main

if __name__ == "__main__":
    main()
