"""A classifier that knows six words, as a program that speaks JSON Lines: a pattern for your own tool."""

import json
import sys

WORDS = {"plough": "A01B", "eye": "A61B", "battery": "B60L", "shaft": "F16H", "memory": "G06F", "network": "H04L"}

for line in sys.stdin:
    item = json.loads(line)
    text = f"{item['title']} {item['text']}".lower()
    found = sorted(((text.count(word), symbol) for word, symbol in WORDS.items() if word in text), reverse=True)
    total = sum(count for count, _ in found)
    answer = (
        {"suggestions": [[symbol, count / total] for count, symbol in found]} if found else {"error": "no known word"}
    )
    print(json.dumps({"id": item["id"]} | answer), flush=True)
