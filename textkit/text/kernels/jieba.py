"""jieba's segmentation over buffers of lines: its blocks, its best route, its Markov model, its ties.

A character of a block is known by its label (see `jieba_model`): 1 to 62 letters and digits, of which 53
to 62 are digits; 63 to 69 the signs + # & . _ % -; from 70 Han characters. Label 0 is in no block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled, inlined

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

ALNUM, DIGIT, POINT, PERCENT, HAN = 62, 53, 66, 68, 70
LABEL, WEIGHT, WEIGHT_AT, BASE_AT = (1 << 15) - 1, (1 << 18) - 1, 15, 33
FORBIDDEN = 1


@inlined
def label_at(data: Bytes, place: int, labels: Labels) -> int:
    """The label of the character at a byte; `labels` (65,536,) are those of the first code points."""
    byte = data[place]
    if byte < 0x80:
        return labels[byte]
    if 0xE0 <= byte < 0xF0:
        return labels[(byte & 0x0F) << 12 | (data[place + 1] & 0x3F) << 6 | (data[place + 2] & 0x3F)]
    return labels[0]


@inlined
def width_at(data: Bytes, place: int) -> int:
    """How many bytes the character at a byte takes."""
    byte = data[place]
    return 1 + (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0)


@inlined
def best_route(
    labels: Places, size: int, units: Longs, weights: Floats, unseen: float, scores: Floats, lasts: Places
) -> None:
    """For each character of a block the last one of the best word that begins there, into `lasts`.

    From the end backwards; of equally good words the longest, as jieba takes the maximum of pairs.
    """
    scores[size] = 0.0
    for begin in range(size - 1, -1, -1):
        best = -np.inf
        last = begin
        label = labels[begin]
        unit = units[label]
        end = begin
        while unit & LABEL == label:
            weight = unit >> WEIGHT_AT & WEIGHT
            if weight > FORBIDDEN:
                score = weights[weight] + scores[end + 1]
                if score >= best:
                    best = score
                    last = end
            base = unit >> BASE_AT
            end += 1
            if base == 0 or end == size:
                break
            label = labels[end]
            unit = units[base + label]
        if best == -np.inf:
            best = unseen + scores[begin + 1]
        scores[begin] = best
        lasts[begin] = last


@inlined
def weight_of(labels: Places, begin: int, end: int, units: Longs) -> int:
    """Which weight the characters begin..end-1 have as a word; 0 for no word, 1 for a forbidden one."""
    base = 0
    unit = 0
    for place in range(begin, end):
        if place > begin and base == 0:
            return 0
        unit = units[base + labels[place]]
        if unit & LABEL != labels[place]:
            return 0
        base = unit >> BASE_AT
    return unit >> WEIGHT_AT & WEIGHT


@inlined
def tag_run(
    labels: Places, begin: int, end: int, emission: Floats, transition: Floats, choices: Bytes, cuts: Bytes
) -> None:
    """Mark in `cuts` the characters of a Han run after which a word ends (Viterbi over B, E, M, S)."""
    label = labels[begin]
    b = transition[0] + emission[label, 0]
    e = transition[1] + emission[label, 1]
    m = transition[2] + emission[label, 2]
    s = transition[3] + emission[label, 3]
    for place in range(begin + 1, end):
        label = labels[place]
        choice = 0
        # Where both are equally good jieba takes the later letter of the alphabet.
        from_e = e + transition[4] + emission[label, 0]
        from_s = s + transition[5] + emission[label, 0]
        next_b = from_e
        if from_s >= from_e:
            next_b = from_s
            choice |= 1
        from_b = b + transition[6] + emission[label, 2]
        from_m = m + transition[7] + emission[label, 2]
        next_m = from_b
        if from_m >= from_b:
            next_m = from_m
            choice |= 2
        from_e = e + transition[8] + emission[label, 3]
        from_s = s + transition[9] + emission[label, 3]
        next_s = from_e
        if from_s >= from_e:
            next_s = from_s
            choice |= 4
        from_b = b + transition[10] + emission[label, 1]
        from_m = m + transition[11] + emission[label, 1]
        next_e = from_b
        if from_m >= from_b:
            next_e = from_m
            choice |= 8
        b, e, m, s = next_b, next_e, next_m, next_s
        choices[place] = choice
    single = s >= e  # the last character: S or E
    state = 3 if single else 1
    for place in range(end - 1, begin - 1, -1):
        cuts[place] = state == 1 or state == 3
        choice = choices[place]
        if state == 0:
            state = 3 if choice & 1 else 1
        elif state == 2:
            state = 2 if choice & 2 else 0
        elif state == 3:
            state = 3 if choice & 4 else 1
        else:
            state = 2 if choice & 8 else 0


@inlined
def cut_western(labels: Places, begin: int, end: int, cuts: Bytes) -> None:
    """Mark where the pieces of a run without Han end: [a-zA-Z0-9]+(?:[.][0-9]+)?%? and what lies between."""
    place = begin
    while place < end:
        if labels[place] <= ALNUM:
            while place < end and labels[place] <= ALNUM:
                place += 1
            if place + 1 < end and labels[place] == POINT and DIGIT <= labels[place + 1] <= ALNUM:
                place += 1
                while place < end and DIGIT <= labels[place] <= ALNUM:
                    place += 1
            if place < end and labels[place] == PERCENT:
                place += 1
        else:
            while place < end and labels[place] > ALNUM:
                place += 1
        cuts[place - 1] = 1


@inlined
def cut_unknown(
    labels: Places, begin: int, end: int, units: Longs, emission: Floats, transition: Floats,
    forbidding: bool, choices: Bytes, cuts: Bytes,
) -> None:  # fmt: skip
    """Mark the ends of the words of a run of single characters, by the Markov model."""
    if end - begin == 1 or weight_of(labels, begin, end, units) > FORBIDDEN:
        for place in range(begin, end):
            cuts[place] = 1
        return
    start = begin
    while start < end:
        stop = start + 1
        if labels[start] < HAN:
            while stop < end and labels[stop] < HAN:
                stop += 1
            cut_western(labels, start, stop, cuts)
        else:
            while stop < end and labels[stop] >= HAN:
                stop += 1
            tag_run(labels, start, stop, emission, transition, choices, cuts)
            if forbidding:
                word = start
                for place in range(start, stop):
                    if cuts[place]:
                        if weight_of(labels, word, place + 1, units) == FORBIDDEN:
                            for inner in range(word, place):
                                cuts[inner] = 1
                        word = place + 1
        start = stop


@inlined
def cut_block(
    labels: Places, size: int, lasts: Places, hmm: bool, units: Longs, emission: Floats, transition: Floats,
    forbidding: bool, choices: Bytes, cuts: Bytes,
) -> None:  # fmt: skip
    """Mark the ends of a block's words in `cuts`, given its best route."""
    begin = 0
    while begin < size:
        last = lasts[begin]
        if last > begin:
            for place in range(begin, last):
                cuts[place] = 0
            cuts[last] = 1
            begin = last + 1
            continue
        end = begin + 1
        if hmm:
            while end < size and lasts[end] == end:
                end += 1
            for place in range(begin, end):
                cuts[place] = 0
            cut_unknown(labels, begin, end, units, emission, transition, forbidding, choices, cuts)
        else:
            # Without the model single letters and digits run together.
            if labels[begin] <= ALNUM:
                while end < size and lasts[end] == end and labels[end] <= ALNUM:
                    end += 1
            for place in range(begin, end - 1):
                cuts[place] = 0
            cuts[end - 1] = 1
        begin = end


