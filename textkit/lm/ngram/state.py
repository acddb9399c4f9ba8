"""The words before, as an n-gram model sees them: where scoring one word at a time stands."""

from __future__ import annotations

from array import array

from textkit.lm.trie import LONGEST


class NgramState:
    """What a model of any order up to LONGEST remembers of the words read so far.

    States of one model are equal, and hash alike, when no words to come can tell them apart by the
    n-grams that the model holds; their order is arbitrary, but the same for equal states. A new one
    remembers nothing. `address` is where the numbers lie for compiled code (kernels.state).

    >>> NgramState() == NgramState(), len({NgramState(), NgramState()})
    (True, 1)
    """

    __slots__ = ("address", "numbers")

    address: int
    numbers: array[int]

    def __init__(self) -> None:
        self.numbers = _NOTHING[:]
        self.address = self.numbers.buffer_info()[0]

    @property
    def key(self) -> tuple[int, ...]:
        """The rows of the n-grams of the last word, the last two, and so on."""
        return tuple(self.numbers[1 : self.numbers[0] + 1])

    def __copy__(self) -> NgramState:
        copy = type(self)()
        copy.numbers[:] = self.numbers  # in place: the address stays
        return copy

    def __deepcopy__(self, memo: object) -> NgramState:
        return self.__copy__()

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.numbers,)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, NgramState) else NotImplemented

    def __lt__(self, other: NgramState) -> bool:
        return self.key < other.key

    def __le__(self, other: NgramState) -> bool:
        return self.key <= other.key

    def __gt__(self, other: NgramState) -> bool:
        return self.key > other.key

    def __ge__(self, other: NgramState) -> bool:
        return self.key >= other.key


_NOTHING = array("q", bytes(8 * (LONGEST + 2)))


def _restored(numbers: array[int]) -> NgramState:
    state = NgramState()
    state.numbers[:] = numbers
    return state
