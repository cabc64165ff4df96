"""The mathematics: data and models as plain Python, without web, queue or database."""
