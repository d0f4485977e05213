"""What `envdoctor compat` shows: rows of the table, each with where it is from."""
