"""`python -m cds_service` is the same as `cds-service`."""

from cds_service.commands.main import main

main()
