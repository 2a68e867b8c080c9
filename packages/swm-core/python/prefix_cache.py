"""Hidden states at layer boundaries of the dense model and of the plan measured last: the twin of src/engine/prefix-cache.ts.

Both engines must cost the same layer forwards for the same sequence of plans, so every decision here is made as it is there.
A path is a list of hashable keys, one an output layer; states[boundary] is the hidden state entering output layer `boundary`.
"""


def common_prefix(a, b):
    """Number of layers two paths share from the bottom."""
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return shared


class PrefixCache:
    def __init__(self, depth, state_bytes, budget_bytes):
        # Two walks are held at once, each with its end beside the boundaries that `keeps` names.
        states_per_walk = max(2, budget_bytes // (2 * state_bytes))
        self.stride = max(1, -(-depth // (states_per_walk - 1)))
        self.dense = None  # (path, states)
        self.last = None

    def begin(self, path):
        """The deepest stored (boundary, state) on the way along `path`, or None. What `path` does not share with the walk before is freed."""
        if self.last:
            self.last = self._shared_part(self.last, path)
        found = None
        for walk in (self.dense, self.last):
            if not walk:
                continue
            shared = common_prefix(walk[0], path)
            for boundary, state in walk[1].items():
                if boundary <= shared and boundary >= (found[0] if found else 0):
                    found = (boundary, state)
        return found

    def keeps(self, boundary):
        """Whether this boundary is worth keeping under the budget."""
        return boundary % self.stride == 0

    def store(self, path, states, is_dense):
        """Takes the states of the walk along `path` that followed `begin(path)`."""
        before = dict(self.dense[1]) if is_dense and self.dense else {}
        before.update(self.last[1] if self.last else {})
        walk = (path, {**before, **states})
        if is_dense:
            self.dense = walk
        self.last = None if is_dense else walk

    def clear(self):
        self.dense = None
        self.last = None

    def _shared_part(self, walk, path):
        """What a walk shares with `path` and the dense walk does not hold."""
        walked, states = walk
        shared = common_prefix(walked, path)
        dense_shared = common_prefix(self.dense[0], path) if self.dense else -1
        kept = {
            boundary: state
            for boundary, state in states.items()
            if dense_shared < boundary <= shared and (self.keeps(boundary) or boundary == len(walked))
        }
        return walked[:shared], kept