@compiled
def accurate_words(
    data: Bytes, line_starts: Places, line_ends: Places, alphabet: Labels, units: Longs, weights: Floats,
    unseen: float, emission: Floats, transition: Floats, forbidding: bool, hmm: bool,
    labels: Places, places: Places, lasts: Places, scores: Floats, choices: Bytes, cuts: Bytes,
    starts: Places, ends: Places, offsets: Longs,
) -> None:  # fmt: skip
    """The words of each line, one after the other: their places in bytes, and each line's first word.

    `starts` and `ends` need room for a word a byte of the lines; `labels`, `places`, `lasts`, `scores`,
    `choices` and `cuts` are room to work in, one more than the longest line has bytes.
    """
    words = 0
    offsets[0] = 0
    for line in range(line_starts.size):
        place = line_starts[line]
        line_end = line_ends[line]
        while place < line_end:
            label = label_at(data, place, alphabet)
            width = width_at(data, place)
            if label == 0:
                if data[place] == 13 and place + 1 < line_end and data[place + 1] == 10:
                    width = 2
                starts[words] = place
                place += width
                ends[words] = place
                words += 1
                continue
            size = 0
            while label != 0:
                labels[size] = label
                places[size] = place
                size += 1
                place += width
                if place >= line_end:
                    break
                label = label_at(data, place, alphabet)
                width = width_at(data, place)
            places[size] = place
            best_route(labels, size, units, weights, unseen, scores, lasts)
            cut_block(labels, size, lasts, hmm, units, emission, transition, forbidding, choices, cuts)
            begin = 0
            for last in range(size):
                if cuts[last]:
                    starts[words] = places[begin]
                    ends[words] = places[last + 1]
                    words += 1
                    begin = last + 1
        offsets[line + 1] = words
