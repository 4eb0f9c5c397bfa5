"""The use cases shared by every shell; clocks and identities enter here."""
