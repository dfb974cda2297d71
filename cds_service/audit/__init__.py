"""Who read what: noted without holding up a read, told as FHIR AuditEvents; and the whole record of one patient."""
