"""Speed, side by side with the loop that tutorials usually show. Run it with `make bench`."""
