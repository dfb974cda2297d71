"""The running service: settings, the web application, the command line. All effects are here."""
