"""What a run of `cds-service impact` leaves: counts, tables, and a page with plots."""
