"""The service with a commit for every call: what it gains that calls share one is measured against this.

Processes that it starts import this module again, and so serve in the same way.
"""

from cds_service.commands.main import main
from cds_service.database import writers

writers._MOST = 1  # noqa: SLF001 - what is measured is the service without what it has no switch for

if __name__ == "__main__":
    main()
