"""Evidence records (RFC 4998, in XML RFC 6283): read, made for a stock of files, and renewed."""
