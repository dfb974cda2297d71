"""What a text of a result states: closed grammars, in which every word is known, or the text states nothing."""
