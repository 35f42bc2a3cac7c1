"""Charts, reports, and what notebooks show; pages are opened in a browser where there is one."""
