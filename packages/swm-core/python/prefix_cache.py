"""Hidden states at the layer boundaries of plans measured before: the twin of src/engine/prefix-cache.ts, where the reasons stand.

Both engines must cost the same layer forwards for the same sequence of plans, so every decision here is made as it is there.
A path is a list of hashable keys, one an output layer; the state at `boundary` is the hidden state entering output layer `boundary`.
"""


class PrefixCache:
    def __init__(self, depth, state_bytes, budget_bytes):
        self.capacity = max(4, budget_bytes // state_bytes)
        self.stride = max(1, -(-depth // (self.capacity // 2 - 1)))
        self.entries = {}  # path prefix: [boundary, state, number of the last walk that came through]
        self.walks = 0

    def begin(self, path):
        """The deepest stored (boundary, state) on the way along `path`, or None. Makes room for the walk that follows."""
        self.walks += 1
        found = None
        for boundary in range(len(path) + 1):
            entry = self.entries.get(tuple(path[:boundary]))
            if entry:
                entry[2] = self.walks
                found = entry
        first = found[0] + 1 if found else 0
        wanted = sum(self.keeps(boundary) or boundary == len(path) for boundary in range(first, len(path) + 1))
        self._make_room(wanted, found)
        return (found[0], found[1]) if found else None

    def keeps(self, boundary):
        """Whether this boundary is worth keeping under the budget."""
        return boundary % self.stride == 0

    def store(self, path, states):
        """Takes the states, by boundary, of the walk along `path` that followed `begin(path)`."""
        for boundary, state in states.items():
            self.entries[tuple(path[:boundary])] = [boundary, state, self.walks]

    def clear(self):
        self.entries.clear()

    def _make_room(self, wanted, found):
        excess = len(self.entries) + wanted - self.capacity
        if excess <= 0:
            return
        dispensable = [(key, entry) for key, entry in self.entries.items() if entry is not found]
        dispensable.sort(key=lambda item: (item[1][2], -item[1][0]))
        for key, _ in dispensable[:excess]:
            del self.entries[key]
