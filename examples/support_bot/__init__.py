"""A customer-service bot on Wellspring: a webhook that answers with sources, asks back, and hands over to a person."""
