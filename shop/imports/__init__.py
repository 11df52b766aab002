"""Product files of other shops: recognised by header, read row by row, drafted, saved in batches."""
