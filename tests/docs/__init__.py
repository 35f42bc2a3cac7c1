"""The pages of the site, and the README, are true."""
