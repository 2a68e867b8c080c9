"""Which device holds which layer, where one device cannot hold them all."""


def place_layers(depth, layer_bytes, needed_bytes, free_bytes):
    """The device of each layer, as indices into `free_bytes`, ascending; None where the model does not fit on all of them together.

    One device where it fits on one: states that stay where they are cost nothing. Otherwise a run of layers on each device, as many as
    its free memory allows in proportion; what is not layers (embedding, head, intermediate results) is counted on the first and the last.
    """
    for device, free in enumerate(free_bytes):
        if needed_bytes <= free:
            return [device] * depth
    rest = needed_bytes - depth * layer_bytes
    usable = [free - (rest if device in (0, len(free_bytes) - 1) else 0) for device, free in enumerate(free_bytes)]
    capacity = [max(0, free // layer_bytes) for free in usable]
    if sum(capacity) < depth:
        return None
    homes, left = [], depth
    for device, room in enumerate(capacity):
        share = -(-left * room // sum(capacity[device:])) if room else 0
        homes += [device] * min(room, share, left)
        left = depth - len(homes)
    return homes
