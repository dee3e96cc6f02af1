"""What patent offices send, read into one shape: WIPO ST.96 and ST.36 XML, USPTO formats, DOCDB, OPS."""
