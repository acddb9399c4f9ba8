"""jieba's segmentation over buffers of lines: its blocks, its best route, its Markov model, its ties.

A character of a block is known by its label (see `jieba_model`): 1 to 62 letters and digits, of which 53
to 62 are digits; 63 to 69 the signs + # & . _ % -; from 70 Han characters. Label 0 is in no block.

Places are unsigned, which spares the test whether an index is negative; so must be what is added to them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled, inlined

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Labels = npt.NDArray[np.uint16]
Spots = npt.NDArray[np.uint32]  # places to work with
Units = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

_0, _1, _2, _3 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
ALNUM, DIGIT, POINT, PERCENT, HAN = 62, 53, 66, 68, 70
LABEL, WEIGHT = np.uint64((1 << 15) - 1), np.uint64((1 << 18) - 1)
WEIGHT_AT, BASE_AT = np.uint64(15), np.uint64(33)
FORBIDDEN = _1


@inlined
def label_at(data: Bytes, place: np.uint64, alphabet: Labels) -> int:
    """The label of the character at a byte."""
    byte = data[place]
    code = 0
    if byte < 0x80:
        code = np.uint32(byte)
    elif 0xE0 <= byte < 0xF0:
        code = np.uint32((byte & 0x0F) << 12 | (data[place + _1] & 0x3F) << 6 | (data[place + _2] & 0x3F))
    return alphabet[np.uint32(code)]


@inlined
def width_at(data: Bytes, place: np.uint64) -> np.uint64:
    """How many bytes the character at a byte takes."""
    byte = data[place]
    return _1 + np.uint64(byte >= 0xC0) + np.uint64(byte >= 0xE0) + np.uint64(byte >= 0xF0)


@inlined
def best_route(
    labels: Labels, size: np.uint64, units: Units, weights: Floats, scores: Floats, lasts: Spots
) -> None:
    """For each character of a block the last one of the best word that begins there, into `lasts`.

    From the end backwards; of equally good words the longest, as jieba takes the maximum of pairs. A
    character that is no word is taken for one, with the weight of what was never seen, where no
    longer word begins.
    """
    scores[size] = 0.0
    begin = size
    while begin > _0:
        end = begin
        begin -= _1
        unit = units[labels[begin]]
        weight = unit >> WEIGHT_AT & WEIGHT
        best = weights[weight] + scores[end]
        last = begin
        base = unit >> BASE_AT
        found = weight > FORBIDDEN
        while base != _0 and end < size:
            label = labels[end]
            unit = units[base + label]
            if unit & LABEL != label:
                break
            weight = unit >> WEIGHT_AT & WEIGHT
            base = unit >> BASE_AT
            end += _1
            if weight > FORBIDDEN:
                score = weights[weight] + scores[end]
                if score >= best or not found:
                    best = score
                    last = end - _1
                    found = True
        scores[begin] = best
        lasts[begin] = last


@inlined
def weight_of(labels: Labels, begin: np.uint64, end: np.uint64, units: Units) -> np.uint64:
    """Which weight the characters begin..end-1 have as a word; 0 for no word, 1 for a forbidden one."""
    unit = units[labels[begin]]
    place = begin + _1
    while place < end:
        base = unit >> BASE_AT
        unit = units[base + labels[place]]
        if base == _0 or unit & LABEL != labels[place]:
            unit = _0
            break
        place += _1
    return unit >> WEIGHT_AT & WEIGHT


@inlined
def tag_run(
    labels: Labels, begin: np.uint64, end: np.uint64, emission: Floats, transition: Floats,
    choices: Bytes, cuts: Bytes,
) -> None:  # fmt: skip
    """Mark in `cuts` the characters of a Han run after which a word ends (Viterbi over B, E, M, S)."""
    label = labels[begin]
    b = transition[0] + emission[label, 0]
    e = transition[1] + emission[label, 1]
    m = transition[2] + emission[label, 2]
    s = transition[3] + emission[label, 3]
    for place in range(begin + _1, end):
        label = labels[place]
        # Where both are equally good jieba takes the later letter of the alphabet.
        b_from_e = e + transition[4] + emission[label, 0]
        b_from_s = s + transition[5] + emission[label, 0]
        m_from_b = b + transition[6] + emission[label, 2]
        m_from_m = m + transition[7] + emission[label, 2]
        s_from_e = e + transition[8] + emission[label, 3]
        s_from_s = s + transition[9] + emission[label, 3]
        e_from_b = b + transition[10] + emission[label, 1]
        e_from_m = m + transition[11] + emission[label, 1]
        choices[place] = (
            np.uint8(b_from_s >= b_from_e)
            | np.uint8(m_from_m >= m_from_b) << 1
            | np.uint8(s_from_s >= s_from_e) << 2
            | np.uint8(e_from_m >= e_from_b) << 3
        )
        b = max(b_from_e, b_from_s)
        m = max(m_from_b, m_from_m)
        s = max(s_from_e, s_from_s)
        e = max(e_from_b, e_from_m)
    state = 3 if s >= e else 1  # of the last character: S or E
    place = end
    while place > begin:
        place -= _1
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
def cut_western(labels: Labels, begin: np.uint64, end: np.uint64, cuts: Bytes) -> None:
    """Mark where the pieces of a run without Han end: [a-zA-Z0-9]+(?:[.][0-9]+)?%? and what lies between."""
    place = begin
    while place < end:
        if labels[place] <= ALNUM:
            while place < end and labels[place] <= ALNUM:
                place += _1
            if place + _1 < end and labels[place] == POINT and DIGIT <= labels[place + _1] <= ALNUM:
                place += _1
                while place < end and DIGIT <= labels[place] <= ALNUM:
                    place += _1
            if place < end and labels[place] == PERCENT:
                place += _1
        else:
            while place < end and labels[place] > ALNUM:
                place += _1
        cuts[place - _1] = 1


@inlined
def cut_unknown(
    labels: Labels, begin: np.uint64, end: np.uint64, units: Units, emission: Floats, transition: Floats,
    forbidding: bool, choices: Bytes, cuts: Bytes,
) -> None:  # fmt: skip
    """Mark the ends of the words of a run of single characters, by the Markov model."""
    start = begin
    if weight_of(labels, begin, end, units) > FORBIDDEN:  # jieba leaves such a run as it is
        for place in range(begin, end):
            cuts[place] = 1
        start = end
    while start < end:
        stop = start + _1
        if labels[start] < HAN:
            while stop < end and labels[stop] < HAN:
                stop += _1
            cut_western(labels, start, stop, cuts)
        else:
            while stop < end and labels[stop] >= HAN:
                stop += _1
            tag_run(labels, start, stop, emission, transition, choices, cuts)
            if forbidding:
                word = start
                for place in range(start, stop):
                    if cuts[place]:
                        if weight_of(labels, word, place + _1, units) == FORBIDDEN:
                            for inner in range(word, place):
                                cuts[inner] = 1
                        word = place + _1
        start = stop


@inlined
def cut_block(
    labels: Labels, size: np.uint64, lasts: Spots, hmm: bool, units: Units, emission: Floats,
    transition: Floats, forbidding: bool, choices: Bytes, cuts: Bytes,
) -> None:  # fmt: skip
    """Mark the ends of a block's words in `cuts`, zeros so far, given its best route."""
    begin = _0
    while begin < size:
        last = np.uint64(lasts[begin])
        end = last + _1
        if last == begin and hmm:
            while end < size and lasts[end] == end:
                end += _1
            if end - begin > _1:
                cut_unknown(labels, begin, end, units, emission, transition, forbidding, choices, cuts)
        elif last == begin and labels[begin] <= ALNUM:
            # Without the model single letters and digits run together.
            while end < size and lasts[end] == end and labels[end] <= ALNUM:
                end += _1
        cuts[end - _1] = 1
        begin = end


