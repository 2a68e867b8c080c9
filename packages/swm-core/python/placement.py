"""Which device holds which layer, where one device cannot hold them all."""


def place_layers(depth, layer_bytes, needed_bytes, free_bytes):
    """The device of each layer, as indices into `free_bytes`, ascending; None where the model does not fit on all of them together.

    One device where it fits on one: states that stay where they are cost nothing. Otherwise a run of layers on each device, as many as
    its free memory allows in proportion. What is not layers is counted on each of them: every device holds intermediate results, and
    which are the first and the last, that hold embedding and head, is only known afterwards.
    """
    for device, free in enumerate(free_bytes):
        if needed_bytes <= free:
            return [device] * depth
    rest = needed_bytes - depth * layer_bytes
    capacity = [max(0, (free - rest) // layer_bytes) for free in free_bytes]
    if sum(capacity) < depth:
        return None
    homes, left = [], depth
    for device, room in enumerate(capacity):
        share = -(-left * room // sum(capacity[device:])) if room else 0
        homes += [device] * min(room, share, left)
        left = depth - len(homes)
    return homes
