"""Authority data of the field: IPC symbols, ST.3 offices, languages, citation categories."""
