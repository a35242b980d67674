// Here the room's first file will stand.
