#!/bin/sh
# A translator in shell: Apertium behind JSON Lines. Needs jq and, for English and Spanish, apertium-eng-spa.
# Apertium reads a single line break as the middle of a sentence, so every run of white space becomes one space.
while IFS= read -r line; do
    id=$(printf '%s' "$line" | jq .id)
    pair=$(printf '%s' "$line" | jq -r '(.source_language + "-" + .target_language) | ascii_downcase')
    case "$pair" in
        en*-es*) mode=eng-spa ;;
        es*-en*) mode=spa-eng ;;
        *) printf '{"id": %s, "error": "the pair is not served"}\n' "$id"; continue ;;
    esac
    printf '%s' "$line" | jq -r '.text | gsub("\\s+"; " ")' | apertium -u "$mode" |
        jq -Rsc --argjson id "$id" '{id: $id, translation: sub("\\s+$"; "")}'
done
