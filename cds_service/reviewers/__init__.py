"""Who decides at the reviewer's desk: the operator's file of reviewers, sign-in, sessions and lockout."""
