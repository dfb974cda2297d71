"""Population logic: what a form asks and a chart can hold, as CQL that an EHR or a DTR app runs over its own data.

Written from the policy and its value sets, as the mapping reads them; never by hand. It may say less than the mapping,
and never anything else (docs/population.md).
"""
