"""Plans, pulls and watches of many zones."""