@compiled
def accurate_words(
    data: Bytes, line_starts: Places, line_ends: Places, alphabet: Labels, units: Units, weights: Floats,
    emission: Floats, transition: Floats, forbidding: bool, hmm: bool,
    labels: Labels, places: Spots, lasts: Spots, scores: Floats, choices: Bytes, cuts: Bytes,
    starts: Places, ends: Places, offsets: Longs,
) -> None:  # fmt: skip
    """The words of each line, one after the other: their places in bytes, and each line's first word.

    `starts` and `ends` need room for a word a byte of the lines; `labels`, `places`, `lasts`, `scores`,
    `choices` and `cuts` are room to work in, one more than the longest line has bytes.
    """
    words = _0
    offsets[0] = 0
    for line in range(line_starts.size):
        place = np.uint64(line_starts[line])
        line_end = np.uint64(line_ends[line])
        while place < line_end:
            label = label_at(data, place, alphabet)
            if label == 0:
                width = width_at(data, place)
                if data[place] == 13 and place + _1 < line_end and data[place + _1] == 10:
                    width = _2
                starts[words] = place
                place += width
                ends[words] = place
                words += _1
                continue
            size = _0
            while label != 0:
                labels[size] = label
                places[size] = place
                cuts[size] = 0
                size += _1
                place += _3 if label >= HAN else _1
                if place >= line_end:
                    break
                label = label_at(data, place, alphabet)
            best_route(labels, size, units, weights, scores, lasts)
            cut_block(labels, size, lasts, hmm, units, emission, transition, forbidding, choices, cuts)
            places[size] = place
            starts[words] = places[0]
            for spot in range(_0, size):
                if cuts[spot]:
                    ends[words] = places[spot + _1]
                    words += _1
                    starts[words] = places[spot + _1]  # of the next, if there is one
        offsets[line + 1] = words
