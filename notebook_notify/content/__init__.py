"""What a run showed, and how a message tells it; knows no IPython, no platform's wire."""
