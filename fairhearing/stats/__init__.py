"""Arrays in, frozen results out. Nothing here knows of programmes, sources or files."""
