#!/bin/sh
# The main job on the bundled corpora: clean, tokenize, train language models, a classifier, a tagger and a translator, use them.
# usage: demo.sh TEXTKIT RUNS
set -eu
textkit=$1
runs=$2
rm -rf "$runs"
mkdir -p "$runs"
en=$("$textkit" corpora path prose-en)
zh=$("$textkit" corpora path prose-zh)

show() {
  printf '\n$ textkit'
  printf ' %s' "$@"
  printf '\n'
  "$textkit" "$@"
}

show corpora list
printf '\nClean and tokenize, Chinese and English:\n'
head -n 3 "$("$textkit" corpora path reviews-zh dev)" | cut -f 2 >"$runs/reviews.txt"
show tokenize --clean sentiment --tokenizer jieba "$runs/reviews.txt"
printf "Mr. Chen doesn't agree with my suggestion.\n" >"$runs/sentence.txt"
show tokenize --tokenizer spacy "$runs/sentence.txt"

printf '\nTrain on the same English text, once by counting and once by learning:\n'
held_out="--valid $en/valid.txt --test $en/test.txt"
show train-lm "$en/train.txt" --model ngram --tokenizer regex --min-count 2 $held_out -o "$runs/ngram-en"
show train-lm "$en/train.txt" --model lstm --tokenizer regex --epochs 5 --dropout 0.2 \
  $held_out -o "$runs/lstm-en"
show generate "$runs/ngram-en" --prompt "The old" --length 40 --one-line --seed 1
show generate "$runs/lstm-en" --prompt "The old" --length 40 --one-line --seed 1

printf '\nAnd Chinese, in words found by jieba:\n'
show train-lm "$zh/train.txt" --model ngram --tokenizer jieba --min-count 2 --test "$zh/test.txt" -o "$runs/ngram-zh"
show generate "$runs/ngram-zh" --length 40 --one-line --seed 2

printf '\nIs a review good (1) or bad (0), how sure is that, and which words decided?\n'
reviews=$("$textkit" corpora path reviews-zh)
show train-classifier "$reviews/train.tsv" --dev "$reviews/dev.tsv" --test "$reviews/test.tsv" -o "$runs/reviews"
show classify "$runs/reviews" "$runs/reviews.txt"
show explain "$runs/reviews" --text "快递很慢，但是音质很好，没让我失望"

printf '\nWho goes where, and when?\n'
travel=$("$textkit" corpora path travel)
show train-tagger "$travel/train.jsonl" --epochs 8 --dev "$travel/dev.jsonl" --test "$travel/test.jsonl" -o "$runs/travel"
printf 'Arrive Taipei on November 2nd\n' >"$runs/request.txt"
show tag "$runs/travel" --format inline "$runs/request.txt"

printf '\nEnglish sentences that were not learnt, in French:\n'
pairs=$("$textkit" corpora path pairs-en-fr)
show train-nmt --pairs "$pairs/train.tsv" --valid-pairs "$pairs/valid.tsv" --test-pairs "$pairs/test.tsv" \
  --width 64 --layers 1 --vocab-size 2000 --dropout 0 --batch-tokens 400 --learning-rate 0.008 --epochs 8 -o "$runs/french"
sed -n '9,11p' "$pairs/test.tsv" | cut -f 1 >"$runs/english.txt"
show translate "$runs/french" "$runs/english.txt"
printf '\nEverything is in %s: settings, vocabulary, weights, learning curve (curve.png).\n' "$runs"
