// Here the first file will stand.
