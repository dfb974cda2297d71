"""Prior authorization (Da Vinci PAS 2.2.1), free of any web framework: requests, decisions, notices, figures."""
