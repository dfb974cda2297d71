"""What a tester loads into the public certification kits."""
