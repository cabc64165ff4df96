"""In which language a text is, told by its script and by the small words that every sentence has."""

import re
from collections import Counter
from collections.abc import Iterable

_SMALL_WORDS = {
    "English": "the and of to is in with for from his her that this by an",
    "French": "le la les des et une est dans pour avec sur qui du au par",
    "German": "der die das und ein eine ist mit für von dem den auf im zu",
    "Spanish": "el los las y una es en con para por del que su al lo",
    "Portuguese": "o os as e uma é em com para por do da que seu ao",
}
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+")
OTHER = "Other"


def of(text: str) -> str:
    """English, French, German, Spanish, Portuguese, Japanese or Chinese; Other where it is none of them, or unclear."""
    if _KANA.search(text):
        return "Japanese"
    if _HAN.search(text):
        return "Chinese"
    words = _WORD.findall(text.lower())
    hits = Counter({language: sum(word in small for word in words) for language, small in _WORDS.items()})
    (best, most), (_, second) = hits.most_common(2)
    return best if most > second else OTHER


def shares(texts: Iterable[str]) -> list[dict[str, object]]:
    """The languages of texts and the share of each, the most frequent first, JSON-able."""
    counts = Counter(map(of, texts))
    return [{"value": name, "share": n / counts.total()} for name, n in sorted(counts.items(), key=lambda at: -at[1])]
