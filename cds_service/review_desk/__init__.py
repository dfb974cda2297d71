"""The reviewer's desk in a browser, `/review`: sign-in, the list by due time, one case a page, decisions."""
