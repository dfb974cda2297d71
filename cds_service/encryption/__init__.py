"""What a chart is encrypted with: keys of the operator, keys of tenants, and payloads under them."""
