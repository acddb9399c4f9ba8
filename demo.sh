#!/bin/sh
# The main job on the bundled corpora: clean, tokenize, train an n-gram and an LSTM model, compare, generate.
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
"$textkit" corpora path reviews-zh dev >"$runs/reviews.path"
cut -f 2 "$(cat "$runs/reviews.path")" | head -n 3 >"$runs/reviews.txt"
show tokenize --clean sentiment --tokenizer jieba "$runs/reviews.txt"
printf "Mr. Chen doesn't agree with my suggestion.\n" >"$runs/sentence.txt"
show tokenize --tokenizer spacy "$runs/sentence.txt"

printf '\nTrain on the same English text, once by counting and once by learning:\n'
show train-lm "$en/train.txt" --model ngram --min-count 2 --valid "$en/valid.txt" --test "$en/test.txt" -o "$runs/ngram-en"
show train-lm "$en/train.txt" --model lstm --epochs 5 --valid "$en/valid.txt" --test "$en/test.txt" -o "$runs/lstm-en"
show generate "$runs/ngram-en" --prompt "The old" --length 30 --one-line --seed 1
show generate "$runs/lstm-en" --prompt "The old" --length 30 --one-line --seed 1 --temperature 0.8

printf '\nAnd Chinese, words by jieba:\n'
show train-lm "$zh/train.txt" --model ngram --tokenizer jieba --min-count 2 --test "$zh/test.txt" -o "$runs/ngram-zh"
show generate "$runs/ngram-zh" --length 30 --one-line --seed 2
show score "$runs/lstm-en" "$en/test.txt"
