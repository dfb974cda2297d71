"""HTTP: routes, errors and pages of the service. Flask is known here, in `form_page`, and in the factory above them."""
