"""The page on which a form is answered, over HTTP: its routes, its headers, its plain twin, the SMART launch."""
