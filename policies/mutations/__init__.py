"""Small changes of a policy, each of which some case must notice."""
