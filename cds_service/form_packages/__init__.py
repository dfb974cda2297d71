"""Packages of forms: what a call asks for, which order and determination it is about, and what it is answered with."""
