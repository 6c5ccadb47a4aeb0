"""How the mini backbone learned the people that it knows."""
