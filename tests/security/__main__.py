"""`make licences`: write docs/licences.md anew."""

from tests.security.licences import PAGE, page

PAGE.write_text(page(), "utf-8")
