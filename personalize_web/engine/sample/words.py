"""The words that titles and descriptions of the sample catalogue are made of."""

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama",
    "Family", "Fantasy", "History", "Horror", "Mystery", "Romance", "Science Fiction",
)  # fmt: skip

COMPANIONS = {
    "Action": ("Adventure", "Crime", "Science Fiction"),
    "Adventure": ("Action", "Family", "Fantasy"),
    "Animation": ("Family", "Comedy", "Fantasy"),
    "Comedy": ("Romance", "Family", "Drama"),
    "Crime": ("Mystery", "Drama", "Action"),
    "Documentary": ("History",),
    "Drama": ("Romance", "History", "Crime"),
    "Family": ("Animation", "Adventure", "Comedy"),
    "Fantasy": ("Adventure", "Romance", "Animation"),
    "History": ("Drama", "Documentary"),
    "Horror": ("Mystery", "Science Fiction"),
    "Mystery": ("Crime", "Horror", "Drama"),
    "Romance": ("Comedy", "Drama"),
    "Science Fiction": ("Action", "Horror", "Mystery"),
}
"""Genres that often come together."""

ADJECTIVES = (
    "Amber", "Borrowed", "Broken", "Burning", "Crimson", "Crooked", "Distant", "Drowned", "Electric", "Endless",
    "Fallen", "Forgotten", "Frozen", "Gentle", "Gilded", "Glass", "Golden", "Hidden", "Hollow", "Iron",
    "Lonely", "Lost", "Midnight", "Northern", "Paper", "Patient", "Quiet", "Restless", "Second", "Secret",
    "Seventh", "Silent", "Silver", "Sleeping", "Stolen", "Stubborn", "Velvet", "Wandering", "Wild", "Winter",
)  # fmt: skip

NOUNS = (
    "Archive", "Atlas", "Bridge", "Carnival", "Cartographer", "Cathedral", "Clockmaker", "Coast", "Comet", "Compass",
    "Courier", "Detective", "Echo", "Embassy", "Empire", "Expedition", "Ferry", "Forest", "Frontier", "Garden",
    "Harbour", "Heiress", "Horizon", "Hotel", "Island", "Kingdom", "Labyrinth", "Lantern", "Letter", "Lighthouse",
    "Market", "Mirror", "Mountain", "Museum", "Oath", "Observatory", "Orchard", "Orchestra", "Passenger", "Piano",
    "Promise", "Railway", "River", "Satellite", "Season", "Signal", "Stranger", "Summer", "Tide", "Tower",
    "Treasure", "Umbrella", "Valley", "Verdict", "Village", "Voyage", "Wedding", "Whisper", "Window", "Witness",
)  # fmt: skip

PLACES = (
    "Almera", "Brackwater", "Cedar Bay", "Dunmore", "Eastgate", "Fairhollow", "Graystone", "Halvard", "Inverloch",
    "Juniper Hill", "Kestrel Point", "Larkspur", "Marrow Street", "Northwick", "Oldport", "Penhaven", "Quarry Lane",
    "Ravenna Heights", "Saltmarsh", "Thornfield", "Umber Falls", "Vesper", "Willowbrook", "Yarrow",
)  # fmt: skip

HEROES = (
    "a retired pilot", "a lighthouse keeper", "a young violinist", "an unlucky inspector", "a village teacher",
    "a shy engineer", "a travelling barber", "a runaway prince", "a night-shift nurse", "a stubborn farmer",
    "a forger with a conscience", "the last librarian", "a rookie reporter", "a ship's cook", "a family of bakers",
    "an exiled astronomer",
)  # fmt: skip

DEEDS = {
    "Action": "must outrun an old enemy", "Adventure": "sets out for the end of the map",
    "Animation": "discovers a world behind the wallpaper", "Comedy": "makes one promise too many",
    "Crime": "plans the one theft nobody would report", "Documentary": "tells what really happened",
    "Drama": "comes home after twenty years", "Family": "has a single weekend to save the fair",
    "Fantasy": "wakes a sleeping magic", "History": "lives through the siege",
    "Horror": "hears the house breathe", "Mystery": "finds a letter that was never sent",
    "Romance": "misses the right train and meets the right person", "Science Fiction": "answers a signal from outside",
}  # fmt: skip

CLASSIFICATIONS = ("All", "7+", "13+", "16+")
SUBSCRIPTIONS = ("Free", "Basic", "Premium")
AGE_GROUPS = ("18-24", "25-34", "35-49", "50-64", "65+")
DEVICES = ("TV", "Phone", "Tablet", "Web")
