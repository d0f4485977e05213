"""`envdoctor compat update`: a newer table, fetched and verified before it takes the place of the old one."""
