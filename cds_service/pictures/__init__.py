"""What pages show of therapy and policies: the timeline drawn and in words, and the parts of a policy in words."""
