"""The web application: routes, errors and pages. Flask is known here and in `cds_service.wsgi` only."""
