"""The texts of the issue catalogue, one module per area; issue_catalogue.py puts them together."""
