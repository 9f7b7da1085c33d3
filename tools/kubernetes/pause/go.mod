module meshgate/pause

go 1.24.0
